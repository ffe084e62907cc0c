import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../seeded-random.ts';
import { RtpParseError, RtpWriteError } from './errors.ts';
import { parseRtcp } from './rtcp-parse.ts';
import type { WritableRtcpPacket } from './rtcp-types.ts';
import { serializeRtcp } from './rtcp-write.ts';

const uint32 = fc.integer({ min: 0, max: 0xffffffff });
const reportBlock = fc.record({
  ssrc: uint32,
  fractionLost: fc.integer({ min: 0, max: 255 }),
  cumulativeLost: fc.integer({ min: -0x800000, max: 0x7fffff }),
  extendedHighestSequence: uint32,
  jitterRtp90k: uint32,
  lastSenderReport: uint32,
  delaySinceLastSenderReport: uint32,
});
const reports = fc.array(reportBlock, { maxLength: 31 });
const cname = fc.option(fc.string({ unit: 'grapheme', maxLength: 60 }));

const anyPacket: fc.Arbitrary<WritableRtcpPacket> = fc.oneof(
  fc.record({
    type: fc.constant('sender-report' as const),
    ssrc: uint32,
    ntpSeconds: uint32,
    ntpFraction: uint32,
    rtpTimestamp: uint32,
    packetCount: uint32,
    octetCount: uint32,
    reports,
  }),
  fc.record({ type: fc.constant('receiver-report' as const), ssrc: uint32, reports }),
  fc.record({
    type: fc.constant('source-description' as const),
    chunks: fc.array(fc.record({ ssrc: uint32, cname }), { maxLength: 8 }),
  }),
  fc.record({ type: fc.constant('goodbye' as const), ssrcs: fc.array(uint32, { maxLength: 31 }) }),
  fc.record({ type: fc.constant('picture-loss-indication' as const), senderSsrc: uint32, mediaSsrc: uint32 }),
  fc.record({
    type: fc.constant('full-intra-request' as const),
    senderSsrc: uint32,
    entries: fc.array(fc.record({ ssrc: uint32, commandSequence: fc.integer({ min: 0, max: 255 }) }), {
      maxLength: 5,
    }),
  }),
);

