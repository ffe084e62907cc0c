/** One bench: what it is called, and how it is run. */
import type { BenchReport } from './report.ts';

export interface Bench {
  readonly name: string;
  readonly summary: string;
  readonly defaultRounds: number;
  /** @param say progress for a person; never on standard output */
  run(rounds: number, say: (line: string) => void): Promise<BenchReport>;
}
