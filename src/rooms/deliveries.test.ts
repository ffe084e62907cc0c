import * as mediasoup from 'mediasoup';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { builtPaths } from '../../native/paths.ts';
import { RtpCapabilities } from '../../signaling/messages/media.ts';
import type { Delivery } from '../../signaling/messages/notifications.ts';
import * as v from 'valibot';
import { createLogger } from '../observe/logger.ts';
import { participantId } from '../plan/types.ts';
import { LayerSteering } from '../sfu/layerSteering.ts';
import { ROUTER_CODECS } from '../sfu/routerCodecs.ts';
import { VirtualClock } from '../time/virtualClock.ts';
import { Deliveries } from './deliveries.ts';
import { type Participant, type Source, newParticipant, sourceId } from './participant.ts';

const FORWARDED: Delivery = {
  via: 'forward',
  from: 'VP8',
  to: 'VP8',
  reason: 'forwarded',
  why: { code: 'forwarded', args: { codec: 'VP8' } },
};
const SMALL = { width: 320, height: 180 };
const HIDDEN = { width: 0, height: 0 };

let worker: mediasoup.types.Worker;
const stages: Stage[] = [];

beforeAll(async () => {
  worker = await mediasoup.createWorker({ workerBin: builtPaths().workerBin });
});
afterEach(() => {
  for (const { router, deliveries, layers, clock } of stages.splice(0)) {
    deliveries.close();
    layers.close();
    router.close();
    expect(clock.pendingTasks).toBe(0);
  }
});
afterAll(() => worker.close());

/** Ada publishes, Ben receives. */
class Stage {
  readonly clock = new VirtualClock();
  readonly router: mediasoup.types.Router;
  readonly layers: LayerSteering;
  readonly deliveries: Deliveries;
  /** Consumers in the order in which they were made. */
  readonly consumers: mediasoup.types.Consumer[] = [];
  readonly told: string[] = [];
  readonly reasons: string[] = [];
  readonly ben: Participant;
  views = 0;
  changes = 0;
  readonly #send: mediasoup.types.WebRtcTransport;
  #published = 0;

  private constructor(
    router: mediasoup.types.Router,
    send: mediasoup.types.WebRtcTransport,
    ben: Participant,
  ) {
    const logger = createLogger('silent');
    this.router = router;
    this.#send = send;
    this.layers = new LayerSteering(this.clock, logger);
    const participant: Participant = {
      ...ben,
      notify: (type, payload) => {
        if ('op' in payload) this.told.push(`${type} ${payload.op}`);
        if ('delivery' in payload) this.reasons.push(payload.delivery.why.code);
      },
    };
    this.ben = participant;
    ben.transports?.receive.observer.on('newconsumer', (consumer) => this.consumers.push(consumer));
    this.deliveries = new Deliveries({
      participant,
      layers: this.layers,
      clock: this.clock,
      logger,
      onRefused: (codec) => expect.fail(`${codec} was refused`),
      onChange: () => {
        this.changes += 1;
      },
      onView: () => {
        this.views += 1;
      },
    });
  }

  static async open(): Promise<Stage> {
    const router = await worker.createRouter({ mediaCodecs: ROUTER_CODECS });
    const [send, receive] = await Promise.all([transport(router), transport(router)]);
    const ben = newParticipant(
      {
        name: 'Ben',
        receive: v.parse(RtpCapabilities, JSON.parse(JSON.stringify(router.rtpCapabilities))),
        sendVideo: [],
        restriction: null,
        network: null,
        notify: () => undefined,
        onTakenOver: () => undefined,
      },
      { id: participantId('ben'), joinedAtMs: 1, transports: { send, receive, way: null } },
    );
    const stage = new Stage(router, send, ben);
    stages.push(stage);
    return stage;
  }

  async publish(kind: 'audio' | 'video'): Promise<Source> {
    this.#published += 1;
    const producer = await this.#send.produce({
      kind,
      rtpParameters: {
        mid: String(this.#published),
        codecs: [
          kind === 'audio'
            ? { mimeType: 'audio/opus', clockRate: 48_000, channels: 2, payloadType: 111 }
            : { mimeType: 'video/VP8', clockRate: 90_000, payloadType: 96 },
        ],
        encodings:
          kind === 'audio' ? [{ ssrc: 5 }] : [4, 2, 1].map((scale, index) => layer(`r${index}`, scale)),
      },
    });
    const name = kind === 'audio' ? 'microphone' : 'camera';
    const owner = participantId('ada');
    return {
      id: sourceId(owner, name),
      owner,
      name,
      kind,
      producer,
      retiring: [],
      sends: kind === 'audio' ? 'opus' : 'VP8',
      paused: false,
      width: 1280,
      height: 720,
      frameRate: 30,
    };
  }

  /** Delivers a source, and gives the consumer that carries it. */
  async deliver(source: Source): Promise<mediasoup.types.Consumer> {
    const count = this.told.length;
    if (source.producer !== null) this.deliveries.ensure(source, source.producer, FORWARDED);
    await expect.poll(() => this.told.slice(count)).toContain('CALL_OFFER consume');
    const consumer = this.consumers.at(-1);
    if (consumer === undefined) throw new Error('no consumer was made');
    return consumer;
  }
}

function transport(router: mediasoup.types.Router): Promise<mediasoup.types.WebRtcTransport> {
  return router.createWebRtcTransport({ listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }] });
}

/** mediasoup's types have no word for the scale, which every browser sends along. */
function layer(rid: string, scaleResolutionDownBy: number): mediasoup.types.RtpEncodingParameters {
  const encoding = { rid, scaleResolutionDownBy };
  return encoding;
}

