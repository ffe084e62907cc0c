// Builds what browsers load: `index.html` (start page and call alike) and `assets/` with hashed names, source maps beside
// them, and each text file once more in gzip and Brotli, so that the server compresses nothing while it runs.
//
// What will surprise you:
// - The result lies in a cache, under a key made of the inputs' content and esbuild's version; a second build of the same
//   inputs only finds it. It is made in a temporary folder and renamed, so that a build that is cut off, or two at once,
//   never leave half a result.
// - What the page loads only when it is asked for (the background blur, with its worker, its WebAssembly and its networks) is
//   bundled apart and does not count as what is loaded at first.
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
const INPUTS = ['web/page', 'web/sdk', 'web/effects', 'signaling', 'web/build.mjs', 'package-lock.json'];
const COMPRESSIBLE = /\.(html|js|css|svg|json|map|wasm|tflite)$/;
/** Brotli's highest quality takes half a minute for the WebAssembly, and saves a tenth. */
const LARGE_BYTES = 1 << 20;

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
    const first = await bundle(esbuild, temporary);
    const bytes = await compressAll(temporary);
    const loaded = (names) => [...bytes].reduce((sum, [name, size]) => (names(name) ? sum + size : sum), 0);
    // A temporary folder is its maker's alone; the server may run as somebody else.
    await chmod(temporary, 0o755);
    try {
      await rename(temporary, folder);
    } catch (error) {
      // Another build of the same inputs was quicker: its result is the same.
      if (!existsSync(path.join(folder, 'index.html'))) throw error;
    }
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    const firstKib = (loaded((name) => first.has(name)) / 1024).toFixed(1);
    const laterKib = (loaded((name) => !first.has(name)) / 1024).toFixed(0);
    log(
      `web page built in ${seconds} s: ${firstKib} KiB to load, compressed; ${laterKib} KiB more where asked for`,
    );
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return folder;
}

function defaultCacheDir() {
  return path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'commucat');
}

/** What the page and its workers are built with alike. */
function esbuildOptions(folder) {
  return {
    absWorkingDir: root,
    outdir: path.join(folder, 'assets'),
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    publicPath: '/assets/',
    bundle: true,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    format: 'esm',
    target: ['chrome111', 'firefox120', 'safari17'],
    platform: 'browser',
    conditions: ['browser'],
    // MediaPipe's loader runs under Node.js too, and asks for this only there.
    external: ['node:module'],
    loader: { '.svg': 'file', '.wasm': 'file', '.tflite': 'file' },
    sourcemap: 'linked',
    legalComments: 'external',
    metafile: true,
    logLevel: 'silent',
  };
}

/** Makes `import url from './x.ts?worker'` the address of a bundle of its own. */
function workerPlugin(folder) {
  return {
    name: 'worker',
    setup(build) {
      build.onResolve({ filter: /\?worker$/ }, ({ path: wanted, resolveDir }) => ({
        path: path.resolve(resolveDir, wanted.replace(/\?worker$/, '')),
        namespace: 'worker',
      }));
      build.onLoad({ filter: /.*/, namespace: 'worker' }, async ({ path: file }) => {
        const { metafile } = await build.esbuild.build({ ...esbuildOptions(folder), entryPoints: [file] });
        const [output] = Object.entries(metafile.outputs).find(
          ([, { entryPoint }]) => entryPoint !== undefined,
        );
        return { contents: `export default ${JSON.stringify(`/assets/${path.basename(output)}`)}` };
      });
    },
  };
}

/** @returns the names of the files that a browser loads at first. */
async function bundle(esbuild, folder) {
  const scripts = await esbuild.build({
    ...esbuildOptions(folder),
    entryPoints: [path.join(page, 'main.tsx'), path.join(web, 'effects', 'blur.ts')],
    splitting: true,
    plugins: [workerPlugin(folder)],
  });
  // Apart from the scripts: what would be split off for both would be one more file to load at first.
  const others = await esbuild.build({
    ...esbuildOptions(folder),
    entryPoints: [path.join(page, 'style.css'), path.join(page, 'mark.svg')],
  });
  const outputs = { ...scripts.metafile.outputs, ...others.metafile.outputs };
  // An SVG entry becomes a script that names the file: only the file itself is wanted, which the style sheet names too.
  const names = new Map();
  for (const [output, { entryPoint, inputs }] of Object.entries(outputs)) {
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
  const named = [...filled.matchAll(/\/assets\/([\w.-]+)/g)].map(([, name]) => name);
  const loaded = loadedWith(outputs, named);
  // What the script imports is asked for together with it, not when it has come.
  const preloads = [...loaded]
    .filter((name) => name.endsWith('.js') && !named.includes(name))
    .map((name) => `<link rel="modulepreload" href="/assets/${name}" />`);
  await writeFile(path.join(folder, 'index.html'), filled.replace('</head>', `${preloads.join('')}</head>`));
  return new Set(['index.html', ...loaded]);
}

/** What the page names, and what that imports in turn, besides what it imports only when it runs. */
function loadedWith(outputs, named) {
  const byName = new Map(Object.entries(outputs).map(([output, about]) => [path.basename(output), about]));
  const loaded = new Set();
  const visit = (name) => {
    if (loaded.has(name)) return;
    loaded.add(name);
    for (const { path: imported, kind, external } of byName.get(name)?.imports ?? []) {
      // External: what is no file, such as pictures within a style sheet.
      if (kind !== 'dynamic-import' && external !== true) visit(path.basename(imported));
    }
  };
  for (const name of named) visit(name);
  return loaded;
}

/** Compresses every file that gets smaller by it; returns by name how many bytes each is then (Brotli), without source maps. */
async function compressAll(folder) {
  const bytes = new Map();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !COMPRESSIBLE.test(entry.name)) continue;
    const file = path.join(entry.parentPath, entry.name);
    const content = await readFile(file);
    const isMap = entry.name.endsWith('.map');
    const br = await promisify(brotliCompress)(content, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: isMap ? 5 : content.length > LARGE_BYTES ? 9 : 11,
        [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      },
    });
    await writeFile(`${file}.br`, br);
    await writeFile(`${file}.gz`, await promisify(gzip)(content, { level: 9 }));
    if (!isMap) bytes.set(entry.name, br.length);
  }
  return bytes;
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
