import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PayloadError } from './errors.ts';
import { isVp9KeyFrame, vp9KeyFrameSize } from './vp9-frame-header.ts';
import { parseVp9Descriptor, Vp9Depacketiser, Vp9Packetiser } from './vp9.ts';

const SYNC_CODE = '010010011000001101000010';

/** The header of a key frame of profile 0, and whatever. */
function keyFrame(width: number, height: number, rest: Uint8Array): Uint8Array {
  const sides = [width, height].map((side) => (side - 1).toString(2).padStart(16, '0')).join('');
  const bits = `10000010${SYNC_CODE}0010${sides}0000`;
  const bytes = Array.from({ length: bits.length / 8 }, (_, i) =>
    Number.parseInt(bits.slice(i * 8, i * 8 + 8), 2),
  );
  return Uint8Array.from([...bytes, ...rest]);
}

function interFrame(rest: Uint8Array): Uint8Array {
  return Uint8Array.from([0x84, ...rest]);
}

const throwing = (code: string): Error => expect.objectContaining({ code }) as Error;

describe('VP9 frame header', () => {
  test('tells a key frame and its size', () => {
    const key = keyFrame(1280, 720, new Uint8Array(3));
    expect([isVp9KeyFrame(key), vp9KeyFrameSize(key)]).toEqual([true, { width: 1280, height: 720 }]);
    expect(vp9KeyFrameSize(keyFrame(65_536, 1, new Uint8Array(0)))).toMatchObject({ width: 65_536 });
    const inter = interFrame(new Uint8Array(0));
    expect([isVp9KeyFrame(inter), vp9KeyFrameSize(inter)]).toEqual([false, null]);
    // Shows a frame that was sent before.
    expect(isVp9KeyFrame(Uint8Array.of(0x88))).toBe(false);
    // Profile 2: 10 bits.
    const deep = Uint8Array.of(0x92);
    expect([isVp9KeyFrame(deep), vp9KeyFrameSize(deep)]).toEqual([true, null]);
  });

  test.each([
    ['no marker', [0x42]],
    ['no sync code', [0x82, 0x49, 0x83, 0x43, 0, 0, 0, 0, 0]],
    ['cut off', [0x82, 0x49]],
    ['empty', []],
    ['RGB in profile 0', [0x82, 0x49, 0x83, 0x42, 0xe0, 0, 0, 0, 0]],
  ])('refuses %s', (_name, bytes) => {
    expect(() => vp9KeyFrameSize(Uint8Array.from(bytes))).toThrow(throwing('VP9_HEADER_INVALID'));
  });
});

describe('VP9 payload descriptor', () => {
  test.each([
    ['nothing but data', [0x00, 1], { pictureId: null, startOfFrame: false, endOfFrame: false, bytes: 1 }],
    [
      'a 7-bit picture id',
      [0x8c, 0x11, 1],
      { pictureId: 0x11, startOfFrame: true, endOfFrame: true, bytes: 2 },
    ],
    ['a 15-bit picture id', [0xc0, 0x91, 0x22, 1], { pictureId: 0x1122, interPredicted: true, bytes: 3 }],
    ['layers', [0x28, 0x47, 9, 1], { temporalId: 2, spatialId: 3, flexible: false, bytes: 3 }],
    [
      'layers in flexible mode, with references',
      [0x70, 0x22, 0x03, 0x05, 0x02, 1],
      { temporalId: 1, flexible: true, bytes: 5 },
    ],
    ['flexible mode in a key picture', [0x18, 1], { flexible: true, bytes: 1 }],
    ['a structure with sizes', [0x02, 0x30, 0, 1, 0, 2, 0, 3, 0, 4, 1], { bytes: 10 }],
    ['a structure with a picture group', [0x02, 0x08, 2, 0x04, 7, 0x28, 1, 2, 1], { bytes: 8 }],
  ])('%s', (_name, bytes, expected) => {
    expect(parseVp9Descriptor(Uint8Array.from(bytes))).toMatchObject(expected);
  });

  test.each([
    ['PAYLOAD_EMPTY', []],
    ['PAYLOAD_EMPTY', [0x08]],
    ['VP9_DESCRIPTOR_TRUNCATED', [0x80]],
    ['VP9_DESCRIPTOR_TRUNCATED', [0x80, 0x91]],
    ['VP9_DESCRIPTOR_TRUNCATED', [0x20, 0x00]],
    ['VP9_DESCRIPTOR_TRUNCATED', [0x50, 0x03]],
    ['VP9_TOO_MANY_REFERENCES', [0x50, 1, 1, 1, 1]],
    ['VP9_DESCRIPTOR_TRUNCATED', [0x02, 0x10, 0, 1]],
    ['VP9_DESCRIPTOR_TRUNCATED', [0x02, 0x08, 2, 0x04]],
  ])('%s for %j', (code, bytes) => {
    expect(() => parseVp9Descriptor(Uint8Array.from(bytes))).toThrow(throwing(code));
  });
});

