// @ts-check
// Runs a program in this one's place, as far as Node can: same terminal, signals passed on, same exit code.
import { spawn } from 'node:child_process';
import os from 'node:os';

/**
 * @param {string} program
 * @param {readonly string[]} args
 * @param {string} cwd
 * @returns {Promise<number>} its exit code; 128 and the signal's number where a signal ended it, as shells count
 */
export function runToEnd(program, args, cwd) {
  const child = spawn(program, args, { cwd, stdio: 'inherit' });
  /** @param {NodeJS.Signals} signal */
  const passOn = (signal) => {
    // A terminal sends Ctrl-C to all of its programs: the child has it already, and a second one may mean "at once".
    if (signal === 'SIGINT' && process.stdin.isTTY) return;
    child.kill(signal);
  };
  const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
  for (const signal of signals) process.on(signal, passOn);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      for (const each of signals) process.removeListener(each, passOn);
      resolve(code ?? 128 + os.constants.signals[signal ?? 'SIGTERM']);
    });
  });
}
