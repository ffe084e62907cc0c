/**
 * Makes a room be as its plan says: asks the planner, and works towards the answer.
 *
 * What will surprise you: it is level-triggered. Whatever happens (a join, a codec switched, a media worker killed) only calls
 * `schedule()`; the pass that follows looks at the whole room anew, starts what is missing and ends what is not wanted.
 * Nothing is awaited in a pass; what finishes later schedules the next one. `diffPlans` is for the log and for asking owners
 * to switch, not for deciding what runs.
 */
import { diffPlans, type PlanAction } from '../plan/diff.ts';
import { plan } from '../plan/plan.ts';
import { transcodingFails } from '../plan/reasons.ts';
import type { Delivery, ParticipantId, Plan, RoomSnapshot, SourceId, SwitchRequest } from '../plan/types.ts';
import { isTranscodedCodec } from '../sfu/routerCodecs.ts';
import { TokenBucket } from '../../signaling/connection/tokenBucket.ts';
import type { Logger } from '../observe/logger.ts';
import type { Clock } from '../time/clock.ts';
import type { Bandwidth } from './bandwidth.ts';
import type { Deliveries } from './deliveries.ts';
import type { Participant, Source } from './participant.ts';
import { ceilingOf, scaleOf } from './pictureRates.ts';
import { snapshotOf, type RoomPolicy } from './snapshot.ts';
import type { Transcoders, WantedTranscode } from './transcoders.ts';

export interface Member {
  readonly participant: Participant;
  readonly deliveries: Deliveries;
}

export interface ReconcilerOptions {
  readonly members: ReadonlyMap<ParticipantId, Member>;
  readonly transcoders: Transcoders;
  readonly policy: RoomPolicy;
  readonly transcodable: () => RoomSnapshot['transcodable'];
  /** Where encodes start. */
  readonly bandwidth: Pick<Bandwidth, 'startBps' | 'isNarrow'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A pass is done: streams may have begun or ended. */
  readonly onPassed: () => void;
  /** The room cannot be planned any more. */
  readonly onBroken: () => void;
}

/** A device that neither switches nor refuses in this time is taken to have refused. */
const SWITCH_TIMEOUT_MS = 8000;
/** A pass looks at everybody's every source: so many at once, and one in this time after that, however much people change. */
const PASS_BURST = 40;
const PASS_INTERVAL_MS = 50;
/** The planner charges a picture of unknown size as 1280x720. */
const DEFAULT_BUDGET_SIDE = 1280;

