/**
 * The bench of the codecs: rate against distortion, speed, latency, memory and loss, for every encoder that the engine has here, beside
 * peers with the same libraries. What each figure means: model.ts.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { type Bench, BenchUsageError, type OptionValues } from '../report/bench.ts';
import type { BenchReport } from '../report/report.ts';
import { CODEC_OPTIONS, CODEC_USAGE, type CodecBenchOptions, readOptions } from './options.ts';
import { claimsOf } from './output/analysis.ts';
import { BaselineError, parseBaseline } from './output/baseline.ts';
import { changeTable, compareResults } from './output/compare.ts';
import { writePage } from './output/page.ts';
import { writePlots } from './output/plots.ts';
import { tablesOf } from './output/tables.ts';
import { type SuiteResult, measureCodecs } from './run/suite.ts';

export const codecsBench: Bench = {
  name: 'codecs',
  summary: 'every codec: rate and quality, speed, latency, memory, loss, beside ffmpeg and GStreamer',
  defaultRounds: 3,
  options: CODEC_OPTIONS,
  usage: CODEC_USAGE,
  run: runCodecs,
};

async function runCodecs(
  rounds: number,
  say: (line: string) => void,
  values: OptionValues,
): Promise<BenchReport> {
  const options = readOptions(values);
  // Read first: a run takes long, and a baseline that cannot be read should not cost one.
  const before = options.compare === undefined ? undefined : resultsFrom('--compare', options.compare);
  const { results, skipped } =
    options.show === undefined
      ? await measure(options, rounds, say)
      : { results: resultsFrom('--show', options.show), skipped: [] };
  const changes = before === undefined ? [] : compareResults(before, results, options.marginPercent);
  const tables = [...tablesOf(results), ...(before === undefined ? [] : [changeTable(changes)])];
  const claims = claimsOf(results);
  const missed = before !== undefined && changes.length === 0;
  const notes = missed
    ? [...skipped, 'the comparison: the baseline has nothing in common with this run']
    : skipped;
  if (options.baseline !== undefined) writeFileSync(options.baseline, `${JSON.stringify(results)}\n`);
  writePage(options.html, { results, tables, claims, skipped: notes });
  say(`the page is ${options.html}`);
  const plots = options.plots === undefined ? [] : writePlots(options.plots, results);
  if (plots.length > 0) say(`plots: ${plots.join(', ')}`);
  return {
    bench: 'codecs',
    tables,
    claims,
    conditions: results.conditions,
    skipped: notes,
    details: results,
    ...(before === undefined
      ? {}
      : { regressions: changes.filter(({ verdict }) => verdict === 'worse').map(({ what }) => what) }),
  };
}

/** An interruption ends the run early, with what was measured; a second one ends the process. */
async function measure(
  options: CodecBenchOptions,
  rounds: number,
  say: (line: string) => void,
): Promise<SuiteResult> {
  const stop = new AbortController();
  const end = (): void => {
    say('ending: what was measured until now is reported');
    stop.abort();
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.once(signal, end);
  try {
    return await measureCodecs(options, options.quick ? 1 : rounds, say, stop.signal);
  } finally {
    for (const signal of signals) process.off(signal, end);
  }
}

function resultsFrom(option: string, file: string): ReturnType<typeof parseBaseline> {
  try {
    return parseBaseline(readFileSync(file, 'utf8'));
  } catch (error) {
    const readable = error instanceof BaselineError || (error instanceof Error && 'syscall' in error);
    throw readable ? new BenchUsageError(`${option} ${file}: ${error.message}`, { cause: error }) : error;
  }
}
