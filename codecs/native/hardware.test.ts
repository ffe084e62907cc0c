import { describe, expect, it } from 'vitest';
import { CodecDeviceLostError, CodecLibraryError, CodecSessionLimitError } from '../errors.ts';
import type { CodecInfo } from '../types.ts';
import { LOST_DEVICE_MS, LostDevices, REFUSED, inOrderOf } from './hardware.ts';

function info(name: string, device: string | null): CodecInfo {
  return {
    name,
    codec: 'H264',
    direction: 'encode',
    library: '',
    version: '',
    hardware: device !== null,
    device,
    spatialLayers: 1,
    temporalLayers: 1,
    missing: null,
  };
}
const [one, cuda, two, vaapi] = [
  info('one', null),
  info('cuda-h264', 'cuda'),
  info('two', null),
  info('vaapi-h264', 'vaapi'),
];
const ALL = [one, cuda, two, vaapi].map((each, number) => ({ number, info: each, isConverter: false }));

describe('the order of implementations', () => {
  it.each([
    ['prefer', ['cuda-h264', 'vaapi-h264', 'one', 'two']],
    ['allow', ['one', 'two', 'cuda-h264', 'vaapi-h264']],
  ] as const)('%s', (policy, expected) => {
    const ordered = inOrderOf(policy, ALL);
    expect(ordered.map((each) => each.info.name)).toEqual(expected);
    expect(ordered.every((each) => each.info.missing === null)).toBe(true);
  });

  it('refuse: hardware is there, with the reason why it is not used', () => {
    expect(inOrderOf('refuse', ALL).map((each) => each.info.missing)).toEqual([null, null, REFUSED, REFUSED]);
  });
});

describe('lost devices', () => {
  it('are avoided for a minute, all that is on them, and nothing else', () => {
    const lost = new LostDevices();
    lost.failed(cuda, new CodecDeviceLostError('gone'), 1000);
    expect(lost.isAvoided(info('cuda-vp8', 'cuda'), 1000 + LOST_DEVICE_MS - 1)).toBe(true);
    expect(lost.isAvoided(vaapi, 1000)).toBe(false);
    expect(lost.isAvoided(one, 1000)).toBe(false);
    expect(lost.isAvoided(cuda, 1000 + LOST_DEVICE_MS)).toBe(false);
    lost.failed(cuda, new CodecDeviceLostError('gone again'), 90_000);
    expect(lost.isAvoided(cuda, 90_000)).toBe(true);
  });

  it.each([new CodecSessionLimitError('full'), new CodecLibraryError('failed'), new Error('other')])(
    'are none after %o',
    (error) => {
      const lost = new LostDevices();
      lost.failed(cuda, error, 0);
      expect(lost.isAvoided(cuda, 0)).toBe(false);
    },
  );
});
