/** Scripts for test pages, each in one piece with what it imports. */
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/**
 * Bundles a file of test/page/; about 50 ms, so nothing is kept.
 * @param file its name in that folder.
 * @throws esbuild's error where it does not compile.
 */
export async function bundlePageScript(file: string): Promise<string> {
  const result = await build({
    entryPoints: [fileURLToPath(new URL(`../page/${file}`, import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'chrome120',
    logLevel: 'silent',
  });
  return result.outputFiles.map((file) => file.text).join('\n');
}
