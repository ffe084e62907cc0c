import * as mediasoup from 'mediasoup';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtPaths } from '../../native/paths.ts';
import { createLogger } from '../observe/logger.ts';
import type { SourceId } from '../plan/types.ts';
import { LayerSteering } from '../sfu/layerSteering.ts';
import { MediaWorkerPool } from '../sfu/mediaWorkerPool.ts';
import { ROUTER_CODECS, derivedRtpParameters } from '../sfu/routerCodecs.ts';
import { VirtualClock } from '../time/virtualClock.ts';
import { Transcoders } from './transcoders.ts';

let worker: mediasoup.types.Worker;

beforeAll(async () => {
  worker = await mediasoup.createWorker({ workerBin: builtPaths().workerBin });
});
afterAll(() => worker.close());

interface Stage {
  readonly clock: VirtualClock;
  readonly transcoders: Transcoders;
  readonly producerId: string;
  readonly changes: () => number;
  readonly look: () => Promise<void>;
}

/** A pool without any process: every session fails to open, as it would on workers that die at once. */
async function setUp(): Promise<Stage> {
  const clock = new VirtualClock();
  const logger = createLogger('silent');
  const pool = await MediaWorkerPool.start({
    processes: 0,
    codecThreads: 1,
    hardware: 'refuse',
    softwareH264: true,
    logger,
    clock,
  });
  const router = await worker.createRouter({ mediaCodecs: ROUTER_CODECS });
  const transport = await router.createPlainTransport({ listenInfo: { protocol: 'udp', ip: '127.0.0.1' } });
  const producer = await transport.produce({
    kind: 'video',
    rtpParameters: derivedRtpParameters('VP8', 1, 'ada', 500_000),
  });
  let changes = 0;
  const transcoders = new Transcoders({
    callId: 'call',
    layers: new LayerSteering(clock, logger),
    pool,
    clock,
    logger,
    randomSsrc: () => 1,
    onChange: () => {
      changes += 1;
    },
    inUse: () => false,
  });
  transcoders.setRouter(router);
  const limits = { targetBps: 300_000, ceilingBps: 500_000, maxWidth: 640, maxHeight: 640 };
  const look = async (): Promise<void> => {
    transcoders.keep([
      { sourceId: 'ada:camera' as SourceId, producer, codec: 'H264', size: 'whole', ...limits },
    ]);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { clock, transcoders, producerId: producer.id, changes: () => changes, look };
}

describe('a transcode that fails again and again', () => {
  it('is tried at once, then ever more slowly, then not for a minute, and then again', async () => {
    const { clock, transcoders, producerId, changes, look } = await setUp();
    const triesAtMs: number[] = [];
    for (let step = 0; step < 80 && !transcoders.isHopeless(producerId); step += 1) {
      const before = clock.pendingTasks;
      await look();
      if (clock.pendingTasks > before) triesAtMs.push(clock.nowMs());
      clock.advance(10);
    }
    expect(triesAtMs).toHaveLength(4);
    const pauses = triesAtMs.slice(1).map((atMs, index) => atMs - (triesAtMs[index] ?? 0));
    expect(pauses).toEqual([10, 100, 200]);
    expect(transcoders.isHopeless(producerId)).toBe(true);
    await look();
    expect(clock.pendingTasks).toBe(1);
    const known = changes();
    clock.advance(60_000);
    expect(transcoders.isHopeless(producerId)).toBe(false);
    expect(changes()).toBe(known + 1);
    transcoders.close();
    expect(clock.pendingTasks).toBe(0);
  });
});
