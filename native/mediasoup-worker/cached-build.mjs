// @ts-check
// A folder in the cache that is named after the content it was made from, so that it is made once and never goes stale.
//
// It is made in a temporary folder beside its place and renamed into place whole: a build that is interrupted leaves
// nothing that looks finished, and of two that run at once the later one finds the first one's result and drops its own.
import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';

const TEMPORARY = '.unfinished-';
/** Longer than any build takes. */
const ABANDONED_AFTER_MS = 24 * 3_600_000;

/**
 * A short name for everything that a part is made from.
 * @param {readonly (string | Uint8Array)[]} ingredients file contents, flags, versions; their order counts
 * @returns {string} 16 hexadecimal digits
 */
export function contentKey(ingredients) {
  const hash = createHash('sha256');
  for (const ingredient of ingredients) {
    // The length in front keeps ['ab', 'c'] apart from ['a', 'bc'].
    hash.update(`${String(ingredient.length)}:`).update(ingredient);
  }
  return hash.digest('hex').slice(0, 16);
}

/**
 * Returns the folder `name` in the cache, made by `build` if it is not there.
 * @param {string} cacheDir
 * @param {string} name part and content key
 * @param {(temporaryDir: string) => Promise<void>} build fills the folder that it is given; on a throw nothing is kept
 * @returns {Promise<string>} absolute path
 */
export async function cachedBuild(cacheDir, name, build) {
  const place = path.resolve(cacheDir, name);
  if (await exists(place)) return place;
  await fs.mkdir(cacheDir, { recursive: true });
  await removeAbandoned(cacheDir);
  const temporary = await fs.mkdtemp(`${place}${TEMPORARY}`);
  try {
    // mkdtemp makes a folder for its owner only, which is wrong for what another user of this machine may run.
    await fs.chmod(temporary, 0o755);
    await build(temporary);
    await fs.rename(temporary, place);
  } catch (error) {
    await fs.rm(temporary, { recursive: true, force: true });
    // A rename onto a folder that is not empty fails: another set-up was faster, and its result is as good.
    if (isNotEmpty(error) && (await exists(place))) return place;
    throw error;
  }
  return place;
}

/**
 * Removes what builds that were interrupted have left.
 * @param {string} cacheDir
 */
async function removeAbandoned(cacheDir) {
  for (const entry of await fs.readdir(cacheDir)) {
    const folder = path.join(cacheDir, entry);
    if (!entry.includes(TEMPORARY)) continue;
    const stat = await fs.stat(folder).catch(() => undefined);
    if (stat !== undefined && Date.now() - stat.mtimeMs > ABANDONED_AFTER_MS) {
      await fs.rm(folder, { recursive: true, force: true });
    }
  }
}

/** @param {string} file */
async function exists(file) {
  return fs.access(file).then(
    () => true,
    () => false,
  );
}

/** @param {unknown} error */
function isNotEmpty(error) {
  return error instanceof Error && 'code' in error && (error.code === 'ENOTEMPTY' || error.code === 'EEXIST');
}
