// @ts-check
// Builds shim, plugins and the fuzz program with AddressSanitizer and UndefinedBehaviorSanitizer, and runs it:
//
//   node native/fuzz/run.mjs [SEED] [COUNT]        COUNT damaged packets for each decoder (npm run fuzz: 200,000)
//
// Plain JavaScript, as set-up's other builds.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { ShimBuildError, buildCodecShim } from '../codec-shim/build.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const SANITIZERS = 'address,undefined';
const DEFAULT_COUNT = 200_000;

/**
 * @param {{ cacheDir?: string, log?: (line: string) => void }} [options] as of buildCodecShim
 * @returns {Promise<{ program: string, plugins: string[] }>} absolute paths
 * @throws {ShimBuildError} where it cannot be built
 */
export async function buildFuzzer(options = {}) {
  const core = await buildCodecShim({ ...options, sanitize: SANITIZERS, standIns: true });
  const folder = path.dirname(core);
  const source = path.join(here, 'fuzz.c');
  const program = path.join(folder, 'fuzz');
  const isFresh = fs.existsSync(program) && fs.statSync(program).mtimeMs >= fs.statSync(source).mtimeMs;
  if (!isFresh) {
    const flags = [
      '-std=c11',
      '-O1',
      '-g',
      '-Wall',
      '-Wextra',
      '-Werror',
      `-fsanitize=${SANITIZERS}`,
      '-D_DEFAULT_SOURCE',
    ];
    const include = `-I${path.join(here, '..', 'codec-shim')}`;
    const args = [...flags, include, source, core, `-Wl,-rpath,${folder}`, '-o', `${program}.new`];
    const { status, stderr } = spawnSync(process.env.CC || 'gcc', args, { encoding: 'utf8' });
    if (status !== 0) throw new ShimBuildError(`the fuzz program cannot be built:\n${stderr}`);
    fs.renameSync(`${program}.new`, program);
  }
  /** @type {{ id: string, missing: string | null }[]} */
  const list = JSON.parse(fs.readFileSync(path.join(folder, 'plugins.json'), 'utf8'));
  const plugins = list
    .filter(({ missing }) => missing === null)
    .map(({ id }) => path.join(folder, `${id}.so`));
  return { program, plugins };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [seed = String(Date.now() % 1_000_000), count = String(DEFAULT_COUNT)] = process.argv.slice(2);
  const { program, plugins } = await buildFuzzer({ log: (line) => console.error(line) });
  console.error(`seed ${seed}`);
  // Of the stand-ins those in memory: through a Vulkan driver in software each picture takes many times as long.
  const env = { ...process.env, VK_DRIVER_FILES: '/dev/null', VK_ICD_FILENAMES: '/dev/null' };
  process.exitCode = spawnSync(program, [seed, count, ...plugins], { stdio: 'inherit', env }).status ?? 1;
}
