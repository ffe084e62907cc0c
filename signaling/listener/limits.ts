/** What a listener lets strangers take, each limit with its default and its reason. */

export interface ListenerLimits {
  /** Header lines of one request. Default 64, at most 96: browsers send about 20, and uWebSockets.js stops at 99. */
  readonly maxHeaderCount: number;
  /** Names and values of all headers of one request, in bytes. Default 16 KiB, at most 24 KiB. */
  readonly maxHeaderBytes: number;
  /** Body of one request, in bytes. Default 256 KiB: an SDP offer of a large call is about 50 KiB. */
  readonly maxBodyBytes: number;
  /** From the head of a request to the end of its body. Default 10 s. */
  readonly bodyTimeoutMs: number;
  /**
   * From the start of a TCP connection, or the end of the last request on it, to the end of the next head. Default 10 s.
   * uWebSockets.js has 10 s built in and ignores this.
   */
  readonly headTimeoutMs: number;
  /** TCP connections that are not WebSockets; more are dropped at once. Default 2000. */
  readonly maxHttpSockets: number;
  /** WebSockets in total; more are refused with 503. Default 10 000. */
  readonly maxConnections: number;
  /**
   * WebSockets from one address (IPv6: one /64, which is what one customer gets); more are refused with 429. Default 200:
   * an office behind one address.
   */
  readonly maxConnectionsPerAddress: number;
  /** One WebSocket message. Default 264 KiB: a control frame with the largest JSON payload. */
  readonly maxMessageBytes: number;
  /** Bytes that may wait for one slow reader before its connection is cut. Default 4 MiB: 16 largest frames. */
  readonly maxBufferedBytes: number;
  /** A WebSocket that was silent this long is cut; after half of it, it is pinged. Default 30 s. */
  readonly idleTimeoutMs: number;
  /** How long `close()` waits for peers and running requests before it cuts them off. Default 500 ms. */
  readonly closeGraceMs: number;
}

export const DEFAULT_LIMITS: ListenerLimits = {
  maxHeaderCount: 64,
  maxHeaderBytes: 16 * 1024,
  maxBodyBytes: 256 * 1024,
  bodyTimeoutMs: 10_000,
  headTimeoutMs: 10_000,
  maxHttpSockets: 2000,
  maxConnections: 10_000,
  maxConnectionsPerAddress: 200,
  maxMessageBytes: 264 * 1024,
  maxBufferedBytes: 4 * 1024 * 1024,
  idleTimeoutMs: 30_000,
  closeGraceMs: 500,
};

/** The parsers below us refuse a request's head beyond this, with a plain 431 of their own. */
export const NATIVE_HEAD_BYTES: number = 32 * 1024;
const HIGHEST = { maxHeaderCount: 96, maxHeaderBytes: 24 * 1024 };

/**
 * Fills in the defaults.
 * @throws {RangeError} where a limit is not a positive integer, or above what the implementations can hold
 */
export function resolveLimits(given: Partial<ListenerLimits> = {}): ListenerLimits {
  const limits = { ...DEFAULT_LIMITS, ...given };
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`${name} must be a positive integer`);
  }
  for (const name of ['maxHeaderCount', 'maxHeaderBytes'] as const) {
    if (limits[name] > HIGHEST[name]) throw new RangeError(`${name} must be at most ${HIGHEST[name]}`);
  }
  return limits;
}