describe('VP9 in RTP', () => {
  const rest = fc.uint8Array({ minLength: 1, maxLength: 6000 });

  test('every frame comes back, in packets within the limit, and a key frame says its size', () => {
    const depacketiser = new Vp9Depacketiser();
    fc.assert(
      fc.property(rest, fc.boolean(), fc.integer({ min: 16, max: 1300 }), (data, isKey, maxPayloadBytes) => {
        const frame = isKey ? keyFrame(640, 360, data) : interFrame(data);
        const payloads = new Vp9Packetiser({ maxPayloadBytes, initialPictureId: 5 }).packetise(frame);
        expect(Math.max(...payloads.map(({ length }) => length))).toBeLessThanOrEqual(maxPayloadBytes);
        expect(depacketiser.assemble(payloads)).toEqual({ data: frame, keyFrame: isKey });
        const told = payloads.map((payload) => depacketiser.inspect(payload));
        expect(told.map(({ startsUnit }) => startsUnit)).toEqual(
          payloads.map((_, i) => (i === 0 ? 'yes' : 'no')),
        );
        expect(told[0]?.keyFrame).toBe(isKey);
        const [first] = payloads;
        // V, then one layer with a size: 640x360.
        if (isKey) expect([...(first ?? [])].slice(3, 8)).toEqual([0x10, 2, 0x80, 1, 0x68]);
        expect(((first?.[0] ?? 0) & 0x02) !== 0).toBe(isKey);
      }),
      { seed: 9 },
    );
  });

  test('the picture id counts on over its 15-bit wrap', () => {
    const packetiser = new Vp9Packetiser({ maxPayloadBytes: 100, initialPictureId: 32_766 });
    const ids = [1, 2, 3].map(() =>
      packetiser
        .packetise(interFrame(new Uint8Array(150)))
        .map((payload) => parseVp9Descriptor(payload).pictureId),
    );
    expect(ids).toEqual([
      [32_766, 32_766],
      [32_767, 32_767],
      [0, 0],
    ]);
  });

  test('the layers of a picture become one unit, lowest first', () => {
    const depacketiser = new Vp9Depacketiser();
    const key = keyFrame(320, 180, Uint8Array.of(7));
    // I, L, B, E; layer 0 and then layer 1, which is predicted from it (D).
    const lower = Uint8Array.from([0xac, 5, 0x00, 1, ...key]);
    const upper = Uint8Array.from([0xac, 5, 0x03, 1, 0x86, 9]);
    expect(depacketiser.assemble([lower, upper])).toEqual({
      data: Uint8Array.from([...key, 0x86, 9]),
      keyFrame: true,
    });
    expect(depacketiser.inspect(upper)).toMatchObject({ startsUnit: 'no', keyFrame: false });
    expect(() => depacketiser.assemble([upper, lower])).toThrow(throwing('VP9_UNEXPECTED_START'));
  });

  test('a picture without its start or its end, or with two, is refused', () => {
    const depacketiser = new Vp9Depacketiser();
    const packetiser = new Vp9Packetiser({ maxPayloadBytes: 20, initialPictureId: 0 });
    const [first, last] = packetiser.packetise(interFrame(new Uint8Array(29)));
    if (first === undefined || last === undefined) throw new Error('expected two packets');
    const code = 'VP9_UNEXPECTED_START';
    for (const wrong of [[last], [first], [first, first], [first, last, last]]) {
      expect(() => depacketiser.assemble(wrong)).toThrow(throwing(code));
    }
    expect(() => depacketiser.assemble([])).toThrow(PayloadError);
    expect(() => packetiser.packetise(new Uint8Array(0))).toThrow(PayloadError);
    expect(() => new Vp9Packetiser({ maxPayloadBytes: 20, initialPictureId: 32_768 })).toThrow(PayloadError);
  });
});
