import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('./run.mjs', import.meta.url));
const SEED = '1';
/** For each decoder. `npm run fuzz` takes 200,000. */
const COUNT = '5000';

/** What plays hardware, where libavcodec is there: the hardware plugin's code up to the library's decoder. */
const withStandIns = spawnSync('pkg-config', ['--exists', 'libavcodec']).status === 0;
const standIns = withStandIns ? ['board-h264 H264', 'board-vp8 VP8', 'board-vp9 VP9', 'card-h264 H264'] : [];

describe('damaged packets, under AddressSanitizer', () => {
  it(`harm no decoder, ${COUNT} for each with seed ${SEED}`, () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, SEED, COUNT], {
      encoding: 'utf8',
    });
    expect(stderr).toMatch(/seed 1\n$/);
    expect(status).toBe(0);
    for (const name of ['libvpx-vp8 VP8', 'openh264 H264', ...standIns]) {
      expect(stdout).toContain(`${name}: ${COUNT} damaged packets`);
    }
  }, 600_000);
});
