// The worker that set-up chose, whichever it is: does it start, route, and speak SRTP that an implementation which shares
// no code with it understands, both ways, for RTP and RTCP?
import { randomBytes } from 'node:crypto';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { createWorker } from 'mediasoup';
import type { types } from 'mediasoup';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { builtPaths } from '../paths.ts';
import { SrtpAuthenticationError, SrtpReference, masterBytes, rtpHeaderBytes } from './srtp-reference.ts';
import type { SrtpSuite } from './srtp-reference.ts';
import { bindingRequest } from './stun-reference.ts';

const LISTEN = { protocol: 'udp', ip: '127.0.0.1' } as const;
const VP8_PAYLOAD_TYPE = 101;
const SENDER_SSRC = 0x22345678;

let worker: types.Worker;
let router: types.Router;
let sockets: dgram.Socket[];

beforeEach(async () => {
  worker = await createWorker({ workerBin: builtPaths().workerBin, logLevel: 'error' });
  router = await worker.createRouter({
    mediaCodecs: [
      {
        kind: 'video',
        mimeType: 'video/VP8',
        clockRate: 90_000,
        rtcpFeedback: [{ type: 'nack', parameter: 'pli' }],
      },
    ],
  });
  sockets = [];
});

afterEach(async () => {
  for (const socket of sockets) socket.close();
  if (!worker.died) {
    const ended = once(worker, 'subprocessclose');
    worker.close();
    await ended;
  }
  expect(isRunning(worker.pid)).toBe(false);
});

describe('the worker', () => {
  it('opens a WebRTC server and a transport on it', async () => {
    const server = await worker.createWebRtcServer({ listenInfos: [LISTEN, { ...LISTEN, protocol: 'tcp' }] });
    const transport = await router.createWebRtcTransport({ webRtcServer: server, enableTcp: true });
    expect(transport.iceCandidates.map((candidate) => candidate.protocol)).toEqual(['udp', 'tcp']);
    expect(transport.dtlsParameters.fingerprints.length).toBeGreaterThan(0);
  });

  it('speaks first in a DTLS handshake', async () => {
    const transport = await router.createWebRtcTransport({ listenInfos: [LISTEN] });
    await transport.connect({
      dtlsParameters: {
        role: 'server',
        fingerprints: [{ algorithm: 'sha-256', value: Array<string>(32).fill('AB').join(':') }],
      },
    });
    const client = new Peer(await openSocket(), transport.iceCandidates[0]?.port ?? 0);
    client.send(bindingRequest(transport.iceParameters.usernameFragment, transport.iceParameters.password));
    const died = once(worker, 'died').then(() => 'the worker died');
    const hello = await Promise.race([client.next(isDtls), died]);
    expect(hello).toBeInstanceOf(Buffer);
  });

  it('forwards RTP from a plain transport to a plain transport as it is', async () => {
    const call = await openCall(undefined);
    call.sender.send(call.packet);
    expect(payloadOf(await call.receiver.next(isFrom(call.consumer)))).toEqual(payloadOf(call.packet));
  });

  const suites: readonly SrtpSuite[] = [
    'AES_CM_128_HMAC_SHA1_80',
    'AES_CM_128_HMAC_SHA1_32',
    'AEAD_AES_128_GCM',
    'AEAD_AES_256_GCM',
  ];

  it.each(suites)('opens and seals RTP with %s', async (suite) => {
    const { sender, receiver, toReceiver, toWorker, packet, consumer } = await openSrtpCall(suite);
    sender.send(toWorker.protectRtp(packet));
    const sealed = await receiver.next(isFrom(consumer));
    expect(payloadOf(sealed)).not.toEqual(payloadOf(packet));
    expect(payloadOf(toReceiver.openRtp(sealed))).toEqual(payloadOf(packet));

    const last = sealed.length - 1;
    sealed.writeUInt8(sealed.readUInt8(last) ^ 1, last);
    expect(() => toReceiver.openRtp(sealed)).toThrow(SrtpAuthenticationError);
  });

  it.each(suites)('opens and seals RTCP with %s', async (suite) => {
    const { sender, receiver, toSender, toWorker, packet, consumer } = await openSrtpCall(suite);
    await consumer.enableTraceEvent(['pli']);
    sender.send(toWorker.protectRtp(packet));
    await receiver.next(isFrom(consumer));

    // Opened: the receiver's request reaches the consumer. Sealed: the worker's own request reaches the sender.
    const traced = once(consumer, 'trace');
    receiver.send(toWorker.protectRtcp(pictureLoss(ssrcOf(consumer)), 1));
    expect(await traced).toMatchObject([{ type: 'pli', direction: 'in' }]);
    const request = toSender.openRtcp(await sender.next(isPictureLoss));
    expect(request.readUInt32BE(8)).toBe(SENDER_SSRC);
  });

  it.each(suites)('drops RTP that was changed on its way with %s', async (suite) => {
    const { sender, receiver, toReceiver, toWorker, packet, producer, consumer } = await openSrtpCall(suite);
    const changed = toWorker.protectRtp(packet);
    changed.writeUInt8(changed.readUInt8(20) ^ 1, 20);
    sender.send(changed);
    // The next, sound one is the first that comes out, so the changed one did not go through before it.
    const second = rtpPacket(2);
    sender.send(toWorker.protectRtp(second));
    expect(payloadOf(toReceiver.openRtp(await receiver.next(isFrom(consumer))))).toEqual(payloadOf(second));
    expect(await producer.getStats()).toMatchObject([{ packetCount: 1 }]);
  });
});

