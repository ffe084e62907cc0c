/** Plots as SVG files for documents: the same series as on the page, drawn from results that were measured or kept. */
import type { CodecResults } from '../model.ts';
import { chartFile, writeCharts } from '../../report/page/chartFile.ts';
import { type Plot, costPlot, psnrPlot, seriesNames, speedPlot } from './series.ts';

/** Ours, and of the classes the two that differ most. */
const RD_CONTENTS = ['camera', 'document'];

/** @returns file names with what is in them; only of what was measured */
export function plotsOf(results: CodecResults): ReadonlyMap<string, string> {
  const ours = seriesNames(results).filter(({ dashed }) => !dashed);
  const plots: readonly (readonly [string, string, Plot])[] = [
    ...RD_CONTENTS.map(
      (content) => [`codecs-psnr-${content}`, content, psnrPlot(results, content, ours)] as const,
    ),
    ['codecs-cpu-camera', 'camera', costPlot(results, 'camera', ours)],
    ['codecs-speeds-camera', 'camera', speedPlot(results, 'camera', ours)],
  ];
  return new Map(
    plots
      .filter(([, , { series }]) => series.length > 0)
      .map(([name, content, { series, options }]) => [
        `${name}.svg`,
        chartFile(series, { ...options, title: `${options.title} (${content})` }),
      ]),
  );
}

/** @throws where the folder cannot be written to */
export function writePlots(folder: string, results: CodecResults): readonly string[] {
  return writeCharts(folder, plotsOf(results));
}
