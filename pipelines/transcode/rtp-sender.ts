/**
 * One outgoing RTP stream: numbers packets, keeps the last ones for retransmission (RFC 4585 generic NACK, answered on the
 * same SSRC), and counts what sender reports state. Pure.
 */
import type { Rtp90k } from '../../codecs/types.ts';
import type { RtpStreamSpec } from '../ipc.ts';
import type { Packetiser } from '../payload/format.ts';
import { createPacketiser } from '../payload/format.ts';
import { RTP_FIXED_HEADER_BYTES, serializeRtp } from '../rtp/packet.ts';
import { wrapTimestamp } from '../rtp/unwrap.ts';

/** Leaves room under a 1500-byte MTU for the extensions, SRTP, TURN and IPv6 headers that a server adds on the way. */
const MAX_DATAGRAM_BYTES = 1200;
export const MAX_PAYLOAD_BYTES = MAX_DATAGRAM_BYTES - RTP_FIXED_HEADER_BYTES;

/** About two seconds at 6 Mbit/s; at most 1.2 MB. */
const HISTORY_PACKETS = 1024;
/** Shorter than any receiver's NACK interval, longer than a burst of repeated requests. */
const MIN_RESEND_INTERVAL_MS = 10;

interface SentPacket {
  readonly datagram: Uint8Array;
  resentAtMs: number;
}

export class RtpSender {
  readonly #stream: RtpStreamSpec;
  readonly #packetiser: Packetiser;
  readonly #history = new Map<number, SentPacket>();
  #sequenceNumber: number;
  #packetCount = 0;
  #octetCount = 0;
  #bytesSent = 0;

  /**
   * @param start where the counters that RFC 3550 and RFC 7741 want random begin: sequence number 16 bits, picture id 15.
   */
  constructor(stream: RtpStreamSpec, start: { readonly sequenceNumber: number; readonly pictureId: number }) {
    this.#stream = stream;
    this.#sequenceNumber = start.sequenceNumber & 0xffff;
    this.#packetiser = createPacketiser(stream.codec, {
      maxPayloadBytes: MAX_PAYLOAD_BYTES,
      packetizationMode: stream.packetizationMode ?? 1,
      initialPictureId: start.pictureId & 0x7fff,
    });
  }

  /** RTP packets without retransmissions, as sender reports count them. */
  get packetCount(): number {
    return this.#packetCount;
  }

  /** Payload bytes without retransmissions. */
  get octetCount(): number {
    return this.#octetCount;
  }

  /** Datagram bytes, retransmissions included. */
  get bytesSent(): number {
    return this.#bytesSent;
  }

  /**
   * Cuts one access unit into datagrams.
   * @throws PayloadError where the stream's packetization mode cannot carry it.
   */
  packetise(accessUnit: Uint8Array, timestampRtp90k: Rtp90k): Uint8Array[] {
    const payloads = this.#packetiser.packetise(accessUnit);
    return payloads.map((payload, i) => {
      const sequenceNumber = this.#sequenceNumber;
      this.#sequenceNumber = (sequenceNumber + 1) & 0xffff;
      const datagram = serializeRtp({
        marker: i === payloads.length - 1,
        payloadType: this.#stream.payloadType,
        sequenceNumber,
        timestamp: wrapTimestamp(timestampRtp90k),
        ssrc: this.#stream.ssrc,
        payload,
      });
      this.#history.set(sequenceNumber, { datagram, resentAtMs: -Infinity });
      this.#history.delete((sequenceNumber - HISTORY_PACKETS) & 0xffff);
      this.#packetCount = (this.#packetCount + 1) % 0x1_0000_0000;
      this.#octetCount = (this.#octetCount + payload.length) % 0x1_0000_0000;
      this.#bytesSent += datagram.length;
      return datagram;
    });
  }

  /** @returns those of the packets asked for that are still held and were not just resent. */
  resend(sequenceNumbers: readonly number[], nowMs: number): Uint8Array[] {
    const datagrams: Uint8Array[] = [];
    for (const sequenceNumber of sequenceNumbers) {
      const sent = this.#history.get(sequenceNumber);
      if (sent === undefined || nowMs - sent.resentAtMs < MIN_RESEND_INTERVAL_MS) continue;
      sent.resentAtMs = nowMs;
      this.#bytesSent += sent.datagram.length;
      datagrams.push(sent.datagram);
    }
    return datagrams;
  }
}
