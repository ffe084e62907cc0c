import * as mediasoup from 'mediasoup';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCodecEngine } from '../../codecs/engine.ts';
import type { CodecEngine, Rtp90k } from '../../codecs/types.ts';
import { builtPaths } from '../../native/paths.ts';
import type { SessionStats } from '../../pipelines/ipc.ts';
import { PictureSource } from '../../pipelines/testing/router-peer.ts';
import { drawPattern } from '../../test/signal/pattern.ts';
import { createLogger } from '../observe/logger.ts';
import { systemClock } from '../time/clock.ts';
import { LayerSteering } from './layerSteering.ts';
import { MediaWorkerPool } from './mediaWorkerPool.ts';
import { ROUTER_CODECS } from './routerCodecs.ts';
import { TranscodeSession } from './transcodeSession.ts';

const SIZE = { width: 320, height: 180 };
const FRAME_MS = 40;
const logger = createLogger('silent');

let worker: mediasoup.types.Worker;
let pool: MediaWorkerPool;
let engine: CodecEngine;

beforeAll(async () => {
  engine = createCodecEngine({ threads: 1 });
  worker = await mediasoup.createWorker({ workerBin: builtPaths().workerBin });
  pool = await MediaWorkerPool.start({
    processes: 1,
    codecThreads: 1,
    softwareH264: true,
    hardware: 'refuse',
    logger,
    clock: systemClock,
  });
});
afterAll(async () => {
  worker.close();
  await pool.close();
  await engine.close();
});

/** A camera that sends 25 real VP8 pictures a second into a router, with a key frame when it is asked for one. */
class Camera {
  readonly producer: mediasoup.types.Producer;
  readonly #source: PictureSource;
  readonly #timer: NodeJS.Timeout;
  #wantsKeyFrame = true;
  #frame = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(producer: mediasoup.types.Producer) {
    this.producer = producer;
    const stream = { codec: 'VP8', ssrc: 77, payloadType: 96 } as const;
    this.#source = new PictureSource(engine, stream, 500_000, (out, width, height, frame) =>
      drawPattern(out, width, height, { frame, timeMs: 0, stream: 1 }),
    );
    producer.on('trace', ({ type }) => {
      if (type === 'pli') this.#wantsKeyFrame = true;
    });
    this.#timer = setInterval(() => {
      this.#last = this.#last.then(() => this.#send());
    }, FRAME_MS);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#last;
    await this.#source.close();
  }

  async #send(): Promise<void> {
    const keyFrame = this.#wantsKeyFrame;
    this.#wantsKeyFrame = false;
    this.#frame += 1;
    const timestamp = (this.#frame * FRAME_MS * 90) as Rtp90k;
    const packets = await this.#source.packets(this.#frame, timestamp, SIZE, keyFrame);
    if (this.producer.closed) return;
    for (const packet of packets) this.producer.send(Buffer.from(packet));
  }
}

describe('a transcode', () => {
  it('rests while nobody looks, decoding and encoding nothing, and goes on at once with a key frame', async () => {
    const router = await worker.createRouter({ mediaCodecs: ROUTER_CODECS });
    const direct = await router.createDirectTransport();
    const producer = await direct.produce({
      kind: 'video',
      rtpParameters: {
        codecs: [
          {
            mimeType: 'video/VP8',
            clockRate: 90_000,
            payloadType: 96,
            rtcpFeedback: [{ type: 'nack', parameter: 'pli' }],
          },
        ],
        encodings: [{ ssrc: 77 }],
      },
    });
    await producer.enableTraceEvent(['pli']);
    const camera = new Camera(producer);
    const layers = new LayerSteering(systemClock, logger);
    const session = await TranscodeSession.open({
      router,
      source: producer,
      layers,
      pool,
      callId: 'call',
      sessionId: 'session',
      logger,
      randomSsrc: () => 4711,
    });
    const stats: SessionStats[] = [];
    session.on('stats', (one) => stats.push(one));
    /** Two reports that cover a whole second each, from now on. */
    const nextReports = async (): Promise<readonly [SessionStats, SessionStats]> => {
      const from = stats.length + 1;
      await expect.poll(() => stats.length, { timeout: 5000 }).toBeGreaterThan(from + 1);
      const [first, second] = [stats[from], stats[from + 1]];
      if (first === undefined || second === undefined) throw new Error('no reports');
      return [first, second];
    };
    const encoded = (report: SessionStats): number => report.outputs[0]?.framesEncoded ?? 0;
    try {
      const limits = { targetBps: 300_000, ceilingBps: 500_000, maxWidth: 320, maxHeight: 320 };
      const { producer: output } = await session.addOutput({ codec: 'H264', size: 'whole' }, limits);
      const watcher = await direct.consume({
        producerId: output.id,
        rtpCapabilities: router.rtpCapabilities,
      });
      let packets = 0;
      watcher.on('rtp', () => {
        packets += 1;
      });
      await expect.poll(() => packets, { timeout: 5000 }).toBeGreaterThan(0);
      const [busy, busier] = await nextReports();
      expect(busier.framesDecoded).toBeGreaterThan(busy.framesDecoded);

      await session.setInput(0);
      expect(session.active).toBe(false);
      const [resting, still] = await nextReports();
      expect(still.packetsIn).toBe(resting.packetsIn);
      expect(still.framesDecoded).toBe(resting.framesDecoded);
      expect(encoded(still)).toBe(encoded(resting));

      const before = packets;
      const askedAtMs = performance.now();
      await session.setInput(1);
      await expect.poll(() => packets, { timeout: 2000, interval: 5 }).toBeGreaterThan(before);
      expect(performance.now() - askedAtMs).toBeLessThan(1000);
      const [going, on] = await nextReports();
      expect(on.framesDecoded).toBeGreaterThan(going.framesDecoded);
      expect(on.decodeErrors).toBe(still.decodeErrors);
    } finally {
      await camera.close();
      session.close();
      layers.close();
      router.close();
    }
    expect(session.active).toBe(false);
    expect(engine.liveObjects()).toEqual({ frames: 0, encoders: 0, decoders: 0, converters: 0, jobs: 0 });
  });
});
