import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concatBytes } from './concat.ts';
import { H264Depacketiser } from './h264-depacketise.ts';
import { ANNEX_B_START_CODE, splitAnnexB } from './h264-nal.ts';
import { H264Packetiser } from './h264-packetise.ts';

const SPS = [0x67, 0x42, 0xe0, 0x1f, 0x8c, 0x68];
const PPS = [0x68, 0xce, 0x3c, 0x80];

function annexB(...nals: readonly (readonly number[] | Uint8Array)[]): Uint8Array {
  return concatBytes(nals.flatMap((nal) => [ANNEX_B_START_CODE, Uint8Array.from(nal)]));
}

function code(expected: string): Error {
  return expect.objectContaining({ name: 'PayloadError', code: expected }) as Error;
}

/** A NAL unit without start codes inside: the payload bytes are never zero. */
function nalOf(type: number, bytes: number, referenceIdc = 3): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) =>
    i === 0 ? (referenceIdc << 5) | type : 1 + ((i * 37) % 255),
  );
}

const nalUnits = fc
  .array(fc.record({ type: fc.constantFrom(1, 5, 6, 7, 8), bytes: fc.integer({ min: 8, max: 5000 }) }), {
    minLength: 1,
    maxLength: 6,
  })
  .map((nals) => [nalOf(7, 12), ...nals.map(({ type, bytes }) => nalOf(type, bytes))]);

