/** Builds encode.c with the sources of one codec plugin, once for each content of them, in the cache that set-up uses. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { PLUGINS } from '../../../native/codec-plugins/list.mjs';

const run = promisify(execFile);
const native = path.join(import.meta.dirname, '..', '..', '..', 'native');
const shim = path.join(native, 'codec-shim');
const plugins = path.join(native, 'codec-plugins');
/** As the plugins themselves are built. */
const FLAGS = ['-std=c11', '-O2', '-g', '-pthread', '-Wall', '-Wextra', '-Werror', '-DCODEC_PLUGIN_SOURCE'];

/**
 * @param implementation as the engine names it
 * @returns the program's path, or the reason why there is none
 */
export async function buildNativeEncoder(
  implementation: string,
): Promise<{ readonly program: string } | { readonly reason: string }> {
  const plugin = PLUGINS.find(({ codecs }) => codecs.some(({ name }) => name === implementation));
  if (plugin === undefined) return { reason: `no plugin brings ${implementation}` };
  const folder = path.join(plugins, plugin.id);
  const shared = path.join(plugins, 'shared');
  const sources = [path.join(import.meta.dirname, 'encode.c'), ...filesOf(folder, '.c')];
  const hash = createHash('sha256').update(JSON.stringify([FLAGS, plugin.libraries, process.arch]));
  for (const file of [...sources, ...[folder, shared, shim].flatMap((from) => filesOf(from, '.h'))]) {
    hash.update(readFileSync(file));
  }
  const cache = path.join(process.env['XDG_CACHE_HOME'] ?? path.join(os.homedir(), '.cache'), 'commucat');
  const program = path.join(cache, `bench-encode-${plugin.id}-${hash.digest('hex').slice(0, 20)}`);
  if (existsSync(program)) return { program };
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(path.join(cache, 'bench-build-'));
  try {
    const built = path.join(work, 'encode');
    const includes = [`-I${shim}`, `-I${shared}`, `-I${folder}`];
    const compiler = process.env['CC'] ?? 'gcc';
    await run(compiler, [...FLAGS, ...includes, ...sources, '-o', built, ...plugin.libraries, '-lm']);
    renameSync(built, program);
    return { program };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  } finally {
    rmSync(work, { recursive: true });
  }
}

function filesOf(folder: string, ending: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => path.join(folder, name));
}
