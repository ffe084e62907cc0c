/**
 * Real calls whose viewer is behind an emulated link: what he sees and hears, forwarded, from a media worker, and beside both from
 * Chromium to Chromium without us, with plots over time.
 */
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { type Bench, BenchUsageError, type OptionValues } from '../../report/bench.ts';
import { atMost } from '../../report/claims.ts';
import { writeCharts } from '../../report/page/chartFile.ts';
import { runPage } from '../../report/page/runPage.ts';
import type { BenchReport } from '../../report/report.ts';
import { median } from '../../report/statistics.ts';
import { measureCall } from './call.ts';
import { CALL_PICTURE, type CallResult, type CallScenario, callScenarios, isPromised } from './scenarios.ts';
import { agePlots } from './plots.ts';
import { callRuns, callTable } from './report.ts';

/** Of Salsify (NSDI 2018) on a trace of this kind; WebRTC had 4730 there. */
const PROMISED_AGE_MS = 450;

export const callBench: Bench = {
  name: 'call',
  summary: 'real calls over emulated links: age of the picture, freezes, quality',
  defaultRounds: 3,
  options: { html: { type: 'string' }, seconds: { type: 'string' }, plots: { type: 'string' } },
  usage: `  --html FILE      where the page goes (call-bench.html)
  --seconds N      of each call (30)
  --plots FOLDER   the age of the picture over each link as SVG files, for documents`,
  run: runCallBench,
};

interface Measured {
  readonly scenario: CallScenario;
  readonly results: readonly CallResult[];
}

async function runCallBench(
  rounds: number,
  say: (line: string) => void,
  values: OptionValues,
): Promise<BenchReport> {
  const seconds = Number(values['seconds'] ?? 30);
  if (!(seconds >= 1 && seconds <= 600)) throw new BenchUsageError('--seconds is a number from 1 to 600');
  const html = typeof values['html'] === 'string' ? values['html'] : 'call-bench.html';
  const { scenarios, skipped } = callScenarios();
  const measured = scenarios.map((scenario) => ({ scenario, results: new Array<CallResult>() }));
  for (let round = 1; round <= rounds; round += 1) {
    for (const { scenario, results } of measured) {
      const result = await measureCall(scenario, seconds, round);
      results.push(result);
      say(`round ${round} of ${rounds}: ${scenario.name}, age p95 ${result.video.ageMs.p95.toFixed(0)} ms`);
    }
  }
  const results = measured.map(medianOf);
  const tables = [callTable(results)];
  const claims = measured
    .filter(({ scenario }) => isPromised(scenario))
    .map((one) =>
      atMost('bwe.att-frame-age-p95-ms', medianOf(one).video.ageMs.p95, PROMISED_AGE_MS, 'ms', 0),
    );
  const conditions = {
    rounds,
    'seconds each': seconds,
    'pictures of the call': CALL_PICTURE,
    shown: 'of each link the call whose p95 of the age is the median of the rounds',
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    'load average at the end': loadavg()[0]?.toFixed(1) ?? '',
    node: process.version,
  };
  const runs = callRuns(results);
  writeFileSync(
    html,
    runPage({ heading: 'Calls over emulated links', conditions, runs, claims, tables, skipped }),
  );
  say(`the page is ${html}`);
  if (typeof values['plots'] === 'string') {
    const plots = agePlots(measured.map((one) => ({ scenario: one.scenario, result: medianOf(one) })));
    say(`plots: ${writeCharts(values['plots'], plots).join(', ')}`);
  }
  const details = measured.map(({ scenario: { name }, results: all }) => ({
    name,
    rounds: all.map(({ video, audio }) => ({ video, audio })),
  }));
  return { bench: 'call', tables, claims, conditions, skipped, details: { calls: details } };
}

/** The call that stands for its scenario. */
function medianOf({ results }: Measured): CallResult {
  const middle = median(results.map(({ video }) => video.ageMs.p95));
  const nearest = results.toSorted(
    (a, b) => Math.abs(a.video.ageMs.p95 - middle) - Math.abs(b.video.ageMs.p95 - middle),
  )[0];
  if (nearest === undefined) throw new Error('no call was measured');
  return nearest;
}
