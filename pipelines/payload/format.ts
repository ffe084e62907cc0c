/**
 * What the jitter buffer and the sender need to know about a codec's RTP payload format, and nothing more.
 *
 * Depacketisers keep state between access units only where the format demands it (H.264 parameter sets sent once).
 */
import type { PayloadCodec } from '../ipc.ts';
import { Av1Depacketiser, Av1Packetiser } from './av1.ts';
import { H264Depacketiser } from './h264-depacketise.ts';
import { H264Packetiser } from './h264-packetise.ts';
import { Vp8Depacketiser, Vp8Packetiser } from './vp8.ts';
import { Vp9Depacketiser, Vp9Packetiser } from './vp9.ts';

/** Temporal layers, where the payload tells them (VP8: RFC 7741 section 4.2). */
export interface TemporalLayer {
  readonly temporalId: number;
  /** Counts base layer pictures, modulo 256. */
  readonly tl0PictureIndex: number;
  /** The picture depends on base layer pictures only. */
  readonly layerSync: boolean;
}

/** What one packet tells about its access unit. */
export interface PayloadSummary {
  /**
   * Whether an access unit can begin with this packet: `possible` where earlier packets of the same unit may exist (an
   * H.264 first slice whose SPS came before it).
   */
  readonly startsUnit: 'yes' | 'possible' | 'no';
  /** The packet shows that its unit is a key frame; VP8 shows it only in the first packet. */
  readonly keyFrame: boolean;
  /** No other picture refers to this one. */
  readonly disposable: boolean;
  readonly temporal: TemporalLayer | null;
}

export interface AssembledUnit {
  readonly data: Uint8Array;
  readonly keyFrame: boolean;
}

export interface Depacketiser {
  /** @throws PayloadError for a payload that breaks the format. */
  inspect(payload: Uint8Array): PayloadSummary;
  /**
   * Joins the payloads of one whole access unit, in order.
   * @throws PayloadError where they do not make one.
   */
  assemble(payloads: readonly Uint8Array[]): AssembledUnit;
}

export interface Packetiser {
  /**
   * Cuts one access unit into RTP payloads, in order; the last one's packet carries the marker.
   * @throws PayloadError where the unit cannot be sent so.
   */
  packetise(accessUnit: Uint8Array): Uint8Array[];
}

export function createDepacketiser(codec: PayloadCodec): Depacketiser {
  switch (codec) {
    case 'VP8':
      return new Vp8Depacketiser();
    case 'VP9':
      return new Vp9Depacketiser();
    case 'H264':
      return new H264Depacketiser();
    case 'AV1':
      return new Av1Depacketiser();
  }
}

/**
 * @param options.maxPayloadBytes the most bytes of an RTP payload, headers not counted.
 * @param options.packetizationMode H.264 only; default 1.
 * @param options.initialPictureId VP8 and VP9: where the 15-bit picture id starts.
 */
export function createPacketiser(
  codec: PayloadCodec,
  options: {
    readonly maxPayloadBytes: number;
    readonly packetizationMode?: 0 | 1;
    readonly initialPictureId?: number;
  },
): Packetiser {
  const { maxPayloadBytes, initialPictureId = 0 } = options;
  switch (codec) {
    case 'VP8':
      return new Vp8Packetiser({ maxPayloadBytes, initialPictureId });
    case 'VP9':
      return new Vp9Packetiser({ maxPayloadBytes, initialPictureId });
    case 'H264':
      return new H264Packetiser({ maxPayloadBytes, packetizationMode: options.packetizationMode ?? 1 });
    case 'AV1':
      return new Av1Packetiser({ maxPayloadBytes });
  }
}
