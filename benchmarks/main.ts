/** `npm run bench -- NAME [--json] [--rounds N]`: measures, prints a table, and with --json one JSON object on standard output. */
import { parseArgs } from 'node:util';
import { joinBench } from './join/join.ts';
import { pageBench } from './page/page.ts';
import { transcodeBench } from './transcode/transcode.ts';
import type { Bench } from './report/bench.ts';
import { formatReport } from './report/report.ts';

const BENCHES: readonly Bench[] = [joinBench, pageBench, transcodeBench];

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { json: { type: 'boolean', default: false }, rounds: { type: 'string' } },
    allowPositionals: true,
  });
  const bench = BENCHES.find(({ name }) => name === positionals[0]);
  const rounds = values.rounds === undefined ? bench?.defaultRounds : Number(values.rounds);
  if (bench === undefined || rounds === undefined || !Number.isInteger(rounds) || rounds < 1) {
    const list = BENCHES.map(({ name, summary }) => `  ${name.padEnd(12)}${summary}`).join('\n');
    process.stderr.write(`usage: npm run bench -- NAME [--json] [--rounds N]\n\n${list}\n`);
    return 2;
  }
  const report = await bench.run(rounds, (line) => process.stderr.write(`${line}\n`));
  process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : `${formatReport(report)}\n`);
  return report.claims.every(({ ok }) => ok) ? 0 : 1;
}

process.exitCode = await main();
