/**
 * The common suite for hardware, played by software (native/codec-plugins-testing): the code of the hardware plugin really runs, up to
 * libavcodec's codec. Skipped where libavcodec, or its encoders for these codecs, are not there.
 */
import { describe, it } from 'vitest';
import { openStandIns } from '../testing/stand-ins.ts';
import { type CodecPair, codecSuite } from './codec-suite.ts';

const standIns = await openStandIns();
const there = (name: string, direction: 'encode' | 'decode'): boolean =>
  standIns?.codecs.some((one) => one.name === name && one.direction === direction && one.missing === null) ??
  false;

const pairs: readonly CodecPair[] = (
  [
    { codec: 'H264', encodeBy: 'board-h264', decodeBy: 'board-h264', leastOfRate: 0.7 },
    {
      codec: 'VP8',
      encodeBy: 'board-vp8',
      decodeBy: 'board-vp8',
      reopensForRate: true,
      tellsNoQuantiser: true,
    },
    {
      codec: 'VP9',
      encodeBy: 'board-vp9',
      decodeBy: 'board-vp9',
      reopensForRate: true,
      tellsNoQuantiser: true,
    },
    { codec: 'AV1', encodeBy: 'libaom-av1', decodeBy: 'board-av1' },
    // Pictures that count as the device's; one encoder reads them there, one has them copied.
    { codec: 'H264', encodeBy: 'card-h264', decodeBy: 'card-h264', leastOfRate: 0.7 },
    { codec: 'VP8', encodeBy: 'libvpx-vp8', decodeBy: 'card-vp8' },
    { codec: 'H264', encodeBy: 'vulkan-h264', decodeBy: 'vulkan-h264', leastOfRate: 0.7 },
    { codec: 'VP8', encodeBy: 'libvpx-vp8', decodeBy: 'vulkan-vp8' },
  ] as const
).filter(({ encodeBy, decodeBy }) => there(encodeBy, 'encode') && there(decodeBy, 'decode'));

if (pairs.length > 0 && standIns !== null) codecSuite(pairs, standIns.libraryPath);
else describe.skip('stand-ins for hardware (libavcodec is not there)', () => it('run', () => undefined));
