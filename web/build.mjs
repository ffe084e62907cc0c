// Builds what browsers load: `index.html` (start page and call alike) and `assets/` with hashed names, source maps beside
// them, and each text file once more in gzip and Brotli, so that the server compresses nothing while it runs.
//
// What will surprise you: the result lies in a cache, under a key made of the inputs' content and esbuild's version; a second
// build of the same inputs only finds it. It is made in a temporary folder and renamed, so that a build that is cut off, or
// two at once, never leave half a result.
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const web = path.dirname(fileURLToPath(import.meta.url));
const root = path.dirname(web);
const page = path.join(web, 'page');
/** Everything that a bundle may be made of, besides packages, whose versions the lockfile fixes. */
const INPUTS = ['web/page', 'web/sdk', 'signaling', 'web/build.mjs', 'package-lock.json'];
const COMPRESSIBLE = /\.(html|js|css|svg|json|map)$/;

/**
 * @param {{ cacheDir?: string, log?: (line: string) => void }} [options] `cacheDir`: where results are kept, by default
 *   `${XDG_CACHE_HOME:-~/.cache}/commucat`.
 * @returns {Promise<string>} The folder to serve, absolute.
 */
export async function buildWeb({ cacheDir = defaultCacheDir(), log = () => undefined } = {}) {
  const esbuild = await import('esbuild');
  const key = await inputsKey(esbuild.version);
  const folder = path.join(path.resolve(cacheDir), `web-${key}`);
  if (existsSync(path.join(folder, 'index.html'))) return folder;
  const startedMs = performance.now();
  await mkdir(path.dirname(folder), { recursive: true });
  const temporary = await mkdtemp(path.join(path.dirname(folder), `.web-${randomBytes(4).toString('hex')}-`));
  try {
    await bundle(esbuild, temporary);
    const bytes = await compressAll(temporary);
    // A temporary folder is its maker's alone; the server may run as somebody else.
    await chmod(temporary, 0o755);
    try {
      await rename(temporary, folder);
    } catch (error) {
      // Another build of the same inputs was quicker: its result is the same.
      if (!existsSync(path.join(folder, 'index.html'))) throw error;
    }
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    log(`web page built in ${seconds} s: ${(bytes / 1024).toFixed(1)} KiB to load, compressed`);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return folder;
}

function defaultCacheDir() {
  return path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'commucat');
}

async function bundle(esbuild, folder) {
  const { metafile } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: [path.join(page, 'main.ts'), path.join(page, 'style.css'), path.join(page, 'mark.svg')],
    outdir: path.join(folder, 'assets'),
    entryNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    publicPath: '/assets/',
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['chrome111', 'firefox120', 'safari17'],
    platform: 'browser',
    conditions: ['browser'],
    loader: { '.svg': 'file' },
    sourcemap: 'linked',
    legalComments: 'external',
    metafile: true,
    logLevel: 'silent',
  });
  // An SVG entry becomes a script that names the file: only the file itself is wanted, which the style sheet names too.
  const names = new Map();
  for (const [output, { entryPoint, inputs }] of Object.entries(metafile.outputs)) {
    const name = path.basename(output);
    if (name.endsWith('.svg')) names.set(path.basename(Object.keys(inputs)[0] ?? ''), name);
    else if (entryPoint?.endsWith('.svg')) await rm(path.join(root, output));
    else if (entryPoint !== undefined) names.set(path.basename(entryPoint), name);
  }
  for (const name of await readdir(path.join(folder, 'assets'))) {
    if (/^mark-.*\.js(\.map|\.LEGAL\.txt)?$/.test(name))
      await rm(path.join(folder, 'assets', name), { force: true });
  }
  const html = await readFile(path.join(page, 'index.html'), 'utf8');
  const filled = html.replaceAll(/\{\{([\w.]+)\}\}/g, (_, name) => {
    const asset = names.get(name);
    if (asset === undefined) throw new Error(`index.html names ${name}, which was not built`);
    return `/assets/${asset}`;
  });
  await writeFile(path.join(folder, 'index.html'), filled);
}

/** Compresses every text file; returns how many bytes a browser loads at first (Brotli, without source maps). */
async function compressAll(folder) {
  let loadedBytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !COMPRESSIBLE.test(entry.name)) continue;
    const file = path.join(entry.parentPath, entry.name);
    const content = await readFile(file);
    const isMap = entry.name.endsWith('.map');
    const br = await promisify(brotliCompress)(content, {
      params: { [constants.BROTLI_PARAM_QUALITY]: isMap ? 5 : 11 },
    });
    await writeFile(`${file}.br`, br);
    await writeFile(`${file}.gz`, await promisify(gzip)(content, { level: 9 }));
    if (!isMap) loadedBytes += br.length;
  }
  return loadedBytes;
}

/** A hash over the content of all inputs and what builds them. */
async function inputsKey(esbuildVersion) {
  const hash = createHash('sha256').update(`esbuild ${esbuildVersion}\0`);
  for (const input of INPUTS) {
    for (const file of await filesOf(path.join(root, input))) {
      hash
        .update(`${path.relative(root, file)}\0`)
        .update(await readFile(file))
        .update('\0');
    }
  }
  return hash.digest('hex').slice(0, 20);
}

async function filesOf(input) {
  if (!existsSync(input)) return [];
  let entries;
  try {
    entries = await readdir(input, { recursive: true, withFileTypes: true });
  } catch (error) {
    if (error.code === 'ENOTDIR') return [input];
    throw error;
  }
  return entries
    .filter(
      (entry) => entry.isFile() && !entry.name.includes('.test.') && !entry.parentPath.includes('testdata'),
    )
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.stdout.write(`${await buildWeb({ log: (line) => process.stderr.write(`${line}\n`) })}\n`);
}
