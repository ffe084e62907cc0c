/** Opens the port: HTTP requests and WebSockets, on one of two implementations. */
import { listenWithNode } from './node.ts';
import type { Listener, ListenerKind, ListenerOptions } from './types.ts';
import { listenWithUws } from './uws.ts';

export { DEFAULT_LIMITS } from './limits.ts';
export type { ListenerLimits } from './limits.ts';
export { problemResponse } from './problem.ts';
export * from './types.ts';

/**
 * Starts listening.
 * @param kind `uws` where it runs; `node` anywhere (docs/decisions/002-signalling-listener.md)
 * @throws {ListenerUnavailableError} where `uws` does not run on this Node or system
 * @throws {ListenError} where the port or the certificate cannot be used
 * @throws {RangeError} where a limit is out of range
 */
export function createListener(kind: ListenerKind, options: ListenerOptions): Promise<Listener> {
  return kind === 'uws' ? listenWithUws(options) : listenWithNode(options);
}
