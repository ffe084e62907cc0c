import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/** Runs runToEnd in a process of its own, since it passes on the signals that its process gets. */
function start(program: string): ReturnType<typeof spawn> {
  const module = fileURLToPath(new URL('run-to-end.mjs', import.meta.url));
  const script = `
    import { runToEnd } from ${JSON.stringify(module)};
    process.exitCode = await runToEnd(process.execPath, ['-e', ${JSON.stringify(program)}], '/');`;
  return spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

const WAITING = `
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => { console.log(signal); process.exit(9); });
  setInterval(() => {}, 1000);
  console.log('ready');`;

describe('runToEnd', () => {
  it('ends with the exit code of what it ran', async () => {
    expect(await once(start('process.exit(7)'), 'exit')).toEqual([7, null]);
  });

  it('ends with 128 and the number of the signal that ended what it ran', async () => {
    expect(await once(start("process.kill(process.pid, 'SIGKILL')"), 'exit')).toEqual([137, null]);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('passes %s on and waits for the end', async (signal) => {
    const outer = start(WAITING);
    const exited = once(outer, 'exit');
    let output = '';
    const printed = new Promise<void>((resolve) => {
      outer.stdout?.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes('ready')) resolve();
      });
    });
    await printed;
    outer.kill(signal);
    expect(await exited).toEqual([9, null]);
    expect(output).toContain(signal);
  });
});
