import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../seeded-random.ts';
import { RtpParseError, RtpWriteError } from './errors.ts';
import { parseRtcp } from './rtcp-parse.ts';
import type { TransportFeedback } from './rtcp-types.ts';
import { serializeRtcp } from './rtcp-write.ts';

const feedback = (
  deltas250Us: readonly (number | null)[],
  more: Partial<TransportFeedback> = {},
): TransportFeedback => ({
  type: 'transport-feedback',
  senderSsrc: 1,
  mediaSsrc: 2,
  baseSequenceNumber: 5,
  referenceTime64Ms: 3,
  feedbackCount: 7,
  deltas250Us,
  ...more,
});

const HEADER = [0x8f, 205, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 5];
const withLength = (bytes: number[]): Uint8Array => {
  const datagram = Uint8Array.from(bytes);
  datagram[3] = bytes.length / 4 - 1;
  return datagram;
};

const status = fc.oneof(
  { weight: 3, arbitrary: fc.constant(null) },
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 255 }) },
  { weight: 1, arbitrary: fc.integer({ min: -0x8000, max: 0x7fff }) },
);
const run = fc
  .tuple(fc.constantFrom(null, 1, 300), fc.integer({ min: 1, max: 60 }))
  .map(([value, count]) => Array.from({ length: count }, () => value));
const anyFeedback = fc.record({
  type: fc.constant('transport-feedback' as const),
  senderSsrc: fc.integer({ min: 0, max: 0xffffffff }),
  mediaSsrc: fc.integer({ min: 0, max: 0xffffffff }),
  baseSequenceNumber: fc.integer({ min: 0, max: 0xffff }),
  referenceTime64Ms: fc.integer({ min: -0x80_0000, max: 0x7f_ffff }),
  feedbackCount: fc.integer({ min: 0, max: 255 }),
  deltas250Us: fc.oneof(
    fc.array(status, { minLength: 1, maxLength: 80 }),
    fc.array(run, { minLength: 1, maxLength: 4 }).map((runs) => runs.flat()),
  ),
});

describe('transport-wide feedback', () => {
  test('a run, a one-bit and a two-bit vector, written out by hand', () => {
    const run = feedback(Array.from({ length: 20 }, () => 4));
    expect(serializeRtcp([run])).toEqual(
      withLength([...HEADER, 0, 20, 0, 0, 3, 7, 0x20, 20, ...Array.from({ length: 20 }, () => 4), 0, 0]),
    );
    const oneBit = feedback([1, null, 2]);
    expect(serializeRtcp([oneBit])).toEqual(withLength([...HEADER, 0, 3, 0, 0, 3, 7, 0b1010_1000, 0, 1, 2]));
    const twoBit = feedback([-1, null, 2]);
    expect(serializeRtcp([twoBit])).toEqual(
      withLength([...HEADER, 0, 3, 0, 0, 3, 7, 0b1110_0001, 0, 0xff, 0xff, 2, 0, 0, 0]),
    );
    for (const packet of [run, oneBit, twoBit]) expect(parseRtcp(serializeRtcp([packet]))).toEqual([packet]);
  });

  test('what is written parses back to itself, also in a compound', () => {
    fc.assert(
      fc.property(anyFeedback, (packet) => {
        const report = { type: 'receiver-report' as const, ssrc: 9, reports: [] };
        expect(parseRtcp(serializeRtcp([report, packet, report]))).toEqual([report, packet, report]);
      }),
      { seed: 4 },
    );
  });

  test('padding of single bytes, as other senders write it', () => {
    const padded = withLength([...HEADER, 0, 1, 0, 0, 3, 7, 0x20, 1, 9, 1]);
    padded[0] = 0xaf;
    expect(parseRtcp(padded)).toEqual([feedback([9])]);
  });

  test.each([
    ['no room for the fixed part', [0x8f, 205, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2]],
    ['statuses that end early', [...HEADER, 0, 90, 0, 0, 3, 7, 0x20, 20, 0x20, 0]],
    ['deltas that end early', [...HEADER, 0, 20, 0, 0, 3, 7, 0x20, 20, 1, 1]],
    ['a reserved status in a run', [...HEADER, 0, 1, 0, 0, 3, 7, 0x60, 1, 0, 0]],
    ['a reserved status in a vector', [...HEADER, 0, 1, 0, 0, 3, 7, 0xf0, 0, 0, 0]],
    ['a run of none', [...HEADER, 0, 1, 0, 0, 3, 7, 0x20, 0, 0x20, 0]],
  ])('%s is refused', (_, bytes) => {
    expect(() => parseRtcp(withLength(bytes))).toThrow(
      expect.objectContaining({ name: 'RtpParseError', code: 'RTCP_BAD_FEEDBACK' }) as Error,
    );
  });

  test('damage gives packets or an RtpParseError, nothing else', () => {
    const random = seededRandom(12);
    const template = serializeRtcp([
      feedback([1, null, null, 400, -3, ...Array.from({ length: 40 }, (_, i) => (i % 3 === 0 ? null : i))]),
    ]);
    let parsed = 0;
    for (let i = 0; i < 20_000; i++) {
      const bytes = template.slice();
      for (let damage = 1 + random.integer(4); damage > 0; damage--) {
        bytes[random.integer(bytes.length)] = random.integer(256);
      }
      try {
        parseRtcp(bytes);
        parsed++;
      } catch (error) {
        if (!(error instanceof RtpParseError)) throw error;
      }
    }
    expect(parsed).toBeGreaterThan(1000);
  });

  test.each([
    ['no status', feedback([])],
    ['a delta beyond 16 bits', feedback([0x8000])],
    ['a reference time beyond 24 bits', feedback([1], { referenceTime64Ms: 0x80_0000 })],
    ['a count beyond 8 bits', feedback([1], { feedbackCount: 256 })],
    ['a base beyond 16 bits', feedback([1], { baseSequenceNumber: 65_536 })],
  ])('%s cannot be written', (_, packet) => {
    expect(() => serializeRtcp([packet])).toThrow(RtpWriteError);
  });
});