export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #cancelSwitches = new Map<SourceId, () => void>();
  #plan: Plan | null = null;
  #scheduled = false;
  #closed = false;
  readonly #passes: TokenBucket;
  #cancelLook: () => void = () => undefined;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    this.#passes = new TokenBucket(PASS_BURST, 1000 / PASS_INTERVAL_MS, options.clock.nowMs());
  }

  /** Looks again at the room, soon; many calls before that are one. */
  schedule(): void {
    if (this.#scheduled || this.#closed) return;
    this.#scheduled = true;
    const { clock } = this.#options;
    if (this.#passes.take(clock.nowMs())) queueMicrotask(() => this.#look());
    else this.#cancelLook = clock.after(PASS_INTERVAL_MS, () => this.#look());
  }

  #look(): void {
    this.#scheduled = false;
    if (this.#closed) return;
    try {
      this.#pass();
    } catch (error) {
      // A bug of ours: it may cost this call, and no other.
      this.#options.logger.error(
        { error: String(error), stack: error instanceof Error ? error.stack : null },
        'planning failed',
      );
      this.#options.onBroken();
    }
  }

  /** All streams were lost: the next plan starts from nothing. */
  forget(): void {
    this.#plan = null;
    this.#cancelAllSwitches();
  }

  close(): void {
    this.#closed = true;
    this.#cancelLook();
    this.#cancelAllSwitches();
  }

  #pass(): void {
    const { members, transcoders, policy, transcodable, bandwidth } = this.#options;
    const participants = [...members.values()].map(({ participant }) => participant);
    const isNarrow: Bandwidth['isNarrow'] = (subscriber, source) => bandwidth.isNarrow(subscriber, source);
    const next = plan(snapshotOf(participants, policy, transcodable(), isNarrow, this.#plan));
    for (const action of diffPlans(this.#plan ?? undefined, next)) this.#announce(action);
    this.#plan = next;

    const sources = new Map(
      participants.flatMap((one) => [...one.sources.values()].map((source) => [source.id, source])),
    );
    transcoders.keep(this.#wantedTranscodes(next, sources));
    for (const delivery of next.deliveries) this.#deliver(delivery, sources);
    for (const { subscriber, source: id, code, ...grounds } of next.undeliverable) {
      const source = sources.get(id);
      if (source === undefined || code === 'not-live') continue;
      members.get(subscriber)?.deliveries.refuse(source, grounds, code === 'switch-pending');
    }
    const present = new Set(sources.keys());
    for (const { deliveries } of members.values()) deliveries.keepOnly(present);
    this.#closeRetired(sources.values());
    this.#options.onPassed();
  }

  #wantedTranscodes(next: Plan, sources: ReadonlyMap<SourceId, Source>): readonly WantedTranscode[] {
    return next.transcodes.flatMap(({ source: id, to: codec, size, subscribers }) => {
      const source = sources.get(id);
      if (!source?.producer || !isTranscodedCodec(codec)) return [];
      // A square, so that a phone may be turned.
      const side = Math.ceil(longestSide(source) * scaleOf(size));
      return [
        {
          sourceId: id,
          producer: source.producer,
          codec,
          size,
          targetBps: this.#options.bandwidth.startBps(source, size, subscribers),
          ceilingBps: ceilingOf(source, size),
          maxWidth: side,
          maxHeight: side,
        },
      ];
    });
  }

  #deliver(delivery: Delivery, sources: ReadonlyMap<SourceId, Source>): void {
    const source = sources.get(delivery.source);
    const member = this.#options.members.get(delivery.subscriber);
    if (!source?.producer || member === undefined) return;
    const { transcoders } = this.#options;
    if (delivery.via === 'transcode' && transcoders.isHopeless(source.producer.id)) {
      member.deliveries.refuse(source, transcodingFails(), false);
      return;
    }
    const producer =
      delivery.via === 'forward'
        ? source.producer
        : isTranscodedCodec(delivery.codec)
          ? transcoders.outputOf(source.producer.id, { codec: delivery.codec, size: delivery.size })
          : undefined;
    // A transcode that has not started yet schedules another pass when it has.
    if (producer === undefined || producer.closed) return;
    const { via, from, codec: to, reason, why } = delivery;
    member.deliveries.ensure(source, producer, { via, from, to, reason, why });
  }

  #closeRetired(sources: Iterable<Source>): void {
    const { members, transcoders } = this.#options;
    for (const source of sources) {
      source.retiring = source.retiring.filter((producer) => {
        if (producer.closed) return false;
        const derived = transcoders.outputs.filter(({ producerId }) => producerId === producer.id);
        const ids = [producer.id, ...derived.map(({ outputProducerId }) => outputProducerId)];
        if (ids.some((id) => this.inUse(id))) return true;
        producer.close();
        members
          .get(source.owner)
          ?.participant.notify('CALL_END', { op: 'producer', producer_id: producer.id });
        return false;
      });
    }
  }

  /** Whether a stream of this producer reaches anybody. */
  inUse(producerId: string): boolean {
    return [...this.#options.members.values()].some(({ deliveries }) => deliveries.uses(producerId));
  }

  #announce(action: PlanAction): void {
    const { logger } = this.#options;
    switch (action.action) {
      case 'ask-switch':
        logger.info(
          { plan: action.action, sourceId: action.request.source, to: action.request.to },
          action.reason,
        );
        this.#askSwitch(action.request);
        break;
      case 'forget-switch':
        logger.info(
          { plan: action.action, sourceId: action.forgotten.source, to: action.forgotten.to },
          action.reason,
        );
        this.#cancelSwitch(action.forgotten.source);
        break;
      case 'start-transcode':
      case 'stop-transcode':
        logger.info(
          {
            plan: action.action,
            sourceId: action.transcode.source,
            to: action.transcode.to,
            size: action.transcode.size,
            cost: action.transcode.cost,
          },
          action.reason,
        );
        break;
      case 'deliver':
      case 'redeliver':
      case 'undeliver':
        logger.info(
          {
            plan: action.action,
            sourceId: action.delivery.source,
            subscriber: action.delivery.subscriber,
            via: action.delivery.via,
            codec: action.delivery.codec,
          },
          action.reason,
        );
        break;
      case 'explain':
        logger.info(
          { plan: action.action, sourceId: action.source, subscriber: action.subscriber },
          action.reason,
        );
        break;
    }
  }

  #askSwitch({ source, to, reason }: SwitchRequest): void {
    const owner = [...this.#options.members.values()].find(({ participant }) =>
      participant.sources.has(source),
    );
    if (owner === undefined || !isTranscodedCodec(to)) return;
    this.#cancelSwitch(source);
    this.#cancelSwitches.set(
      source,
      this.#options.clock.after(SWITCH_TIMEOUT_MS, () => {
        this.#cancelSwitches.delete(source);
        this.#options.logger.warn({ sourceId: source, to }, 'a device did not switch its codec in time');
        owner.participant.refusedCodecs.add(to);
        this.schedule();
      }),
    );
    owner.participant.notify('CALL_OFFER', { op: 'switch', source_id: source, codec: to, reason });
  }

  #cancelSwitch(source: SourceId): void {
    this.#cancelSwitches.get(source)?.();
    this.#cancelSwitches.delete(source);
  }

  #cancelAllSwitches(): void {
    for (const source of [...this.#cancelSwitches.keys()]) this.#cancelSwitch(source);
  }
}

function longestSide({ width, height }: Source): number {
  return Math.max(width ?? DEFAULT_BUDGET_SIDE, height ?? DEFAULT_BUDGET_SIDE);
}
