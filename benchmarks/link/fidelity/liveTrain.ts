/**
 * The same packets over real sockets: client → relay with emulated links → server, and the other way at the same time.
 *
 * What will surprise you: a packet's delay counts from when this process really sent it; timers send it up to a few milliseconds
 * after its time.
 */
import { type Socket, createSocket } from 'node:dgram';
import { once } from 'node:events';
import { asUs } from '../../../pipelines/link/link.ts';
import {
  type AccessLinkControl,
  type AccessLinkReport,
  AccessLink,
  type LinkPair,
} from '../../../pipelines/link/live/accessLink.ts';
import { AccessLinkThread } from '../../../pipelines/link/live/accessLinkThread.ts';
import { type DirectionReport, HEADER_BYTES } from '../../../pipelines/link/live/liveLink.ts';
import type { PacketRecord } from '../quality/packets.ts';
import { type Train, scheduleUs } from './train.ts';

const LOOPBACK = '127.0.0.1';
const SOCKET_BUFFER_BYTES = 4_194_304;
/** A train's packets are counted from 0; this one only opens the way. */
const OPENER = 0xffff_ffff;
const TICK_MS = 1;
/** Of one direction in one go: the kernel's buffers hold some 90 packets for who has not read them yet. */
const BURST_PACKETS = 24;
/** From the last packet sent until all have their fate: more than any queue of the scenarios. */
const ARRIVAL_MS = 15_000;

export interface LiveTrainRun {
  readonly up: readonly PacketRecord[];
  readonly down: readonly PacketRecord[];
  readonly report: AccessLinkReport;
  /** How much later than scheduled each packet was sent, both ways. */
  readonly sentLateMs: readonly number[];
}

export class LiveTrainError extends Error {
  readonly code = 'LIVE_TRAIN';
  override readonly name = 'LiveTrainError';
}

/** One direction: what was sent, and what has come. */
class Way {
  readonly #train: Train;
  readonly #dueUs: readonly number[];
  readonly #send: (packet: Uint8Array) => void;
  readonly #sentMs: number[] = [];
  readonly #arrivedMs: (number | null)[];
  arrived = 0;

  constructor(train: Train, send: (packet: Uint8Array) => void) {
    this.#train = train;
    this.#dueUs = scheduleUs(train);
    this.#send = send;
    this.#arrivedMs = this.#dueUs.map(() => null);
  }

  get count(): number {
    return this.#dueUs.length;
  }

  get isSent(): boolean {
    return this.#sentMs.length === this.count;
  }

  sendDue(startMs: number): void {
    const end = Math.min(this.count, this.#sentMs.length + BURST_PACKETS);
    for (let next = this.#sentMs.length; next < end; next += 1) {
      const nowMs = performance.now();
      if (startMs + (this.#dueUs[next] ?? 0) / 1000 > nowMs) return;
      const packet = Buffer.alloc(this.#train.packetBytes - HEADER_BYTES);
      packet.writeUInt32BE(next);
      this.#sentMs.push(nowMs);
      this.#send(packet);
    }
  }

  take(packet: Buffer): void {
    const index = packet.readUInt32BE();
    if (this.#arrivedMs[index] !== null) return;
    this.#arrivedMs[index] = performance.now();
    this.arrived += 1;
  }

  records(startMs: number): readonly PacketRecord[] {
    return this.#sentMs.map((sentMs, index) => {
      const arrivedMs = this.#arrivedMs[index] ?? null;
      return {
        sentUs: asUs((sentMs - startMs) * 1000),
        arrivedUs: arrivedMs === null ? null : asUs((arrivedMs - startMs) * 1000),
        bytes: this.#train.packetBytes,
      };
    });
  }

  lateMs(startMs: number): readonly number[] {
    return this.#sentMs.map((sentMs, index) => sentMs - startMs - (this.#dueUs[index] ?? 0) / 1000);
  }
}

/**
 * @param links both begin when the first packet is due
 * @param seed of the link up; the one down has the next
 * @param kind where the relay runs
 * @throws LinkConfigError; LiveTrainError where packets got lost outside the links
 */
export async function runLiveTrain(
  links: LinkPair,
  seed: number,
  train: Train,
  kind: typeof AccessLink | typeof AccessLinkThread = AccessLinkThread,
): Promise<LiveTrainRun> {
  const [client, server] = [await openSocket(), await openSocket()];
  let access: AccessLinkControl | undefined;
  try {
    const target = { address: LOOPBACK, port: server.address().port };
    access = await kind.open({
      relays: [{ address: LOOPBACK, port: 0, target }],
      sourceAddress: LOOPBACK,
      links: null,
      seed,
    });
    const relayPort = access.ports[0] ?? 0;
    const back = await openWay(client, server, relayPort);
    const up = new Way(train, (packet) => client.send(packet, relayPort, LOOPBACK));
    const down = new Way(train, (packet) => server.send(packet, back, LOOPBACK));
    server.on('message', (packet) => up.take(packet));
    client.on('message', (packet) => down.take(packet));
    // On this thread's clock: what the links do over time must meet the same packets as in virtual time.
    const startMs = (await access.setLinks(links)) - performance.timeOrigin;
    await every(TICK_MS, () => {
      up.sendDue(startMs);
      down.sendDue(startMs);
      return up.isSent && down.isSent;
    });
    const report = await arrivals(access, up, down);
    return {
      up: up.records(startMs),
      down: down.records(startMs),
      report,
      sentLateMs: [...up.lateMs(startMs), ...down.lateMs(startMs)],
    };
  } finally {
    await access?.close();
    client.close();
    server.close();
  }
}

/** @returns the port of the relay from which the client's packets come to the server */
async function openWay(client: Socket, server: Socket, relayPort: number): Promise<number> {
  const opener = Buffer.alloc(4);
  opener.writeUInt32BE(OPENER);
  let port = 0;
  const listen = (_packet: Buffer, from: { readonly port: number }): void => {
    port = from.port;
  };
  server.on('message', listen);
  client.send(opener, relayPort, LOOPBACK);
  await every(TICK_MS, () => port > 0);
  server.off('message', listen);
  return port;
}

/** Waits until every packet has had its fate, and what was let through is here. */
async function arrivals(access: AccessLinkControl, up: Way, down: Way): Promise<AccessLinkReport> {
  const untilMs = performance.now() + ARRIVAL_MS;
  for (;;) {
    const report = await access.report();
    if (isOver(report.up, up) && isOver(report.down, down)) return report;
    if (performance.now() > untilMs) {
      const line = (of: DirectionReport | null, way: Way): string =>
        `${way.arrived} of ${way.count} arrived, ${JSON.stringify(of?.counters)}`;
      throw new LiveTrainError(
        `packets got lost beside the links: up ${line(report.up, up)}, down ${line(report.down, down)}`,
      );
    }
    await every(20 * TICK_MS, () => true);
  }
}

function isOver(report: DirectionReport | null, { count, arrived }: Way): boolean {
  if (report === null) return false;
  const { lost, queueFull, dead, dropped, left } = report.counters;
  return lost + queueFull + dead + dropped + left === count && arrived === left;
}

async function openSocket(): Promise<Socket> {
  const socket = createSocket({
    type: 'udp4',
    recvBufferSize: SOCKET_BUFFER_BYTES,
    sendBufferSize: SOCKET_BUFFER_BYTES,
  });
  socket.bind(0, LOOPBACK);
  await once(socket, 'listening');
  return socket;
}

function every(ms: number, isDone: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setInterval(() => {
      try {
        if (!isDone()) return;
        resolve();
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
      clearInterval(timer);
    }, ms);
  });
}
