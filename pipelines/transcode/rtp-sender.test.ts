import { expect, test } from 'vitest';
import type { Rtp90k } from '../../codecs/types.ts';
import { parseRtp } from '../rtp/packet.ts';
import { RtpSender } from './rtp-sender.ts';

const STREAM = { codec: 'VP8', ssrc: 7, payloadType: 96 } as const;
const at = (ticks: number): Rtp90k => ticks as Rtp90k;

test('packets are numbered over the wrap, marked at their end, and no larger than 1200 bytes', () => {
  const sender = new RtpSender(STREAM, { sequenceNumber: 65_534, pictureId: 1 });
  const datagrams = [
    sender.packetise(new Uint8Array(3000), at(0x1_0000_0005)),
    sender.packetise(new Uint8Array(10), at(0x1_0000_0bbd)),
  ].flat();
  const packets = datagrams.map(parseRtp);
  expect(packets.map((packet) => [packet.sequenceNumber, packet.timestamp, packet.marker])).toEqual([
    [65_534, 5, false],
    [65_535, 5, false],
    [0, 5, true],
    [1, 3005, true],
  ]);
  expect(packets.every((packet) => packet.ssrc === 7 && packet.payloadType === 96)).toBe(true);
  expect(Math.max(...datagrams.map((datagram) => datagram.length))).toBeLessThanOrEqual(1200);
  expect(sender.packetCount).toBe(4);
  expect(sender.octetCount).toBe(3010 + 4 * 4);
  expect(sender.bytesSent).toBe(3010 + 4 * (4 + 12));
});

test('lost packets are sent again as they were, not in bursts, and only while held', () => {
  const sender = new RtpSender(STREAM, { sequenceNumber: 0, pictureId: 1 });
  const sent = Array.from({ length: 1100 }, (_, i) => sender.packetise(Uint8Array.of(1, i & 0xff), at(i)));
  expect(sender.resend([1099, 75, 76], 1000)).toEqual([sent[1099]?.[0], sent[76]?.[0]]);
  expect(sender.resend([1099, 1098], 1005)).toEqual([sent[1098]?.[0]]);
  expect(sender.resend([1099], 1010)).toEqual([sent[1099]?.[0]]);
  expect(sender.resend([1100, 70_000], 1020)).toEqual([]);
  expect(sender.packetCount).toBe(1100);
});
