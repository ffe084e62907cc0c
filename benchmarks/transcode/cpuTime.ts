/** CPU time of a whole command, as the kernel counts it for the process and all that it started. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** @returns user and system CPU seconds @throws where the command fails, with what it printed */
export async function cpuSeconds(command: readonly string[]): Promise<number> {
  // The shell's own `time` reports children that have ended; its format has milliseconds.
  const { stderr } = await run('bash', ['-c', 'TIMEFORMAT="cpu %3U %3S"; time "$@"', 'bash', ...command], {
    maxBuffer: 1e8,
  });
  const [, user, system] = /cpu (\d+\.\d+) (\d+\.\d+)/.exec(stderr) ?? [];
  if (user === undefined || system === undefined) throw new Error(`no CPU time in: ${stderr}`);
  return Number(user) + Number(system);
}
