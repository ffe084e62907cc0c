import { expect, test } from 'vitest';
import { createPacketiser } from '../payload/format.ts';
import type { RtpPacket } from '../rtp/packet.ts';
import { parseRtp, serializeRtp } from '../rtp/packet.ts';
import { InputStream } from './input-stream.ts';

const SPEC = { codec: 'VP8', ssrc: 5, payloadType: 96 } as const;

function packets(frames: number): RtpPacket[] {
  const packetiser = createPacketiser('VP8', { maxPayloadBytes: 100 });
  let sequenceNumber = 10;
  return Array.from({ length: frames }, (_, n) => {
    const frame = new Uint8Array(150).fill(n === 0 ? 0 : 1);
    return packetiser.packetise(frame).map((payload, i, all) =>
      parseRtp(
        serializeRtp({
          ...SPEC,
          payload,
          sequenceNumber: sequenceNumber++,
          timestamp: n * 3000,
          marker: i === all.length - 1,
        }),
      ),
    );
  }).flat();
}

test('knows its own packets by SSRC and payload type', () => {
  const input = new InputStream(SPEC, 99, 0);
  const [packet] = packets(1);
  if (packet === undefined) throw new Error('no packet');
  expect(input.owns(packet)).toBe(true);
  expect(input.owns({ ...packet, ssrc: 6 })).toBe(false);
  expect(input.owns({ ...packet, payloadType: 97 })).toBe(false);
});

test('asks the source for lost packets, then for a key frame, in its own name', () => {
  const input = new InputStream(SPEC, 99, 0);
  const sent = packets(4);
  for (const packet of sent) if (packet.sequenceNumber !== 13) input.push(packet, 0);
  expect(input.step(0)).toMatchObject({ units: [{ keyFrame: true }], feedback: [] });
  expect(input.step(10).feedback).toEqual([
    { type: 'generic-nack', senderSsrc: 99, mediaSsrc: 5, sequenceNumbers: [13] },
  ]);
  expect(input.step(300).feedback).toContainEqual({
    type: 'picture-loss-indication',
    senderSsrc: 99,
    mediaSsrc: 5,
  });
  expect(input.statistics).toEqual({
    packetsIn: 7,
    packetsLost: 1,
    packetsMalformed: 0,
    unitsDropped: 3,
    keyFrameRequestsSent: 1,
  });
  expect(input.reportBlocks(300)).toMatchObject([
    { ssrc: 5, cumulativeLost: 1, extendedHighestSequence: 17 },
  ]);
});
