import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';

const SEED = '1';
/** For each decoder. `npm run fuzz` takes 200,000. */
const COUNT = '5000';

interface Fuzzer {
  readonly program: string;
  readonly plugins: readonly string[];
}

let fuzzer: Fuzzer;

beforeAll(async () => {
  const build = (await import('./run.mjs')) as { readonly buildFuzzer: () => Promise<Fuzzer> };
  fuzzer = await build.buildFuzzer();
}, 120_000);

describe('damaged packets, under AddressSanitizer', () => {
  it(`harm no decoder, ${COUNT} for each with seed ${SEED}`, () => {
    const { status, stdout, stderr } = spawnSync(fuzzer.program, [SEED, COUNT, ...fuzzer.plugins], {
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    for (const name of ['libvpx-vp8 VP8', 'openh264 H264']) {
      expect(stdout).toContain(`${name}: ${COUNT} damaged packets`);
    }
  }, 300_000);

  it('notices a plugin that is none', () => {
    const { status, stderr } = spawnSync(fuzzer.program, [SEED, '1', '/nonexistent.so'], {
      encoding: 'utf8',
    });
    expect(status).toBe(1);
    expect(stderr).toContain('/nonexistent.so');
  });
});
