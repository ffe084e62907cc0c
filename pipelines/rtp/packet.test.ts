import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../seeded-random.ts';
import { RtpParseError, RtpWriteError } from './errors.ts';
import type { RtpPacketFields } from './packet.ts';
import { isRtcp, parseRtp, serializeRtp } from './packet.ts';

const uint32 = fc.integer({ min: 0, max: 0xffffffff });
const packets: fc.Arbitrary<Required<RtpPacketFields>> = fc.record({
  marker: fc.boolean(),
  payloadType: fc.integer({ min: 0, max: 127 }),
  sequenceNumber: fc.integer({ min: 0, max: 0xffff }),
  timestamp: uint32,
  ssrc: uint32,
  csrcs: fc.array(uint32, { maxLength: 15 }),
  extension: fc.option(
    fc.record({
      profile: fc.integer({ min: 0, max: 0xffff }),
      data: fc
        .integer({ min: 0, max: 8 })
        .chain((words) => fc.uint8Array({ minLength: 4 * words, maxLength: 4 * words })),
    }),
  ),
  payload: fc.uint8Array({ maxLength: 1300 }),
});

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof RtpParseError) return error.code;
    throw error;
  }
  return 'none';
}

describe('RTP packets', () => {
  test('every packet that can be written parses back to itself', () => {
    fc.assert(
      fc.property(packets, (packet) => {
        expect(parseRtp(serializeRtp(packet))).toEqual(packet);
      }),
      { seed: 1 },
    );
  });

  test('a packet written out by hand: extension of RFC 8285, one CSRC, padding', () => {
    const datagram = Uint8Array.from([
      0xb1, 0xe0, 0x12, 0x34, 0xff, 0xff, 0xff, 0xfe, 0x11, 0x22, 0x33, 0x44, 0xaa, 0xbb, 0xcc, 0xdd, 0xbe,
      0xde, 0x00, 0x01, 0x10, 0x61, 0x00, 0x00, 0x07, 0x08, 0x09, 0x00, 0x00, 0x03,
    ]);
    expect(parseRtp(datagram)).toEqual({
      marker: true,
      payloadType: 96,
      sequenceNumber: 0x1234,
      timestamp: 0xfffffffe,
      ssrc: 0x11223344,
      csrcs: [0xaabbccdd],
      extension: { profile: 0xbede, data: Uint8Array.of(0x10, 0x61, 0, 0) },
      payload: Uint8Array.of(7, 8, 9),
    });
  });

  test('each kind of malformed packet has its code', () => {
    const good = serializeRtp({
      marker: false,
      payloadType: 1,
      sequenceNumber: 1,
      timestamp: 1,
      ssrc: 1,
      payload: Uint8Array.of(1),
    });
    const changed = (offset: number, value: number, bytes = good): Uint8Array => {
      const copy = bytes.slice();
      copy[offset] = value;
      return copy;
    };
    expect(codeOf(() => parseRtp(good.subarray(0, 11)))).toBe('RTP_TOO_SHORT');
    expect(codeOf(() => parseRtp(changed(0, 0x40)))).toBe('RTP_BAD_VERSION');
    expect(codeOf(() => parseRtp(changed(0, 0x8f)))).toBe('RTP_BAD_CSRC_COUNT');
    expect(codeOf(() => parseRtp(changed(0, 0x90)))).toBe('RTP_BAD_EXTENSION');
    expect(codeOf(() => parseRtp(changed(12, 0, changed(0, 0xa0))))).toBe('RTP_BAD_PADDING');
    expect(codeOf(() => parseRtp(changed(12, 2, changed(0, 0xa0))))).toBe('RTP_BAD_PADDING');
  });

  test('random and damaged bytes give a packet or an RtpParseError, nothing else', () => {
    const random = seededRandom(7);
    const template = serializeRtp({
      marker: true,
      payloadType: 96,
      sequenceNumber: 1,
      timestamp: 2,
      ssrc: 3,
      csrcs: [4, 5],
      extension: { profile: 0xbede, data: new Uint8Array(8) },
      payload: new Uint8Array(20),
    });
    let parsed = 0;
    for (let i = 0; i < 20_000; i++) {
      const bytes =
        i % 2 === 0
          ? random.bytes(random.integer(60))
          : template.slice(0, random.integer(template.length + 1));
      if (bytes.length > 0) bytes[random.integer(bytes.length)] = random.integer(256);
      if (codeOf(() => parseRtp(bytes)) === 'none') parsed++;
    }
    expect(parsed).toBeGreaterThan(100);
  });

  test('fields that do not fit are refused', () => {
    const fields = {
      marker: false,
      payloadType: 1,
      sequenceNumber: 1,
      timestamp: 1,
      ssrc: 1,
      payload: new Uint8Array(0),
    };
    expect(() => serializeRtp({ ...fields, payloadType: 128 })).toThrow(RtpWriteError);
    expect(() => serializeRtp({ ...fields, sequenceNumber: 65_536 })).toThrow(RtpWriteError);
    expect(() => serializeRtp({ ...fields, timestamp: -1 })).toThrow(RtpWriteError);
    expect(() =>
      serializeRtp({ ...fields, extension: { profile: 0xbede, data: new Uint8Array(3) } }),
    ).toThrow(RtpWriteError);
  });

  test('RTCP is told from RTP by its packet type', () => {
    expect(isRtcp(Uint8Array.of(0x80, 200, 0, 0))).toBe(true);
    expect(isRtcp(Uint8Array.of(0x81, 206, 0, 2))).toBe(true);
    expect(isRtcp(Uint8Array.of(0x80, 0x80 | 96, 0, 0))).toBe(false);
    expect(isRtcp(Uint8Array.of(0x80, 200))).toBe(false);
  });
});