/** A UDP socket that has one peer. */
class Peer {
  readonly #socket: dgram.Socket;
  readonly #port: number;
  readonly #arrived: Buffer[] = [];
  #onArrival: (() => void) | undefined;

  constructor(socket: dgram.Socket, port: number) {
    this.#socket = socket;
    this.#port = port;
    socket.on('message', (message) => {
      this.#arrived.push(message);
      this.#onArrival?.();
    });
  }

  send(packet: Buffer): void {
    this.#socket.send(packet, this.#port, '127.0.0.1');
  }

  /** The next packet that fits; earlier ones that do not are dropped. */
  async next(fits: (packet: Buffer) => boolean): Promise<Buffer> {
    for (;;) {
      const packet = this.#arrived.shift();
      if (packet !== undefined && fits(packet)) return packet;
      if (packet === undefined) {
        await new Promise<void>((resolve) => {
          this.#onArrival = resolve;
        });
      }
    }
  }
}

interface Call {
  readonly inbound: types.PlainTransport;
  readonly outbound: types.PlainTransport;
  readonly sender: Peer;
  readonly receiver: Peer;
  readonly producer: types.Producer;
  readonly consumer: types.Consumer;
  /** A key frame in one packet, which the sender may send. */
  readonly packet: Buffer;
}

interface SrtpCall extends Call {
  /** Seals what either peer sends: both of them have one key, the worker one for each transport. */
  readonly toWorker: SrtpReference;
  /** Opens what the receiver gets. */
  readonly toReceiver: SrtpReference;
  /** Opens what the sender gets. */
  readonly toSender: SrtpReference;
}

async function openSrtpCall(suite: SrtpSuite): Promise<SrtpCall> {
  const master = randomBytes(masterBytes(suite));
  const call = await openCall({ cryptoSuite: suite, keyBase64: master.toString('base64') });
  return {
    ...call,
    toWorker: new SrtpReference(suite, master),
    toReceiver: new SrtpReference(suite, masterOf(call.outbound)),
    toSender: new SrtpReference(suite, masterOf(call.inbound)),
  };
}

