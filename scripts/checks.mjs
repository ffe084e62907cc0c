// @ts-check
// Everything that `npm test` runs after set-up. All of it runs even where something fails, and then the whole fails.
import { runToEnd } from './run-to-end.mjs';

/** Name, and program under node_modules with its arguments. */
const CHECKS = /** @type {const} */ ([
  ['types', 'typescript/bin/tsc', '--project', 'tsconfig.json'],
  ['types of the page', 'typescript/bin/tsc', '--project', 'web/tsconfig.json'],
  ['types of the wrtc client', 'typescript/bin/tsc', '--project', 'test/wrtc/tsconfig.json'],
  ['types of the scripts', 'typescript/bin/tsc', '--project', 'scripts/tsconfig.json'],
  ['lint', 'eslint/bin/eslint.js', '--max-warnings=0', '.'],
  ['format', 'prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'],
  ['tests', 'vitest/vitest.mjs', 'run'],
]);

/**
 * @param {string} node
 * @param {readonly string[]} args passed on to vitest, such as `--project unit` or a part of a test file's name
 * @param {string} root
 * @returns {Promise<number>} 0 where all of them passed, else 1
 */
export async function runChecks(node, args, root) {
  /** @type {string[]} */
  const failed = [];
  for (const [name, program, ...fixed] of CHECKS) {
    const startedMs = performance.now();
    const exitCode = await runToEnd(
      node,
      [`node_modules/${program}`, ...fixed, ...(name === 'tests' ? args : [])],
      root,
    );
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    console.error(`[test] ${name}: ${exitCode === 0 ? 'passed' : 'FAILED'} in ${seconds} s`);
    if (exitCode !== 0) failed.push(name);
    // A signal ends the whole run, not one check.
    if (exitCode > 128) break;
  }
  console.error(failed.length === 0 ? '[test] all passed' : `[test] failed: ${failed.join(', ')}`);
  return failed.length === 0 ? 0 : 1;
}
