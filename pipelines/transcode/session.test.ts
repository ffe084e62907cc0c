import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createCodecEngine } from '../../codecs/engine.ts';
import type { CodecEngine, Rtp90k } from '../../codecs/types.ts';
import { MAX_QUEUED_JOBS } from '../../codecs/types.ts';
import { drawPattern } from '../../test/signal/pattern.ts';
import type { RtpStreamSpec } from '../ipc.ts';
import { NAL, nalType } from '../payload/h264-nal.ts';
import type { RtpPacket } from '../rtp/packet.ts';
import { isRtcp, parseRtp } from '../rtp/packet.ts';
import { parseRtcp } from '../rtp/rtcp-parse.ts';
import type { RtcpPacket } from '../rtp/rtcp-types.ts';
import { PictureSource } from '../testing/router-peer.ts';
import { TranscodeSession } from './session.ts';

const SIZE = { width: 320, height: 180 };
const INPUT: RtpStreamSpec = { codec: 'VP8', ssrc: 1, payloadType: 96 };
const START = { sequenceNumber: 0, pictureId: 0 };
const timestampOf = (frame: number): Rtp90k => (frame * 3000) as Rtp90k;

let engine: CodecEngine;
let source: PictureSource;
let session: TranscodeSession;
let rtp: RtpPacket[];
let rtcp: RtcpPacket[];

beforeEach(() => {
  engine = createCodecEngine({ threads: 2 });
  source = new PictureSource(engine, INPUT, 500_000, (out, width, height, frame) =>
    drawPattern(out, width, height, { frame, timeMs: 0, stream: 1 }),
  );
  session = new TranscodeSession({
    input: INPUT,
    cname: 'c',
    localSsrc: 9,
    engine,
    nowMs: () => performance.now(),
  });
  rtp = [];
  rtcp = [];
  session.on('datagrams', (datagrams) => {
    for (const datagram of datagrams) {
      if (isRtcp(datagram)) rtcp.push(...parseRtcp(datagram));
      else rtp.push(parseRtp(datagram));
    }
  });
});
afterEach(async () => {
  await session.close();
  await source.close();
  expect(engine.liveObjects()).toEqual({ frames: 0, encoders: 0, decoders: 0, converters: 0, jobs: 0 });
  await engine.close();
});

async function until(done: () => boolean): Promise<void> {
  while (!done()) await once(session, 'datagrams');
}

async function frames(from: number, to: number, keyFrame = false): Promise<Uint8Array[]> {
  const datagrams: Uint8Array[] = [];
  for (let frame = from; frame < to; frame++) {
    datagrams.push(...(await source.packets(frame, timestampOf(frame), SIZE, keyFrame)));
  }
  return datagrams;
}

const lastTimestamp = (): number => rtp.findLast((packet) => packet.marker)?.timestamp ?? -1;

test('decoding that falls behind drops to the next key frame and asks for it; encoding that does takes the newest', async () => {
  session.addOutput({
    outputId: 'o',
    stream: { codec: 'H264', ssrc: 2, payloadType: 102 },
    targetBps: 500_000,
    start: START,
  });
  // All at once: no job can finish in between.
  for (const datagram of await frames(0, 30)) session.receive(datagram);
  await until(() => lastTimestamp() === timestampOf(MAX_QUEUED_JOBS - 1));
  const statistics = session.statistics();
  expect(statistics.framesDecoded).toBe(MAX_QUEUED_JOBS);
  expect(statistics.framesDropped).toBe(30 - MAX_QUEUED_JOBS);
  const [output] = statistics.outputs;
  expect((output?.framesEncoded ?? 0) + (output?.framesSkipped ?? 0)).toBe(MAX_QUEUED_JOBS);
  expect(rtcp.filter((packet) => packet.type === 'picture-loss-indication').length).toBe(1);
  for (const datagram of await frames(30, 31)) session.receive(datagram);
  for (const datagram of await frames(31, 32, true)) session.receive(datagram);
  await until(() => lastTimestamp() === timestampOf(31));
  expect(session.statistics().framesDecoded).toBe(MAX_QUEUED_JOBS + 1);
});

test('packetization mode 0 sends NAL units alone', async () => {
  const stream = { codec: 'H264', ssrc: 2, payloadType: 102, packetizationMode: 0 } as const;
  session.addOutput({ outputId: 'o', stream, targetBps: 5_000_000, start: START });
  for (const datagram of await frames(0, 3)) session.receive(datagram);
  await until(() => lastTimestamp() === timestampOf(2));
  const types = rtp.map((packet) => nalType(packet.payload[0] ?? 0));
  expect(types.slice(0, 3)).toEqual([NAL.sps, NAL.pps, NAL.idrSlice]);
  expect(
    types.every(
      (type) => type === NAL.sps || type === NAL.pps || type === NAL.idrSlice || type === NAL.slice,
    ),
  ).toBe(true);
  // Slices: the key frame does not fit into one packet.
  expect(types.filter((type) => type === NAL.idrSlice).length).toBeGreaterThan(1);
});

test('closing with jobs in hand waits for them, says BYE once and sends nothing more', async () => {
  session.addOutput({
    outputId: 'o',
    stream: { codec: 'H264', ssrc: 2, payloadType: 102 },
    targetBps: 500_000,
    start: START,
  });
  for (const datagram of await frames(0, 20)) session.receive(datagram);
  await Promise.all([session.close(), session.close()]);
  expect(rtcp.filter((packet) => packet.type === 'goodbye')).toEqual([{ type: 'goodbye', ssrcs: [2] }]);
  expect(rtp).toEqual([]);
  expect(() => session.addOutput({ outputId: 'p', stream: INPUT, targetBps: 1, start: START })).toThrow(
    expect.objectContaining({ code: 'SESSION_CLOSED' }) as Error,
  );
});

test('an encoder that cannot be opened ends the session by name', async () => {
  const failed = once(session, 'failed');
  session.addOutput({
    outputId: 'o',
    stream: { codec: 'H264', ssrc: 2, payloadType: 102 },
    targetBps: 1,
    start: START,
  });
  for (let frame = 0; frame < 4; frame++) {
    for (const datagram of await frames(frame, frame + 1)) session.receive(datagram);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(await failed).toMatchObject([{ name: 'TranscodeError', code: 'ENCODER_FAILED' }]);
});

test('without packets the source is asked for a key frame, patiently', async () => {
  await until(() => rtcp.some((packet) => packet.type === 'picture-loss-indication'));
  expect(rtcp.find((packet) => packet.type === 'picture-loss-indication')).toEqual({
    type: 'picture-loss-indication',
    senderSsrc: 9,
    mediaSsrc: 1,
  });
});
