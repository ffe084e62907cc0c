import * as mediasoup from 'mediasoup';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtPaths } from '../../native/paths.ts';
import type { CallStatsEvent } from '../../signaling/messages/notifications.ts';
import { createLogger } from '../observe/logger.ts';
import { participantId } from '../plan/types.ts';
import { LayerSteering } from '../sfu/layerSteering.ts';
import { ROUTER_CODECS } from '../sfu/routerCodecs.ts';
import { VirtualClock } from '../time/virtualClock.ts';
import { Deliveries } from './deliveries.ts';
import { MEASURE_INTERVAL_MS, NetworkWatch } from './network.ts';
import { newParticipant } from './participant.ts';
import type { Member } from './reconciler.ts';

let worker: mediasoup.types.Worker;

beforeAll(async () => {
  worker = await mediasoup.createWorker({ workerBin: builtPaths().workerBin });
});
afterAll(() => worker.close());

async function setUp(): Promise<{
  readonly clock: VirtualClock;
  readonly watch: NetworkWatch;
  readonly member: Member;
  readonly told: CallStatsEvent[];
  readonly router: mediasoup.types.Router;
}> {
  const clock = new VirtualClock();
  const logger = createLogger('silent');
  const router = await worker.createRouter({ mediaCodecs: ROUTER_CODECS });
  const transport = (): Promise<mediasoup.types.WebRtcTransport> =>
    router.createWebRtcTransport({
      listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }],
      initialAvailableOutgoingBitrate: 700_000,
    });
  const told: CallStatsEvent[] = [];
  const participant = newParticipant(
    {
      name: 'Ada',
      receive: { codecs: [] },
      sendVideo: [],
      restriction: null,
      network: null,
      notify: (type, payload) => {
        if (type === 'CALL_STATS') told.push(payload as CallStatsEvent);
      },
      onTakenOver: () => undefined,
    },
    {
      id: participantId('ada'),
      joinedAtMs: 1,
      transports: { send: await transport(), receive: await transport(), way: null },
    },
  );
  const deliveries = new Deliveries({
    participant,
    layers: new LayerSteering(clock, logger),
    clock,
    logger,
    onRefused: () => undefined,
    onChange: () => undefined,
    onView: () => undefined,
  });
  const watch = new NetworkWatch({ clock, logger, onQuality: () => expect.fail('nothing changed') });
  return { clock, watch, member: { participant, deliveries }, told, router };
}

describe('the way to a participant', () => {
  it('is measured every two seconds, and not while there is none', async () => {
    const { clock, watch, member, told, router } = await setUp();
    watch.add(member);
    clock.advance(MEASURE_INTERVAL_MS - 1);
    expect(told).toEqual([]);
    for (let round = 1; round <= 2; round += 1) {
      clock.advance(MEASURE_INTERVAL_MS);
      await expect.poll(() => told.length).toBe(round);
      await expect.poll(() => clock.pendingTasks).toBe(1);
    }
    expect(told[0]).toEqual({
      receive_available_bps: null,
      rtt_ms: null,
      receive_loss: null,
      send_loss: null,
    });
    member.participant.transports = null;
    clock.advance(MEASURE_INTERVAL_MS);
    await expect.poll(() => clock.pendingTasks).toBe(1);
    expect(told).toHaveLength(2);
    watch.close();
    router.close();
    expect(clock.pendingTasks).toBe(0);
  });

  it('is no longer measured for who goes in the middle of it', async () => {
    const { clock, watch, member, told, router } = await setUp();
    watch.add(member);
    clock.advance(MEASURE_INTERVAL_MS);
    router.close();
    watch.remove(member.participant.id);
    await new Promise((resolve) => setImmediate(resolve));
    expect([told, clock.pendingTasks]).toEqual([[], 0]);
  });
});
