/**
 * Flows over one emulated link, in virtual time: the forward link is shared, and each flow's feedback goes back over a link of its own.
 *
 * What will surprise you: "queue delay" is what a packet took beyond propagation, so its own transmission is part of it. A flow that
 * starts late is not asked before; its records are, like all records, on the time of the run.
 */
import { Link, type LinkConfig, type LinkPacket, type Us, asUs } from '../../pipelines/link/link.ts';
import { seededRandom } from '../../pipelines/seeded-random.ts';
import { type FlowRecord, SAMPLE_US } from './record.ts';

export interface WirePacket extends LinkPacket {
  readonly flow: number;
  readonly sentUs: Us;
  /** What the flow's receiver needs to know: a sequence number. */
  readonly sequence: number;
}

/** What goes back: anything of the flow's own. */
export interface Answer<T> {
  readonly bytes: number;
  readonly content: T;
}

/** A sender and its receiver. Times are those of the run. */
export interface Flow {
  /** The sender's next moment; Infinity: when an answer comes. */
  wakeUs(): number;
  /** @returns what is sent now: bytes on the wire and sequence number */
  wake(nowUs: Us): readonly { readonly bytes: number; readonly sequence: number }[];
  /** At the receiver. @returns what is answered at once */
  arrived(packet: WirePacket, nowUs: Us): Answer<unknown> | null;
  /** The receiver's next moment, where it answers by a timer. */
  answerDueUs(): number;
  answers(nowUs: Us): readonly Answer<unknown>[];
  /** At the sender. */
  answered(content: unknown, nowUs: Us): void;
  /** Now and then, for the record. */
  sample(): { readonly estimateBps: number; readonly targetBps: number };
}

export interface Participant {
  /** @param link the forward one, for those who know more than a sender can */
  create(link: Link<WirePacket>): Flow;
  readonly startMs?: number;
  readonly endMs?: number;
}

export interface RunOptions {
  readonly link: LinkConfig;
  /** Of the way back. @default the same delay, 100 Mbit/s, nothing lost */
  readonly back?: LinkConfig;
  readonly durationMs: number;
  readonly seed: number;
}

interface AnswerPacket extends LinkPacket {
  readonly content: unknown;
}

/** Runs to the end of `durationMs`; what is then on its way is not counted. */
export function simulate(
  options: RunOptions,
  participants: readonly Participant[],
  records: readonly FlowRecord[],
): Link<WirePacket> {
  const random = seededRandom(options.seed);
  const link = new Link<WirePacket>(options.link, seededRandom(1 + random.integer(0x7fff_ffff)));
  const backConfig: LinkConfig = options.back ?? {
    capacity: { kind: 'constant', bps: 100_000_000 },
    queue: { discipline: 'drop-tail' },
    delayMs: options.link.delayMs,
  };
  const flows = participants.map((participant) => ({
    flow: participant.create(link),
    back: new Link<AnswerPacket>(backConfig, seededRandom(1 + random.integer(0x7fff_ffff))),
    startUs: (participant.startMs ?? 0) * 1000,
    endUs: (participant.endMs ?? Infinity) * 1000,
  }));
  const endUs = options.durationMs * 1000;
  const propagationUs = options.link.delayMs * 1000;
  let nowUs = 0;
  let sampleUs = 0;
  while (nowUs < endUs) {
    const now = asUs(nowUs);
    for (const delivery of link.take(now)) {
      const { packet, atUs } = delivery;
      const entry = flows[packet.flow];
      if (entry === undefined) continue;
      records[packet.flow]?.delivered(atUs, packet.bytes, atUs - packet.sentUs - propagationUs);
      const answer = entry.flow.arrived(packet, now);
      if (answer !== null) entry.back.send({ bytes: answer.bytes, content: answer.content }, now);
    }
    flows.forEach((entry, index) => {
      const { flow, back } = entry;
      if (nowUs < entry.startUs || nowUs >= entry.endUs) return;
      if (flow.answerDueUs() <= nowUs) {
        for (const { bytes, content } of flow.answers(now)) back.send({ bytes, content }, now);
      }
      for (const { packet } of back.take(now)) flow.answered(packet.content, now);
      if (flow.wakeUs() > nowUs) return;
      for (const { bytes, sequence } of flow.wake(now)) {
        records[index]?.sent(nowUs, bytes);
        link.send({ flow: index, bytes, sequence, sentUs: now }, now);
      }
    });
    if (nowUs >= sampleUs) {
      flows.forEach(({ flow, startUs }, index) => {
        if (nowUs < startUs) return;
        records[index]?.sample(nowUs, flow.sample(), link.queueDelayUs(now));
      });
      sampleUs += SAMPLE_US;
    }
    let nextUs = Math.min(sampleUs, link.nextUs() ?? Infinity);
    for (const { flow, back, startUs, endUs: stopUs } of flows) {
      if (nowUs >= stopUs) continue;
      nextUs = Math.min(
        nextUs,
        Math.max(startUs, Math.min(flow.wakeUs(), flow.answerDueUs())),
        back.nextUs() ?? Infinity,
      );
    }
    // A flow that wants the present moment again gets the next microsecond: time always goes on.
    nowUs = Math.max(nextUs, nowUs + 1);
  }
  return link;
}
