import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PayloadError } from './errors.ts';
import { parseVp8Descriptor, Vp8Depacketiser, Vp8Packetiser } from './vp8.ts';

describe('VP8 payload descriptor', () => {
  test.each([
    ['no extension, first packet', [0x10, 0x01], { startOfPartition: true, pictureId: null, bytes: 1 }],
    ['7-bit picture id', [0x90, 0x80, 0x11, 0x01], { pictureId: 0x11, bytes: 3 }],
    ['15-bit picture id', [0x90, 0x80, 0x91, 0x22, 0x01], { pictureId: 0x1122, bytes: 4 }],
    [
      'all fields of RFC 7741 figure 2',
      [0xb3, 0xf0, 0x81, 0x02, 0x33, 0xa5, 0x01],
      {
        nonReference: true,
        startOfPartition: true,
        partitionIndex: 3,
        pictureId: 0x102,
        tl0PictureIndex: 0x33,
        temporalId: 2,
        layerSync: true,
        keyIndex: 5,
        bytes: 6,
      },
    ],
    [
      'key index alone',
      [0x80, 0x10, 0xe7, 0x01],
      { temporalId: null, layerSync: false, keyIndex: 7, bytes: 3 },
    ],
    ['reserved bits set', [0x58, 0x01], { startOfPartition: true, partitionIndex: 0, bytes: 1 }],
  ])('%s', (_name, bytes, expected) => {
    expect(parseVp8Descriptor(Uint8Array.from(bytes))).toMatchObject(expected);
  });

  test.each([
    ['PAYLOAD_EMPTY', []],
    ['PAYLOAD_EMPTY', [0x10]],
    ['PAYLOAD_EMPTY', [0x90, 0x80, 0x11]],
    ['VP8_DESCRIPTOR_TRUNCATED', [0x90]],
    ['VP8_DESCRIPTOR_TRUNCATED', [0x90, 0x80, 0x91]],
    ['VP8_DESCRIPTOR_TRUNCATED', [0x90, 0x40]],
    ['VP8_DESCRIPTOR_TRUNCATED', [0x90, 0x20]],
  ])('%s for %j', (code, bytes) => {
    expect(() => parseVp8Descriptor(Uint8Array.from(bytes))).toThrow(
      expect.objectContaining({ code }) as Error,
    );
  });
});

describe('VP8 in RTP', () => {
  const frames = fc.uint8Array({ minLength: 1, maxLength: 6000 });

  test('every frame comes back, in packets within the limit, of nearly equal size', () => {
    const depacketiser = new Vp8Depacketiser();
    fc.assert(
      fc.property(frames, fc.integer({ min: 16, max: 1300 }), (frame, maxPayloadBytes) => {
        const payloads = new Vp8Packetiser({ maxPayloadBytes, initialPictureId: 5 }).packetise(frame);
        const sizes = payloads.map((payload) => payload.length);
        expect(Math.max(...sizes)).toBeLessThanOrEqual(maxPayloadBytes);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        expect(depacketiser.assemble(payloads)).toEqual({
          data: frame,
          keyFrame: ((frame[0] ?? 0) & 1) === 0,
        });
        expect(payloads.map((payload) => depacketiser.inspect(payload).startsUnit)).toEqual(
          payloads.map((_, i) => (i === 0 ? 'yes' : 'no')),
        );
      }),
      { seed: 4 },
    );
  });

  test('the picture id counts on over its 15-bit wrap', () => {
    const packetiser = new Vp8Packetiser({ maxPayloadBytes: 100, initialPictureId: 32_766 });
    const ids = [1, 2, 3].map(() => {
      const payloads = packetiser.packetise(new Uint8Array(150));
      return payloads.map((payload) => parseVp8Descriptor(payload).pictureId);
    });
    expect(ids).toEqual([
      [32_766, 32_766],
      [32_767, 32_767],
      [0, 0],
    ]);
  });

  test('only the first packet of a key frame shows it; N marks what nothing refers to', () => {
    const depacketiser = new Vp8Depacketiser();
    expect(depacketiser.inspect(Uint8Array.of(0x10, 0x00))).toMatchObject({
      keyFrame: true,
      disposable: false,
    });
    expect(depacketiser.inspect(Uint8Array.of(0x00, 0x00))).toMatchObject({ keyFrame: false });
    expect(depacketiser.inspect(Uint8Array.of(0x30, 0x01))).toMatchObject({
      keyFrame: false,
      disposable: true,
    });
    // A later partition's start is not a frame's start.
    expect(depacketiser.inspect(Uint8Array.of(0x11, 0x00))).toMatchObject({
      startsUnit: 'no',
      keyFrame: false,
    });
  });

  test('a frame without its start, or with two, is refused', () => {
    const depacketiser = new Vp8Depacketiser();
    const [first, second] = new Vp8Packetiser({ maxPayloadBytes: 20, initialPictureId: 0 }).packetise(
      new Uint8Array(30),
    );
    if (first === undefined || second === undefined) throw new Error('expected two packets');
    const code = 'VP8_UNEXPECTED_START';
    expect(() => depacketiser.assemble([second])).toThrow(expect.objectContaining({ code }) as Error);
    expect(() => depacketiser.assemble([first, first])).toThrow(expect.objectContaining({ code }) as Error);
    expect(() => depacketiser.assemble([])).toThrow(PayloadError);
    expect(() =>
      new Vp8Packetiser({ maxPayloadBytes: 20, initialPictureId: 0 }).packetise(new Uint8Array(0)),
    ).toThrow(PayloadError);
  });
});