async function openCall(srtpParameters: types.SrtpParameters | undefined): Promise<Call> {
  const [senderSocket, receiverSocket] = await Promise.all([openSocket(), openSocket()]);
  const srtp =
    srtpParameters === undefined ? {} : { enableSrtp: true, srtpCryptoSuite: srtpParameters.cryptoSuite };
  const open = (): Promise<types.PlainTransport> =>
    router.createPlainTransport({ listenInfo: LISTEN, rtcpMux: true, comedia: false, ...srtp });
  const [inbound, outbound] = await Promise.all([open(), open()]);
  const connect = (transport: types.PlainTransport, socket: dgram.Socket): Promise<void> =>
    transport.connect({
      ip: '127.0.0.1',
      port: socket.address().port,
      ...(srtpParameters === undefined ? {} : { srtpParameters }),
    });
  await Promise.all([connect(inbound, senderSocket), connect(outbound, receiverSocket)]);

  const producer = await inbound.produce({
    kind: 'video',
    rtpParameters: {
      codecs: [
        {
          mimeType: 'video/VP8',
          payloadType: VP8_PAYLOAD_TYPE,
          clockRate: 90_000,
          rtcpFeedback: [{ type: 'nack', parameter: 'pli' }],
        },
      ],
      encodings: [{ ssrc: SENDER_SSRC }],
    },
  });
  const consumer = await outbound.consume({
    producerId: producer.id,
    rtpCapabilities: router.rtpCapabilities,
  });
  return {
    sender: new Peer(senderSocket, inbound.tuple.localPort),
    receiver: new Peer(receiverSocket, outbound.tuple.localPort),
    producer,
    consumer,
    packet: rtpPacket(1),
    inbound,
    outbound,
  };
}

/** The key that the worker seals with on this transport. */
function masterOf(transport: types.PlainTransport): Buffer {
  return Buffer.from(transport.srtpParameters?.keyBase64 ?? '', 'base64');
}

async function openSocket(): Promise<dgram.Socket> {
  const socket = dgram.createSocket('udp4');
  sockets.push(socket);
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

/** RFC 7741: one packet that starts, and is, a VP8 key frame of 16x16. */
function rtpPacket(sequenceNumber: number): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt8(0x80, 0);
  header.writeUInt8(0x80 | VP8_PAYLOAD_TYPE, 1);
  header.writeUInt16BE(sequenceNumber, 2);
  header.writeUInt32BE(3000 * sequenceNumber, 4);
  header.writeUInt32BE(SENDER_SSRC, 8);
  const keyFrame = Buffer.from([0x10, 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x10, 0x00, 0x10, 0x00]);
  return Buffer.concat([header, keyFrame, Buffer.alloc(200, sequenceNumber)]);
}

/** RFC 4585, section 6.3.1. */
function pictureLoss(mediaSsrc: number): Buffer {
  const packet = Buffer.alloc(12);
  packet.writeUInt8(0x81, 0);
  packet.writeUInt8(206, 1);
  packet.writeUInt16BE(2, 2);
  packet.writeUInt32BE(0x11223344, 4);
  packet.writeUInt32BE(mediaSsrc, 8);
  return packet;
}

/** Recognises what the worker forwards of this consumer; it also sends packets of its own, to probe for bandwidth. */
function isFrom(consumer: types.Consumer): (packet: Buffer) => boolean {
  return (packet) => packet.length > 12 && packet.readUInt32BE(8) === ssrcOf(consumer);
}

function ssrcOf(consumer: types.Consumer): number {
  const ssrc = consumer.rtpParameters.encodings?.[0]?.ssrc;
  if (ssrc === undefined) throw new Error('the consumer has no SSRC');
  return ssrc;
}

/** RFC 7983: content types of DTLS records are 20 to 63. */
function isDtls(packet: Buffer): boolean {
  return packet.readUInt8(0) >= 20 && packet.readUInt8(0) <= 63;
}

function isPictureLoss(packet: Buffer): boolean {
  return packet.readUInt8(0) === 0x81 && packet.readUInt8(1) === 206;
}

function payloadOf(packet: Buffer): Buffer {
  return packet.subarray(rtpHeaderBytes(packet));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
