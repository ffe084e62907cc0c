/**
 * Stands in for mediasoup's plain transport in tests: one UDP socket on loopback that plays a stream to a media worker and
 * takes back what the worker encodes. Loses, swaps and repeats packets from a seed; answers NACKs and counts PLIs.
 */
import dgram from 'node:dgram';
import { EventEmitter } from 'node:events';
import type { CodecEngine, EncodedVideo, Rtp90k, VideoEncoder } from '../../codecs/types.ts';
import type { PayloadCodec } from '../ipc.ts';
import type { RtpStreamSpec } from '../ipc.ts';
import type { AccessUnit } from '../jitter/jitter-buffer.ts';
import { JitterBuffer } from '../jitter/jitter-buffer.ts';
import type { RtpPacket } from '../rtp/packet.ts';
import { isRtcp, parseRtp } from '../rtp/packet.ts';
import { parseRtcp } from '../rtp/rtcp-parse.ts';
import type { RtcpPacket, WritableRtcpPacket } from '../rtp/rtcp-types.ts';
import { serializeRtcp } from '../rtp/rtcp-write.ts';
import { toBps } from '../transcode/encoder-config.ts';
import { RtpSender } from '../transcode/rtp-sender.ts';
import type { SeededRandom } from '../seeded-random.ts';

export interface Impairment {
  readonly random: SeededRandom;
  /** Probabilities, 0 to 1. */
  readonly loss: number;
  readonly duplication: number;
  /** A packet held back until after the next one. */
  readonly swap: number;
}

export interface RouterPeerEvents {
  rtcp: [packet: RtcpPacket];
  /** A whole access unit of an output, and its packets' common SSRC. */
  unit: [ssrc: number, unit: AccessUnit];
  packet: [packet: RtpPacket];
}

export class RouterPeer extends EventEmitter<RouterPeerEvents> {
  readonly port: number;
  readonly rtcpSeen: RtcpPacket[] = [];
  readonly #socket: dgram.Socket;
  readonly #codecs: ReadonlyMap<number, PayloadCodec>;
  readonly #receivers = new Map<number, JitterBuffer>();
  workerPort = 0;
  #impairment: Impairment | null = null;
  #heldBack: Uint8Array | null = null;
  #answerNack: (sequenceNumbers: readonly number[]) => Uint8Array[] = () => [];

  private constructor(socket: dgram.Socket, codecs: ReadonlyMap<number, PayloadCodec>) {
    super();
    this.#socket = socket;
    this.#codecs = codecs;
    this.port = socket.address().port;
    socket.on('message', (datagram) => this.#receive(datagram));
  }

  /** @param codecs of the streams expected back, by SSRC. */
  static async open(codecs: ReadonlyMap<number, PayloadCodec>): Promise<RouterPeer> {
    const socket = dgram.createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 });
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    return new RouterPeer(socket, codecs);
  }

  connect(workerPort: number): void {
    this.workerPort = workerPort;
  }

  impair(impairment: Impairment | null): void {
    this.#impairment = impairment;
  }

  /** Where retransmissions of the played stream come from. */
  answerNacksWith(answer: (sequenceNumbers: readonly number[]) => Uint8Array[]): void {
    this.#answerNack = answer;
  }

  play(datagrams: readonly Uint8Array[]): void {
    for (const datagram of datagrams) {
      const { random, loss, duplication, swap } = this.#impairment ?? {
        random: null,
        loss: 0,
        duplication: 0,
        swap: 0,
      };
      if (random === null) {
        this.sendRaw(datagram);
        continue;
      }
      if (random.next() < loss) continue;
      if (this.#heldBack === null && random.next() < swap) {
        this.#heldBack = datagram;
        continue;
      }
      this.sendRaw(datagram);
      if (random.next() < duplication) this.sendRaw(datagram);
      if (this.#heldBack !== null) this.sendRaw(this.#heldBack);
      this.#heldBack = null;
    }
  }

  sendRaw(datagram: Uint8Array): void {
    this.#socket.send(datagram, this.workerPort, '127.0.0.1');
  }

  sendRtcp(...packets: readonly WritableRtcpPacket[]): void {
    this.sendRaw(serializeRtcp(packets));
  }

  close(): Promise<void> {
    this.removeAllListeners();
    return new Promise((resolve) => this.#socket.close(resolve));
  }

  #receive(datagram: Uint8Array): void {
    if (isRtcp(datagram)) {
      for (const packet of parseRtcp(datagram)) {
        this.rtcpSeen.push(packet);
        if (packet.type === 'generic-nack') {
          for (const sent of this.#answerNack(packet.sequenceNumbers)) this.sendRaw(sent);
        }
        this.emit('rtcp', packet);
      }
      return;
    }
    const packet = parseRtp(datagram);
    this.emit('packet', packet);
    const nowMs = performance.now();
    const codec = this.#codecs.get(packet.ssrc);
    if (codec === undefined) throw new Error(`packet of unknown SSRC ${packet.ssrc}`);
    const receiver = this.#receivers.get(packet.ssrc) ?? new JitterBuffer(codec, nowMs);
    this.#receivers.set(packet.ssrc, receiver);
    receiver.push(packet, nowMs);
    for (const unit of receiver.poll(nowMs).units) this.emit('unit', packet.ssrc, unit);
  }
}

/** Paints one packed I420 picture. */
export type PicturePainter = (out: Uint8Array, width: number, height: number, frame: number) => void;

/** A moving test picture, encoded and cut into RTP: what a browser would publish. */
export class PictureSource {
  readonly #engine: CodecEngine;
  readonly #spec: RtpStreamSpec;
  readonly #sender: RtpSender;
  readonly #targetBps: number;
  readonly #paint: PicturePainter;
  #encoder: VideoEncoder | null = null;
  #size = { width: 0, height: 0 };

  constructor(engine: CodecEngine, spec: RtpStreamSpec, targetBps: number, paint: PicturePainter) {
    this.#paint = paint;
    this.#engine = engine;
    this.#spec = spec;
    this.#targetBps = targetBps;
    this.#sender = new RtpSender(spec, { sequenceNumber: 65_000, pictureId: 32_000 });
  }

  /** @returns the packets of picture `frame`; another size than before makes a key frame. */
  async packets(
    frame: number,
    timestampRtp90k: Rtp90k,
    size: { readonly width: number; readonly height: number },
    keyFrame = false,
  ): Promise<Uint8Array[]> {
    const { width, height } = size;
    if (this.#encoder === null || width !== this.#size.width || height !== this.#size.height) {
      await this.#encoder?.close();
      this.#encoder = this.#engine.createEncoder({
        codec: this.#spec.codec,
        width,
        height,
        targetBps: toBps(this.#targetBps),
        maxFrameRate: 30,
      });
      this.#size = { width, height };
    }
    const picture = new Uint8Array((width * height * 3) / 2);
    this.#paint(picture, width, height, frame);
    const raw = this.#engine.frameFromI420(picture, width, height, timestampRtp90k);
    let encoded: EncodedVideo | null;
    try {
      encoded = await this.#encoder.encode(raw, { keyFrame });
    } finally {
      raw.close();
    }
    return encoded === null ? [] : this.#sender.packetise(encoded.data, timestampRtp90k);
  }

  resend(sequenceNumbers: readonly number[], nowMs: number): Uint8Array[] {
    return this.#sender.resend(sequenceNumbers, nowMs);
  }

  async close(): Promise<void> {
    await this.#encoder?.close();
  }
}
