/** Plots as SVG files for documents: how old the picture on screen was, over one link, in each way. Pure. */
import { chartFile } from '../../report/page/chartFile.ts';
import type { AgePiece } from '../quality/age.ts';
import type { CallResult, CallScenario } from './scenarios.ts';

/** Of each stretch the greatest age: an outage is not smoothed away. */
const STRETCH_MS = 500;

/** @returns file names with what is in them, one for each link */
export function agePlots(
  calls: readonly { readonly scenario: CallScenario; readonly result: CallResult }[],
): ReadonlyMap<string, string> {
  const links = new Map<string, (typeof calls)[number][]>();
  for (const call of calls) links.set(call.scenario.link, [...(links.get(call.scenario.link) ?? []), call]);
  return new Map(
    Array.from(links, ([link, ways]) => [
      `call-age-${link.toLowerCase().replace(/[^a-z0-9]+/g, '-')}.svg`,
      chartFile(
        ways.map(({ scenario: { way }, result }, colour) => ({
          name: way === 'peers' ? 'Chromium to Chromium' : way,
          colour,
          dashed: way === 'peers',
          line: true,
          points: greatestAges(result.age),
        })),
        {
          title: `Age of the picture: ${link}`,
          xLabel: 'seconds',
          yLabel: 'ms, the greatest of half a second',
          logarithmicX: false,
          dots: false,
        },
      ),
    ]),
  );
}

function greatestAges(pieces: readonly AgePiece[]): { x: number; y: number; label: string }[] {
  const greatest = new Map<number, number>();
  for (const { fromUs, toUs, ageUs } of pieces) {
    const oldestMs = (ageUs + toUs - fromUs) / 1000;
    const [first, last] = [fromUs, toUs].map((us) => Math.floor(us / 1000 / STRETCH_MS));
    for (let stretch = first ?? 0; stretch <= (last ?? 0); stretch += 1) {
      // It grows with time: within its last stretch it is oldest.
      const untilUs = Math.min(toUs, (stretch + 1) * STRETCH_MS * 1000);
      const ageMs = Math.min(oldestMs, (ageUs + untilUs - fromUs) / 1000);
      greatest.set(stretch, Math.max(greatest.get(stretch) ?? 0, ageMs));
    }
  }
  return Array.from(greatest, ([stretch, ageMs]) => ({
    x: (stretch * STRETCH_MS) / 1000,
    y: ageMs,
    label: `${ageMs.toFixed(0)} ms`,
  }));
}