describe('RTCP', () => {
  test('every compound that can be written parses back to itself', () => {
    fc.assert(
      fc.property(fc.array(anyPacket, { minLength: 1, maxLength: 5 }), (packets) => {
        expect(parseRtcp(serializeRtcp(packets))).toEqual(packets);
      }),
      { seed: 2 },
    );
  });

  test('a NACK keeps exactly its set of sequence numbers, also over the wrap', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xffff }),
        fc.uniqueArray(fc.integer({ min: 0, max: 200 })),
        (base, offsets) => {
          const sequenceNumbers = offsets.map((offset) => (base + offset) & 0xffff);
          const [packet] = parseRtcp(
            serializeRtcp([{ type: 'generic-nack', senderSsrc: 1, mediaSsrc: 2, sequenceNumbers }]),
          );
          if (packet?.type !== 'generic-nack') throw new Error('not a NACK');
          expect(new Set(packet.sequenceNumbers)).toEqual(new Set(sequenceNumbers));
        },
      ),
      { seed: 3 },
    );
    const run = Array.from({ length: 17 }, (_, i) => (65_530 + i) & 0xffff);
    expect(
      serializeRtcp([{ type: 'generic-nack', senderSsrc: 1, mediaSsrc: 2, sequenceNumbers: run }]),
    ).toEqual(Uint8Array.of(0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0xff, 0xfa, 0xff, 0xff));
  });

  test('datagrams written out by hand', () => {
    const pli = Uint8Array.of(0x81, 206, 0, 2, 0, 0, 0, 7, 0, 0, 0, 9);
    expect(parseRtcp(pli)).toEqual([{ type: 'picture-loss-indication', senderSsrc: 7, mediaSsrc: 9 }]);
    const fir = Uint8Array.of(0x84, 206, 0, 4, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 9, 5, 0, 0, 0);
    expect(parseRtcp(fir)).toEqual([
      { type: 'full-intra-request', senderSsrc: 7, entries: [{ ssrc: 9, commandSequence: 5 }] },
    ]);
    // SDES with a NAME item before the CNAME; BYE with a reason; an XR block that is passed over.
    const compound = Uint8Array.of(
      ...[0x81, 202, 0, 4, 0, 0, 0, 1, 2, 2, 65, 66, 1, 3, 97, 98, 99, 0, 0, 0],
      ...[0x81, 203, 0, 2, 0, 0, 0, 1, 2, 111, 107, 0],
      ...[0x80, 207, 0, 1, 0, 0, 0, 1],
    );
    expect(parseRtcp(compound)).toEqual([
      { type: 'source-description', chunks: [{ ssrc: 1, cname: 'abc' }] },
      { type: 'goodbye', ssrcs: [1] },
      { type: 'other', packetType: 207, format: 0 },
    ]);
  });

  test.each([
    ['RTCP_TOO_SHORT', [0x80, 201]],
    ['RTCP_TOO_SHORT', [0x80, 203, 0, 0, 0x80]],
    ['RTCP_BAD_VERSION', [0x40, 201, 0, 0]],
    ['RTCP_BAD_LENGTH', [0x80, 201, 0, 1]],
    ['RTCP_BAD_PADDING', [0xa0, 201, 0, 1, 0, 0, 0, 3]],
    ['RTCP_BAD_REPORT', [0x81, 201, 0, 1, 0, 0, 0, 1]],
    ['RTCP_BAD_REPORT', [0x80, 200, 0, 1, 0, 0, 0, 1]],
    ['RTCP_BAD_SDES', [0x81, 202, 0, 0]],
    ['RTCP_BAD_SDES', [0x81, 202, 0, 2, 0, 0, 0, 1, 1, 9, 97, 98]],
    ['RTCP_BAD_SDES', [0x81, 202, 0, 2, 0, 0, 0, 1, 1, 2, 97, 98]],
    ['RTCP_BAD_BYE', [0x82, 203, 0, 1, 0, 0, 0, 1]],
    ['RTCP_BAD_FEEDBACK', [0x81, 206, 0, 1, 0, 0, 0, 1]],
    ['RTCP_BAD_FEEDBACK', [0x81, 205, 0, 1, 0, 0, 0, 1]],
  ])('%s for %j', (code, bytes) => {
    expect(() => parseRtcp(Uint8Array.from(bytes))).toThrow(
      expect.objectContaining({ name: 'RtpParseError', code }) as Error,
    );
  });

  test('damaged compounds give packets or an RtpParseError, nothing else', () => {
    const random = seededRandom(11);
    const template = serializeRtcp([
      {
        type: 'receiver-report',
        ssrc: 1,
        reports: [
          {
            ssrc: 2,
            fractionLost: 1,
            cumulativeLost: 1,
            extendedHighestSequence: 1,
            jitterRtp90k: 1,
            lastSenderReport: 1,
            delaySinceLastSenderReport: 1,
          },
        ],
      },
      { type: 'source-description', chunks: [{ ssrc: 1, cname: 'a-name' }] },
      { type: 'generic-nack', senderSsrc: 1, mediaSsrc: 2, sequenceNumbers: [1, 2, 90] },
      { type: 'full-intra-request', senderSsrc: 1, entries: [{ ssrc: 2, commandSequence: 1 }] },
    ]);
    let parsed = 0;
    for (let i = 0; i < 20_000; i++) {
      const bytes = i % 4 === 0 ? random.bytes(random.integer(80)) : template.slice();
      for (let damage = random.integer(4); damage > 0 && bytes.length > 0; damage--) {
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

  test('what does not fit is refused', () => {
    const chunks = [{ ssrc: 1, cname: 'x'.repeat(256) }];
    expect(() => serializeRtcp([{ type: 'source-description', chunks }])).toThrow(RtpWriteError);
    expect(() => serializeRtcp([{ type: 'goodbye', ssrcs: Array.from({ length: 32 }, () => 1) }])).toThrow(
      RtpWriteError,
    );
  });
});
