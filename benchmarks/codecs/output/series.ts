/** What the charts show, for the page and for plots on their own: rate against quality, what a picture costs, the speeds tried. */
import { median } from '../../report/statistics.ts';
import { msSsimDb } from '../metrics/msSsim.ts';
import type { CodecResults, RdRecord } from '../model.ts';
import type { ChartOptions, Series } from '../../report/page/chart.ts';
import { curvesOf, isDefault } from './curves.ts';
import { speedSettings } from './hull.ts';
import { number, peerName } from './tables.ts';

export interface SeriesName {
  readonly name: string;
  readonly colour: number;
  readonly dashed: boolean;
}

/** Ours first; a peer has the colour of the encoder it is compared with. */
export function seriesNames({ points, peers }: CodecResults): readonly SeriesName[] {
  const encoders = [...new Set(points.map(({ encoder }) => encoder))];
  const peerNames = new Map(peers.map((peer) => [peerName(peer), encoders.indexOf(peer.encoder)]));
  return [
    ...encoders.map((name, colour) => ({ name, colour, dashed: false })),
    ...Array.from(peerNames, ([name, colour]) => ({ name, colour, dashed: true })),
  ];
}

export interface Plot {
  readonly series: readonly Series[];
  readonly options: ChartOptions;
}

/** Luma PSNR against rate; the encoders of ours, and peers where they were measured. */
export function psnrPlot(results: CodecResults, content: string, names: readonly SeriesName[]): Plot {
  return {
    series: rdSeries(results, content, names, ({ psnrDb }) => psnrDb[0]),
    options: { title: 'Luma PSNR', xLabel: 'kbit/s', yLabel: 'dB', logarithmicX: true },
  };
}

/** Multi-scale SSIM on its scale of decibels, against rate. */
export function perceptualPlot(results: CodecResults, content: string, names: readonly SeriesName[]): Plot {
  const quality = ({ msSsim }: RdRecord): number | null => (msSsim === null ? null : msSsimDb(msSsim));
  return {
    series: rdSeries(results, content, names, quality),
    options: {
      title: 'Multi-scale SSIM',
      xLabel: 'kbit/s',
      yLabel: '−10 log₁₀(1 − MS-SSIM)',
      logarithmicX: true,
    },
  };
}

export function costPlot(results: CodecResults, content: string, names: readonly SeriesName[]): Plot {
  return {
    series: costSeries(results, content, names),
    options: { title: 'CPU for each picture', xLabel: 'kbit/s', yLabel: 'ms', logarithmicX: true },
  };
}

/** Without series where no speed but the default was tried. */
export function speedPlot(results: CodecResults, content: string, names: readonly SeriesName[]): Plot {
  return {
    series: speedSeries(results, content, names),
    options: {
      title: 'Speeds tried: BD-rate against the default',
      xLabel: 'CPU for each picture, ms',
      yLabel: '%',
      logarithmicX: true,
    },
  };
}

function rdSeries(
  results: CodecResults,
  content: string,
  names: readonly SeriesName[],
  quality: (record: RdRecord) => number | null,
): readonly Series[] {
  const curves = curvesOf(results.points).filter((curve) => curve.content === content);
  const records = (name: string): readonly RdRecord[] =>
    curves.find((curve) => curve.encoder === name && isDefault(curve))?.points ??
    results.peers.find((peer) => peer.content === content && peerName(peer) === name)?.points ??
    [];
  return names.flatMap((entry) => {
    const points = records(entry.name).flatMap((record) => {
      const y = quality(record);
      if (y === null) return [];
      const label = `${number(record.bps / 1000, 0)} kbit/s (asked ${number(record.targetBps / 1000, 0)}), ${y.toFixed(2)} dB`;
      return [{ x: record.bps / 1000, y, label }];
    });
    return points.length === 0 ? [] : [{ ...entry, line: true, points }];
  });
}

function costSeries(
  { points }: CodecResults,
  content: string,
  names: readonly SeriesName[],
): readonly Series[] {
  return names.flatMap((entry) => {
    const own = points.filter(
      (point) => point.content === content && point.encoder === entry.name && isDefault(point),
    );
    const spots = own.map((point) => {
      const ms = median(point.encodeMs);
      const label = `${number(point.bps / 1000, 0)} kbit/s, ${ms.toFixed(2)} ms to encode, ${median(point.decodeMs).toFixed(2)} ms to decode, latency p99 ${point.latencyMs.p99.toFixed(2)} ms`;
      return { x: point.bps / 1000, y: ms, label };
    });
    return spots.length === 0 ? [] : [{ ...entry, line: true, points: spots }];
  });
}

function speedSeries(
  { points }: CodecResults,
  content: string,
  names: readonly SeriesName[],
): readonly Series[] {
  const curves = curvesOf(points);
  return names.flatMap((entry) => {
    const settings = speedSettings(curves, content, entry.name);
    if (settings.length < 2) return [];
    const spots = [...settings]
      .sort((a, b) => a.ms - b.ms)
      .map(({ speed, ms, bdRatePercent, abovePercent }) => ({
        x: ms,
        y: bdRatePercent,
        label: `${speed === null ? 'default' : `speed ${speed}`}, ${ms.toFixed(2)} ms, BD-rate ${bdRatePercent.toFixed(1)} %${abovePercent === 0 ? ', on the hull' : ''}`,
      }));
    return [{ ...entry, line: false, points: spots }];
  });
}
