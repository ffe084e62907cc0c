import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { CodecClosedError } from './errors.ts';
import { dieWithParent } from './parent-death.ts';

const module = JSON.stringify(new URL('./parent-death.ts', import.meta.url).href);

/** Says "armed" when it follows its parent, then waits for ever. */
const child = `
  const { dieWithParent } = await import(${module});
  dieWithParent(process.ppid);
  process.stdout.write('armed ' + process.pid + '\\n');
  setInterval(() => {}, 1000);
`;

/** Starts the child with a standard output of its own, and waits for ever. */
const parent = `
  const { spawn } = await import('node:child_process');
  spawn(process.execPath, ['--input-type=module', '-e', ${JSON.stringify(child)}], { stdio: ['ignore', 'inherit', 'inherit'] });
  setInterval(() => {}, 1000);
`;

describe('dieWithParent', () => {
  it('ends the child when its parent is killed', async () => {
    const middle = spawn(process.execPath, ['--input-type=module', '-e', parent], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const output: string[] = [];
    middle.stdout.setEncoding('utf8').on('data', (text: string) => output.push(text));
    while (!output.join('').includes('\n')) await once(middle.stdout, 'data');
    const pid = Number(/armed (\d+)/.exec(output.join(''))?.[1]);
    expect(process.kill(pid, 0)).toBe(true);
    // Both hold the write end of the pipe: it ends when the last of them has ended.
    const ended = once(middle.stdout, 'end');
    middle.kill('SIGKILL');
    await ended;
    expect(middle.signalCode ?? (await once(middle, 'exit'))[1]).toBe('SIGKILL');
  });

  it('says when the parent has ended already', async () => {
    const code = `
      const { dieWithParent } = await import(${module});
      try { dieWithParent(1 << 22); } catch (error) { process.stdout.write(error.code); }
    `;
    const process_ = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    process_.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    await once(process_, 'close');
    expect(output).toBe(new CodecClosedError('').code);
    expect(typeof dieWithParent).toBe('function');
  });
});
