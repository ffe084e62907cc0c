import * as mediasoup from 'mediasoup';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { builtPaths } from '../../native/paths.ts';
import { createLogger } from '../observe/logger.ts';
import { VirtualClock } from '../time/virtualClock.ts';
import { LayerSteering } from './layerSteering.ts';
import { WAKE_MS } from './liveLayers.ts';
import { MEDIA_WORKER_CAPABILITIES, ROUTER_CODECS } from './routerCodecs.ts';

const STEP_MS = 150;
const SSRCS = [11, 12] as const;

let worker: mediasoup.types.Worker;
const stages: Stage[] = [];

beforeAll(async () => {
  worker = await mediasoup.createWorker({ workerBin: builtPaths().workerBin });
});
afterEach(() => {
  for (const { steering, router, clock } of stages.splice(0)) {
    steering.close();
    router.close();
    expect(clock.pendingTasks).toBe(0);
  }
});
afterAll(() => worker.close());

/** A publisher of two layers, whose packets the test sends itself, and one consumer. */
class Stage {
  readonly clock = new VirtualClock();
  readonly steering = new LayerSteering(this.clock, createLogger('silent'));
  readonly router: mediasoup.types.Router;
  readonly producer: mediasoup.types.Producer;
  readonly consumer: mediasoup.types.Consumer;
  #sequence = 0;

  private constructor(
    router: mediasoup.types.Router,
    producer: mediasoup.types.Producer,
    consumer: mediasoup.types.Consumer,
  ) {
    this.router = router;
    this.producer = producer;
    this.consumer = consumer;
  }

  static async open(): Promise<Stage> {
    const router = await worker.createRouter({ mediaCodecs: ROUTER_CODECS });
    const direct = await router.createDirectTransport();
    const producer = await direct.produce({
      kind: 'video',
      rtpParameters: {
        codecs: [{ mimeType: 'video/VP8', clockRate: 90_000, payloadType: 96 }],
        encodings: SSRCS.map((ssrc) => ({ ssrc })),
      },
    });
    const plain = await router.createPlainTransport({ listenInfo: { protocol: 'udp', ip: '127.0.0.1' } });
    const consumer = await plain.consume({
      producerId: producer.id,
      rtpCapabilities: MEDIA_WORKER_CAPABILITIES,
    });
    const stage = new Stage(router, producer, consumer);
    stages.push(stage);
    stage.steering.add(producer, consumer);
    return stage;
  }

  /** Lets time pass, in which these layers are sent. */
  async run(forMs: number, sends: readonly [boolean, boolean]): Promise<void> {
    for (let passedMs = 0; passedMs < forMs; passedMs += STEP_MS) {
      for (const [index, ssrc] of SSRCS.entries()) if (sends[index] === true) this.#send(ssrc);
      this.clock.advance(STEP_MS);
      // The answer to the look that has just begun comes before this one.
      await this.producer.getStats();
    }
  }

  get layer(): number | undefined {
    return this.consumer.preferredLayers?.spatialLayer;
  }

  /** RFC 3550 section 5.1 with one VP8 key frame's first bytes (RFC 7741 section 4.3). */
  #send(ssrc: number): void {
    this.#sequence += 1;
    const packet = Buffer.alloc(200);
    packet.writeUInt8(0x80, 0);
    packet.writeUInt8(0x80 | 96, 1);
    packet.writeUInt16BE(this.#sequence, 2);
    packet.writeUInt32BE(this.#sequence * 3000, 4);
    packet.writeUInt32BE(ssrc, 8);
    packet.writeUInt8(0x10, 12);
    this.producer.send(packet);
  }
}

describe('steering of layers', () => {
  it('leaves a layer that is no longer sent', async () => {
    const stage = await Stage.open();
    await stage.run(1500, [true, true]);
    expect(stage.layer).toBe(1);
    await stage.run(1500, [true, false]);
    await expect.poll(() => stage.layer).toBe(0);
  });

  it('does not miss a layer that nobody wants, and goes up at once when somebody does', async () => {
    const stage = await Stage.open();
    await stage.run(1500, [true, true]);
    stage.steering.want(stage.consumer.id, 0);
    stage.steering.setWanted(stage.producer, 1);
    await expect.poll(() => stage.layer).toBe(0);
    await stage.run(3000, [true, false]);
    stage.steering.setWanted(stage.producer, 2);
    stage.steering.want(stage.consumer.id, 1);
    // Before the first byte of it: the publisher needs a moment.
    await expect.poll(() => stage.layer).toBe(1);
    await stage.run(WAKE_MS / 2, [true, false]);
    await stage.run(1500, [true, true]);
    expect(stage.layer).toBe(1);
  });

  it('waits for a layer that does not come only so long', async () => {
    const stage = await Stage.open();
    await stage.run(1500, [true, true]);
    stage.steering.setWanted(stage.producer, 1);
    await stage.run(3000, [true, false]);
    stage.steering.setWanted(stage.producer, 2);
    await stage.run(2 * WAKE_MS, [true, false]);
    await expect.poll(() => stage.layer).toBe(0);
  });
});
