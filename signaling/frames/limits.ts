/**
 * The sizes of CCP-1, and the limits a decoder holds a peer to.
 *
 * What will surprise you: a payload of exactly 16 MiB passes its own limit, and still cannot be sent, since the frame
 * around it is then larger than 16 MiB.
 */

/** Largest value of a channel id or a sequence number. */
export const MAX_U32 = 0xffff_ffff;

export interface FrameLimits {
  /** Largest `frame_len` (the body, without the length in front of it), in bytes. */
  readonly maxFrameBytes: number;
  /** Largest `payload_len`, in bytes. */
  readonly maxPayloadBytes: number;
  /** Largest JSON payload of a control frame, in bytes. */
  readonly maxControlBytes: number;
}

/** The limits of the protocol itself; what we send always keeps to them. */
export const CCP1_LIMITS: FrameLimits = {
  maxFrameBytes: 16 * 1024 * 1024,
  maxPayloadBytes: 16 * 1024 * 1024,
  maxControlBytes: 256 * 1024,
};

/**
 * For a connection that has not proved anything yet: 16 KiB holds a handshake with post-quantum keys (an ML-KEM-768
 * key in hex is 2.3 KiB), and 10 000 strangers cost at most 160 MiB.
 */
export const UNAUTHENTICATED_LIMITS: FrameLimits = {
  maxFrameBytes: 16 * 1024,
  maxPayloadBytes: 16 * 1024,
  maxControlBytes: 16 * 1024,
};
