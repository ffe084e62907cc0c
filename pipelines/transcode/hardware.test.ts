/** A session whose hardware fails goes on, asks for what it needs, and says so: with stand-ins for hardware, skipped without libavcodec. */
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createCodecEngine } from '../../codecs/engine.ts';
import type { CodecEngine, CodecFallback, Rtp90k } from '../../codecs/types.ts';
import { openStandIns } from '../../codecs/testing/stand-ins.ts';
import { drawPattern } from '../../test/signal/pattern.ts';
import type { RtpStreamSpec } from '../ipc.ts';
import type { RtpPacket } from '../rtp/packet.ts';
import { isRtcp, parseRtp } from '../rtp/packet.ts';
import { parseRtcp } from '../rtp/rtcp-parse.ts';
import { PictureSource } from '../testing/router-peer.ts';
import { TranscodeSession } from './session.ts';

const SIZE = { width: 320, height: 180 };
const INPUT: RtpStreamSpec = { codec: 'VP8', ssrc: 1, payloadType: 96 };
const OUTPUT: RtpStreamSpec = { codec: 'H264', ssrc: 2, payloadType: 102, packetizationMode: 1 };

const standIns = await openStandIns();

describe.skipIf(standIns === null)('a session with hardware', () => {
  let engine: CodecEngine;
  /** Of the source: stand-ins fail for whoever uses them. */
  let camera: CodecEngine;
  let source: PictureSource;
  let session: TranscodeSession;
  let rtp: RtpPacket[];
  let askedForKeyFrame: number;
  let told: (readonly [string | null, CodecFallback])[];

  beforeEach(() => {
    standIns?.reset();
    engine = createCodecEngine({ threads: 1, libraryPath: standIns?.libraryPath ?? '' });
    camera = createCodecEngine({ threads: 1, hardware: 'refuse' });
    source = new PictureSource(camera, INPUT, 500_000, (out, width, height, frame) =>
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
    askedForKeyFrame = 0;
    told = [];
    session.on('fellBack', (...what) => void told.push(what));
    session.on('datagrams', (datagrams) => {
      for (const datagram of datagrams) {
        if (!isRtcp(datagram)) rtp.push(parseRtp(datagram));
        else {
          askedForKeyFrame += parseRtcp(datagram).filter(
            ({ type }) => type === 'picture-loss-indication',
          ).length;
        }
      }
    });
    session.addOutput({
      outputId: 'o',
      stream: OUTPUT,
      targetBps: 500_000,
      start: { sequenceNumber: 0, pictureId: 0 },
    });
  });
  afterEach(async () => {
    standIns?.reset();
    await session.close();
    await source.close();
    for (const one of [engine, camera]) {
      expect(one.liveObjects()).toEqual({ frames: 0, encoders: 0, decoders: 0, converters: 0, jobs: 0 });
      await one.close();
    }
  });

  /** Pictures one after the other; each has been decoded before the next one comes. */
  async function play(from: number, to: number, keyFrame = false): Promise<void> {
    for (let frame = from; frame < to; frame++) {
      const before = session.statistics();
      const timestamp = (frame * 3000) as Rtp90k;
      const datagrams = await source.packets(frame, timestamp, SIZE, keyFrame && frame === from);
      for (const datagram of datagrams) session.receive(datagram);
      const isDone = (): boolean => {
        const { framesDecoded, decodeErrors, framesDropped } = session.statistics();
        const { framesDecoded: decoded, decodeErrors: errors, framesDropped: dropped } = before;
        return framesDecoded > decoded || decodeErrors > errors || framesDropped > dropped;
      };
      while (!isDone()) await new Promise((resolve) => setImmediate(resolve));
      while (session.statistics().framesDecoded > before.framesDecoded && rtpTimestamp() < timestamp) {
        await once(session, 'datagrams');
      }
    }
  }
  const rtpTimestamp = (): number => rtp.findLast(({ marker }) => marker)?.timestamp ?? -1;

  test('whose encoder fails: a key frame from software, a reason in words', async () => {
    await play(0, 3);
    expect(session.statistics().outputs[0]?.keyFrames).toBe(1);
    // The next job is the decoder's, the one after it the encoder's.
    standIns?.failAfter(1, false);
    await play(3, 6);
    expect(told).toEqual([
      ['o', expect.objectContaining({ from: 'board-h264', to: 'openh264' }) as CodecFallback],
    ]);
    const { fallbacks, outputs, decodeErrors } = session.statistics();
    expect(fallbacks).toEqual([
      expect.stringMatching(/^o: board-h264 failed, openh264 goes on \(encode H264: /),
    ]);
    expect(outputs[0]).toMatchObject({ framesEncoded: 6, keyFrames: 2 });
    expect(decodeErrors).toBe(0);
  });

  test('whose decoder fails: the source is asked for a key frame, and pictures go on from there', async () => {
    await play(0, 3);
    standIns?.failAfter(0, false);
    await play(3, 5);
    expect(session.statistics()).toMatchObject({ framesDecoded: 3 });
    expect(askedForKeyFrame).toBeGreaterThan(0);
    await play(5, 8, true);
    expect(told.map(([outputId, { to }]) => [outputId, to])).toEqual([[null, 'libvpx-vp8']]);
    expect(session.statistics()).toMatchObject({
      framesDecoded: 6,
      fallbacks: [expect.stringMatching(/^decoder: \w+-vp8 failed, libvpx-vp8 goes on/)],
    });
  });
});
