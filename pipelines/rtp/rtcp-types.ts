/** RTCP packets as a tagged union: RFC 3550 section 6, RFC 4585 section 6, RFC 5104 section 4.3.1, transport-wide feedback. */

/** RFC 3550 section 6.4.1, one reception report block. */
export interface ReportBlock {
  readonly ssrc: number;
  /** Fixed point, of 256. */
  readonly fractionLost: number;
  /** Signed 24 bits: duplicates make it negative. */
  readonly cumulativeLost: number;
  readonly extendedHighestSequence: number;
  /** In ticks of the stream's own clock. */
  readonly jitterRtp90k: number;
  /** The middle 32 bits of the last sender report's NTP time; 0 before the first one. */
  readonly lastSenderReport: number;
  /** In 1/65536 seconds. */
  readonly delaySinceLastSenderReport: number;
}

export interface SenderReport {
  readonly type: 'sender-report';
  readonly ssrc: number;
  readonly ntpSeconds: number;
  /** In 2^-32 seconds. */
  readonly ntpFraction: number;
  /** 32 bits: the same instant as the NTP time, on the media clock. */
  readonly rtpTimestamp: number;
  readonly packetCount: number;
  readonly octetCount: number;
  readonly reports: readonly ReportBlock[];
}

export interface ReceiverReport {
  readonly type: 'receiver-report';
  readonly ssrc: number;
  readonly reports: readonly ReportBlock[];
}

export interface SourceDescription {
  readonly type: 'source-description';
  readonly chunks: readonly { readonly ssrc: number; readonly cname: string | null }[];
}

export interface Goodbye {
  readonly type: 'goodbye';
  readonly ssrcs: readonly number[];
}

/** RFC 4585 section 6.3.1. */
export interface PictureLossIndication {
  readonly type: 'picture-loss-indication';
  readonly senderSsrc: number;
  readonly mediaSsrc: number;
}

/** RFC 5104 section 4.3.1: an entry with a sequence number seen before is a repetition, not a new request. */
export interface FullIntraRequest {
  readonly type: 'full-intra-request';
  readonly senderSsrc: number;
  readonly entries: readonly { readonly ssrc: number; readonly commandSequence: number }[];
}

/** RFC 4585 section 6.2.1. */
export interface GenericNack {
  readonly type: 'generic-nack';
  readonly senderSsrc: number;
  readonly mediaSsrc: number;
  /** 16 bits each. */
  readonly sequenceNumbers: readonly number[];
}

/**
 * When each packet of a transport arrived, all its streams together: draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1.
 * Times are on the receiver's clock.
 */
export interface TransportFeedback {
  readonly type: 'transport-feedback';
  readonly senderSsrc: number;
  readonly mediaSsrc: number;
  /** 16 bits: the transport-wide sequence number that the first status belongs to. */
  readonly baseSequenceNumber: number;
  /** Signed 24 bits, in steps of 64 ms: where the first delta counts from. */
  readonly referenceTime64Ms: number;
  /** 8 bits, one more with each feedback: tells lost and repeated ones. */
  readonly feedbackCount: number;
  /**
   * One for each packet from the first on: ticks of 250 us (signed 16 bits) after the received packet before it, the first after the
   * reference time; null where a packet has not come.
   */
  readonly deltas250Us: readonly (number | null)[];
}

/** Well-formed, and of no use here (XR, REMB and so on). */
export interface OtherRtcp {
  readonly type: 'other';
  readonly packetType: number;
  readonly format: number;
}

export type WritableRtcpPacket =
  | SenderReport
  | ReceiverReport
  | SourceDescription
  | Goodbye
  | PictureLossIndication
  | FullIntraRequest
  | GenericNack
  | TransportFeedback;
export type RtcpPacket = WritableRtcpPacket | OtherRtcp;

export const RTCP_TYPE = {
  senderReport: 200,
  receiverReport: 201,
  sourceDescription: 202,
  goodbye: 203,
  transportFeedback: 205,
  payloadFeedback: 206,
} as const;

/** Feedback message types (FMT) within transport and payload-specific feedback. */
export const RTCP_FORMAT = {
  genericNack: 1,
  pictureLossIndication: 1,
  fullIntraRequest: 4,
  transportFeedback: 15,
} as const;

export const SDES_CNAME = 1;
export const REPORT_BLOCK_BYTES = 24;
