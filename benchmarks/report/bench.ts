/** One bench: what it is called, what it can be asked, and how it is run. */
import type { ParseArgsOptionsConfig } from 'node:util';
import type { BenchReport } from './report.ts';

/** What `parseArgs` of node:util makes of a bench's own options. */
export type OptionValues = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

export interface Bench {
  readonly name: string;
  readonly summary: string;
  readonly defaultRounds: number;
  /** Beside `--json` and `--rounds`. */
  readonly options?: ParseArgsOptionsConfig;
  /** The options for a person, a line each. */
  readonly usage?: string;
  /**
   * @param say progress for a person; never on standard output
   * @throws BenchUsageError where the options make no sense
   */
  run(rounds: number, say: (line: string) => void, values: OptionValues): Promise<BenchReport>;
}

/** Options that make no sense; the message says which. */
export class BenchUsageError extends Error {
  readonly code = 'BENCH_USAGE';
  override readonly name = 'BenchUsageError';
}
