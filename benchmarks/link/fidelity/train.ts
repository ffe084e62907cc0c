/** Packets at even distances through one link, in virtual time. */
import { seededRandom } from '../../../pipelines/seeded-random.ts';
import { Link, type LinkConfig, type LinkPacket, type Us, asUs } from '../../../pipelines/link/link.ts';
import type { PacketRecord } from '../quality/packets.ts';
import { type LinkSample, LinkSampler } from '../../../pipelines/link/samples.ts';

export interface Train {
  readonly rateBps: number;
  /** On the wire, headers included. */
  readonly packetBytes: number;
  readonly durationMs: number;
}

export interface TrainRun {
  /** In the order in which they were sent. */
  readonly packets: readonly PacketRecord[];
  readonly samples: readonly LinkSample[];
}

/** When each packet is to be sent. */
export function scheduleUs({ rateBps, packetBytes, durationMs }: Train): readonly Us[] {
  const everyUs = (packetBytes * 8e6) / rateBps;
  const count = Math.floor((durationMs * 1000) / everyUs);
  return Array.from({ length: count }, (_, index) => asUs(index * everyUs));
}

interface Wagon extends LinkPacket {
  readonly index: number;
}

/**
 * Duplicates count once, when the first arrives.
 * @param sendUs when each packet is sent; never goes back
 * @param sampleMs how often the link is looked at
 */
export function runTrain(
  config: LinkConfig,
  seed: number,
  sendUs: readonly Us[],
  packetBytes: number,
  sampleMs = 100,
): TrainRun {
  const link = new Link<Wagon>(config, seededRandom(seed));
  const sampler = new LinkSampler(link);
  const arrivedUs: (Us | null)[] = sendUs.map(() => null);
  const takeTo = (nowUs: Us): void => {
    for (const { packet, atUs } of link.take(nowUs)) arrivedUs[packet.index] ??= atUs;
  };
  let sampleUs = 0;
  const sampleTo = (nowUs: number): void => {
    for (; sampleUs <= nowUs; sampleUs += sampleMs * 1000) {
      takeTo(asUs(sampleUs));
      sampler.sample(asUs(sampleUs));
    }
  };
  sendUs.forEach((nowUs, index) => {
    sampleTo(nowUs);
    takeTo(nowUs);
    link.send({ bytes: packetBytes, index }, nowUs);
  });
  for (let nextUs = link.nextUs(); nextUs !== null; nextUs = link.nextUs()) {
    sampleTo(nextUs);
    takeTo(nextUs);
  }
  const packets = sendUs.map((sentUs, index) => ({
    sentUs,
    arrivedUs: arrivedUs[index] ?? null,
    bytes: packetBytes,
  }));
  return { packets, samples: sampler.samples };
}