describe('a view', () => {
  it('takes the smallest layer that fills it', async () => {
    const stage = await Stage.open();
    const consumer = await stage.deliver(await stage.publish('video'));
    const preferred = (): number | undefined => consumer.preferredLayers?.spatialLayer;
    for (const [view, index] of [
      [SMALL, 0],
      [{ width: 640, height: 360 }, 1],
      [{ width: 1920, height: 1080 }, 2],
    ] as const) {
      expect(stage.deliveries.view(consumer.id, view)).toBe(true);
      await expect.poll(preferred).toBe(index);
    }
    expect(stage.views).toBe(3);
    expect(stage.deliveries.view('none', SMALL)).toBe(false);
  });

  it('that is hidden costs nothing, and goes on when it is seen again', async () => {
    const stage = await Stage.open();
    const consumer = await stage.deliver(await stage.publish('video'));
    expect(consumer.paused).toBe(false);
    stage.deliveries.view(consumer.id, HIDDEN);
    await expect.poll(() => consumer.paused).toBe(true);
    expect(stage.deliveries.counts()).toEqual({ videos: 0, audios: 0 });
    // The device's half comes late: what is hidden stays paused.
    expect(await stage.deliveries.ready(consumer.id)).toBe(true);
    expect(consumer.paused).toBe(true);
    stage.deliveries.view(consumer.id, SMALL);
    await expect.poll(() => consumer.paused).toBe(false);
    // As fast as a page can turn: the last word counts.
    for (const view of [HIDDEN, SMALL, HIDDEN, SMALL, HIDDEN]) stage.deliveries.view(consumer.id, view);
    await expect.poll(() => consumer.paused).toBe(true);
    expect([...stage.deliveries.views()].map(([, view]) => view)).toEqual([HIDDEN]);
  });

  it('is remembered for the stream that replaces this one', async () => {
    const stage = await Stage.open();
    const first = await stage.publish('video');
    const shown = await stage.deliver(first);
    stage.deliveries.view(shown.id, SMALL);
    const second = await stage.deliver(await stage.publish('video'));
    await expect.poll(() => second.preferredLayers?.spatialLayer).toBe(0);
    expect([second.paused, shown.closed]).toEqual([false, false]);
    expect(stage.deliveries.playing(second.id)).toBe(true);
    expect(shown.closed).toBe(true);
    stage.deliveries.view(second.id, HIDDEN);
    const third = await stage.deliver(await stage.publish('video'));
    // Nobody looks: there is no first frame to wait for.
    expect([third.paused, second.closed]).toEqual([true, true]);
  });

  it('of sound is all of it', async () => {
    const stage = await Stage.open();
    const consumer = await stage.deliver(await stage.publish('audio'));
    expect(stage.deliveries.view(consumer.id, HIDDEN)).toBe(true);
    expect(await stage.deliveries.ready(consumer.id)).toBe(true);
    expect([consumer.paused, stage.deliveries.counts().audios]).toEqual([false, 1]);
  });
});

describe('a picture that does not appear', () => {
  const FRAMES = { framesReceived: 20, packetsLost: 0 };

  /** The device complains so many times. */
  async function complain(stage: Stage, consumerId: string, count: number): Promise<void> {
    for (let i = 0; i < count; i += 1) {
      stage.clock.advance(1500);
      expect(await stage.deliveries.stalled(consumerId, FRAMES)).toBe(true);
    }
  }

  it('is asked for a key frame of, comes in smaller layers, and then counts as not received in this codec', async () => {
    const stage = await Stage.open();
    const source = await stage.publish('video');
    const consumer = await stage.deliver(source);
    await complain(stage, consumer.id, 4);
    expect(consumer.preferredLayers?.spatialLayer).toBe(0);
    expect(stage.ben.unshown.size).toBe(0);
    await complain(stage, consumer.id, 1);
    expect(stage.ben.unshown.get(source.id)).toEqual({ codecs: ['VP8'], small: false });
    expect(stage.reasons).toEqual([
      'forwarded',
      'stalled-key-frame',
      'stalled-lower-layer',
      'stalled-other-codec',
    ]);
    expect(stage.deliveries.stalls).toEqual([
      { source: source.id, step: 'key-frame', count: 2 },
      { source: source.id, step: 'lower-layer', count: 2 },
      { source: source.id, step: 'other-codec', count: 1 },
    ]);
    stage.clock.advance(3000);
  });

  it('has its trouble on the tile until there is no complaint any more', async () => {
    const stage = await Stage.open();
    const source = await stage.publish('video');
    const consumer = await stage.deliver(source);
    const ensure = (): void => {
      if (source.producer !== null) stage.deliveries.ensure(source, source.producer, FORWARDED);
    };
    await complain(stage, consumer.id, 1);
    ensure();
    expect(stage.reasons.at(-1)).toBe('stalled-key-frame');
    const before = stage.changes;
    stage.clock.advance(3000);
    expect(stage.changes).toBe(before + 1);
    ensure();
    expect(stage.reasons.at(-1)).toBe('forwarded');
  });

  it('is tried anew where the source ends and comes again', async () => {
    const stage = await Stage.open();
    const source = await stage.publish('video');
    const consumer = await stage.deliver(source);
    await complain(stage, consumer.id, 5);
    stage.deliveries.keepOnly(new Set());
    expect([stage.ben.unshown.size, stage.deliveries.stalls]).toEqual([0, []]);
  });

  it('is no matter of what is unknown, or of sound', async () => {
    const stage = await Stage.open();
    expect(await stage.deliveries.stalled('none', FRAMES)).toBe(false);
    const sound = await stage.deliver(await stage.publish('audio'));
    await complain(stage, sound.id, 5);
    expect(stage.deliveries.stalls).toEqual([]);
  });
});
