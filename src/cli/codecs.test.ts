import { describe, expect, it } from 'vitest';
import { listCodecs } from './codecs.ts';

describe('commucat codecs', () => {
  it('lists each codec both ways', async () => {
    const lines = (await listCodecs([])).split('\n');
    for (const direction of ['encode', 'decode']) {
      const line = lines.find((one) => one.includes('libvpx-vp8') && one.includes(direction));
      expect(line).toMatch(/^VP8 +(encode|decode) +libvpx-vp8 +libvpx +v?\d+\.\d+\S* +CPU +\d+/);
    }
  });

  it('has one line for what a device lacks for one reason, and each codec of it for programs', async () => {
    const list = JSON.parse(await listCodecs(['--json'])) as { name: string; missing: string | null }[];
    const missing = list.filter(({ name, missing: why }) => name.startsWith('vaapi-') && why !== null);
    if (missing.length === 0) return;
    const lines = (await listCodecs([])).split('\n').filter((line) => / vaapi-/.test(line));
    const reasons = new Set(missing.map((one) => one.missing ?? ''));
    expect(lines).toHaveLength(
      reasons.size + list.filter(({ name }) => name.startsWith('vaapi-')).length - missing.length,
    );
    for (const reason of reasons) {
      expect(lines.some((line) => line.includes(`GPU`) && line.includes(reason))).toBe(true);
    }
  });

  it('says the same for programs', async () => {
    const list: unknown = JSON.parse(await listCodecs(['--json']));
    expect(list).toContainEqual(
      expect.objectContaining({ name: 'openh264', codec: 'H264', direction: 'encode', missing: null }),
    );
  });

  it('names a flag that is none', async () => {
    await expect(listCodecs(['--colour'])).rejects.toThrow(/colour/);
  });
});