describe('H.264 in RTP', () => {
  test('every access unit comes back in mode 1, in packets within the limit', () => {
    fc.assert(
      fc.property(nalUnits, fc.integer({ min: 16, max: 1300 }), (nals, maxPayloadBytes) => {
        const payloads = new H264Packetiser({ maxPayloadBytes, packetizationMode: 1 }).packetise(
          annexB(...nals),
        );
        expect(Math.max(...payloads.map((payload) => payload.length))).toBeLessThanOrEqual(maxPayloadBytes);
        const unit = new H264Depacketiser().assemble(payloads);
        expect(unit.data).toEqual(annexB(...nals));
        expect(unit.keyFrame).toBe(nals.some((nal) => ((nal[0] ?? 0) & 0x1f) === 5));
      }),
      { seed: 5 },
    );
  });

  test('mode 0 sends NAL units alone, and refuses those that need a fragment', () => {
    const packetiser = new H264Packetiser({ maxPayloadBytes: 100, packetizationMode: 0 });
    const nals = [Uint8Array.from(SPS), Uint8Array.from(PPS), nalOf(5, 100)];
    expect(packetiser.packetise(annexB(...nals))).toEqual(nals);
    expect(() => packetiser.packetise(annexB(nalOf(5, 101)))).toThrow(code('H264_NAL_TOO_LARGE'));
    expect(() => packetiser.packetise(Uint8Array.of(1, 2, 3))).toThrow(code('H264_NO_NAL'));
  });

  test('a key frame written out by hand: STAP-A with SPS and PPS, then FU-A', () => {
    const stapA = Uint8Array.of(0x78, 0, 6, ...SPS, 0, 4, ...PPS);
    const fuA = [
      [0x7c, 0x85, 0x88, 0x11],
      [0x7c, 0x05, 0x22],
      [0x7c, 0x45, 0x33, 0x44],
    ].map((bytes) => Uint8Array.from(bytes));
    const depacketiser = new H264Depacketiser();
    expect(depacketiser.inspect(stapA)).toMatchObject({
      startsUnit: 'yes',
      keyFrame: false,
      disposable: false,
    });
    expect(fuA.map((payload) => depacketiser.inspect(payload).startsUnit)).toEqual(['possible', 'no', 'no']);
    expect(fuA.every((payload) => depacketiser.inspect(payload).keyFrame)).toBe(true);
    expect(depacketiser.assemble([stapA, ...fuA])).toEqual({
      data: annexB(SPS, PPS, [0x65, 0x88, 0x11, 0x22, 0x33, 0x44]),
      keyFrame: true,
    });
    expect(
      new H264Packetiser({ maxPayloadBytes: 16, packetizationMode: 1 }).packetise(annexB(SPS, PPS)),
    ).toEqual([stapA]);
  });

  test('an IDR without parameter sets gets the last ones; before any, it is refused', () => {
    const depacketiser = new H264Depacketiser();
    const idr = Uint8Array.of(0x65, 0x88, 1);
    expect(() => depacketiser.assemble([idr])).toThrow(code('H264_PARAMETER_SETS_MISSING'));
    depacketiser.assemble([Uint8Array.from(PPS), Uint8Array.from(SPS)]);
    expect(depacketiser.assemble([idr]).data).toEqual(annexB(SPS, PPS, idr));
    const newSps = [...SPS.slice(0, 5), 0x6c];
    depacketiser.assemble([Uint8Array.from(newSps)]);
    expect(depacketiser.assemble([idr]).data).toEqual(annexB(newSps, PPS, idr));
  });

  test('slices that nothing refers to are disposable; only the first slice can begin a unit', () => {
    const depacketiser = new H264Depacketiser();
    expect(depacketiser.inspect(Uint8Array.of(0x01, 0x80))).toMatchObject({
      disposable: true,
      startsUnit: 'possible',
    });
    expect(depacketiser.inspect(Uint8Array.of(0x41, 0x40))).toMatchObject({
      disposable: false,
      startsUnit: 'no',
    });
    expect(depacketiser.inspect(Uint8Array.of(0x09, 0x10))).toMatchObject({
      disposable: false,
      startsUnit: 'yes',
    });
  });

  test.each([
    ['PAYLOAD_EMPTY', []],
    ['H264_FORBIDDEN_BIT', [0xe5, 1]],
    ['H264_TRUNCATED', [0x65]],
    ['H264_TRUNCATED', [0x7c, 0x85]],
    ['H264_TRUNCATED', [0x78]],
    ['H264_TRUNCATED', [0x78, 0, 9, 0x67]],
    ['H264_TRUNCATED', [0x78, 0, 0, 0x67, 1]],
    ['H264_FRAGMENT_ORDER', [0x7c, 0xc5, 1]],
    ['H264_UNSUPPORTED_NAL_TYPE', [0x79, 0, 0, 1]],
    ['H264_UNSUPPORTED_NAL_TYPE', [0x7d, 0x85, 1]],
    ['H264_UNSUPPORTED_NAL_TYPE', [0x00, 1]],
  ])('%s for %j', (expected, bytes) => {
    expect(() => new H264Depacketiser().inspect(Uint8Array.from(bytes))).toThrow(code(expected));
  });

  test('fragments with a hole, or of two NAL units, are refused', () => {
    const depacketiser = new H264Depacketiser();
    const [start, middle, end] = [0x81, 0x01, 0x41].map((fuHeader) => Uint8Array.of(0x5c, fuHeader, 0x80, 1));
    if (start === undefined || middle === undefined || end === undefined) throw new Error('unreachable');
    expect(depacketiser.assemble([start, middle, end]).data.length).toBe(4 + 1 + 6);
    for (const broken of [
      [start, middle],
      [middle, end],
      [start, start, end],
      [start, Uint8Array.of(0x41, 2)],
    ]) {
      expect(() => depacketiser.assemble(broken)).toThrow(code('H264_FRAGMENT_ORDER'));
    }
    expect(() => depacketiser.assemble([start, Uint8Array.of(0x3c, 0x41, 1)])).toThrow(
      code('H264_FRAGMENT_ORDER'),
    );
  });

  test('Annex B: three-byte start codes, leading and trailing zeros', () => {
    const stream = Uint8Array.of(
      0,
      0,
      0,
      1,
      0x67,
      1,
      0,
      0,
      1,
      0x68,
      2,
      3,
      0,
      0,
      0,
      0,
      1,
      0x65,
      0,
      0,
      3,
      1,
      0,
      0,
    );
    expect(splitAnnexB(stream).map((nal) => [...nal])).toEqual([
      [0x67, 1],
      [0x68, 2, 3],
      [0x65, 0, 0, 3, 1],
    ]);
    expect(splitAnnexB(Uint8Array.of(1, 2, 3, 4))).toEqual([]);
  });
});
