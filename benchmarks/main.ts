/** `npm run bench -- NAME [--json] [--rounds N]`: measures, prints a table, and with --json one JSON object on standard output. */
import { parseArgs } from 'node:util';
import { bweBench } from './bwe/bwe.ts';
import { codecsBench } from './codecs/codecs.ts';
import { callBench } from './link/call/bench.ts';
import { joinBench } from './join/join.ts';
import { linkBench } from './link/bench.ts';
import { pageBench } from './page/page.ts';
import { transcodeBench } from './transcode/transcode.ts';
import { type Bench, BenchUsageError } from './report/bench.ts';
import { exitCodeOf, formatReport } from './report/report.ts';

const BENCHES: readonly Bench[] = [
  bweBench,
  callBench,
  codecsBench,
  joinBench,
  linkBench,
  pageBench,
  transcodeBench,
];

/** Options come after the name, or before: a first look finds the name. */
function findBench(args: readonly string[]): Bench | undefined {
  return BENCHES.find(({ name }) => args.includes(name));
}

function usage(bench: Bench | undefined, problem?: string): number {
  const list = BENCHES.map(({ name, summary }) => `  ${name.padEnd(12)}${summary}`).join('\n');
  const own = bench?.usage === undefined ? '' : `\n\n${bench.name}:\n${bench.usage}`;
  process.stderr.write(
    `${problem === undefined ? '' : `${problem}\n\n`}usage: npm run bench -- NAME [--json] [--rounds N]\n\n${list}${own}\n`,
  );
  return 2;
}

async function main(given: readonly string[]): Promise<number> {
  // As `npm run` is called: `commucat bench -- codecs --quick` means the same as without the dashes.
  const args = given[0] === '--' ? given.slice(1) : [...given];
  const bench = findBench(args);
  if (bench === undefined) return usage(undefined);
  try {
    const { values } = parseArgs({
      args,
      options: { json: { type: 'boolean', default: false }, rounds: { type: 'string' }, ...bench.options },
      allowPositionals: true,
    });
    const asked: string | boolean | undefined = values.rounds;
    const rounds = asked === undefined ? bench.defaultRounds : Number(asked);
    if (!Number.isInteger(rounds) || rounds < 1) {
      return usage(bench, '--rounds is a whole number, at least 1');
    }
    const report = await bench.run(rounds, (line) => process.stderr.write(`${line}\n`), values);
    process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : `${formatReport(report)}\n`);
    return exitCodeOf(report);
  } catch (error) {
    const isUsage =
      error instanceof BenchUsageError ||
      (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'));
    if (!isUsage) throw error;
    return usage(bench, error.message);
  }
}

process.exitCode = await main(process.argv.slice(2));
