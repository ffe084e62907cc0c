import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cachedBuild, contentKey } from '../native/mediasoup-worker/cached-build.mjs';

let cacheDir: string;

beforeEach(async () => {
  cacheDir = await fs.mkdtemp(path.join(os.tmpdir(), 'commucat-cache-'));
});

afterEach(() => fs.rm(cacheDir, { recursive: true }));

const writePart =
  (text: string) =>
  (dir: string): Promise<void> =>
    fs.writeFile(path.join(dir, 'part'), text);

describe('contentKey', () => {
  it('changes with every ingredient, and with where one ends', () => {
    const keys = [['ab', 'c'], ['a', 'bc'], ['abc'], ['c', 'ab'], [Buffer.from('x')], []].map((ingredients) =>
      contentKey(ingredients),
    );
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('is the same for text and its bytes', () => {
    expect(contentKey(['flags'])).toBe(contentKey([Buffer.from('flags')]));
  });
});

describe('cachedBuild', () => {
  it('builds once', async () => {
    const first = await cachedBuild(cacheDir, 'part-1', writePart('first'));
    const second = await cachedBuild(cacheDir, 'part-1', writePart('second'));
    expect(second).toBe(first);
    expect(await fs.readFile(path.join(second, 'part'), 'utf8')).toBe('first');
  });

  it('keeps nothing of a build that failed', async () => {
    const failing = async (dir: string): Promise<void> => {
      await writePart('half')(dir);
      throw new Error('compiler');
    };
    await expect(cachedBuild(cacheDir, 'part-1', failing)).rejects.toThrow('compiler');
    expect(await fs.readdir(cacheDir)).toEqual([]);
  });

  it('lets two builds at once end with one whole result', async () => {
    let arrived = 0;
    let bothArrived = (): void => undefined;
    const meeting = new Promise<void>((resolve) => {
      bothArrived = resolve;
    });
    const build =
      (text: string) =>
      async (dir: string): Promise<void> => {
        if (++arrived === 2) bothArrived();
        await meeting;
        await writePart(text)(dir);
      };
    const [one, other] = await Promise.all([
      cachedBuild(cacheDir, 'part-1', build('one')),
      cachedBuild(cacheDir, 'part-1', build('other')),
    ]);
    expect(one).toBe(other);
    expect(['one', 'other']).toContain(await fs.readFile(path.join(one, 'part'), 'utf8'));
    expect(await fs.readdir(cacheDir)).toEqual(['part-1']);
  });

  it('removes what an interrupted build left a day ago, and nothing younger', async () => {
    const old = path.join(cacheDir, 'part-0.unfinished-abc');
    const young = path.join(cacheDir, 'part-0.unfinished-def');
    await fs.mkdir(old);
    await fs.mkdir(young);
    const twoDaysAgo = new Date(Date.now() - 2 * 86_400_000);
    await fs.utimes(old, twoDaysAgo, twoDaysAgo);
    await cachedBuild(cacheDir, 'part-1', writePart(''));
    expect((await fs.readdir(cacheDir)).sort()).toEqual(['part-0.unfinished-def', 'part-1']);
  });
});
