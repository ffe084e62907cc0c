/**
 * Loads uWebSockets.js, and completes its published types.
 *
 * What will surprise you: the size of a request's head is a setting of the whole process, read from the environment when
 * the native code is loaded; its own default of 4 KiB is too small for a browser with cookies behind a proxy.
 */
import type { us_listen_socket } from 'uWebSockets.js';
import { NATIVE_HEAD_BYTES } from './limits.ts';
import { ListenerUnavailableError } from './types.ts';

declare module 'uWebSockets.js' {
  interface TemplatedApp {
    listen(
      host: string,
      port: number,
      options: number,
      done: (socket: us_listen_socket | false) => void,
    ): TemplatedApp;
  }
  const LIBUS_LISTEN_EXCLUSIVE_PORT: number;
}

export type Uws = typeof import('uWebSockets.js');

/**
 * The native module.
 * @throws {ListenerUnavailableError} where it has no build for this Node or this system
 */
export async function loadUws(): Promise<Uws> {
  process.env['UWS_HTTP_MAX_HEADERS_SIZE'] ??= String(NATIVE_HEAD_BYTES);
  try {
    return await import('uWebSockets.js');
  } catch (cause) {
    const here = `Node ${process.versions.node} on ${process.platform} ${process.arch}`;
    throw new ListenerUnavailableError(
      `uWebSockets.js has no build for ${here}: choose the listener "node", or run Node 18, 20 or 22`,
      { cause },
    );
  }
}

/** Listens on a port that no other socket shares; null where that is not possible. */
export function listenExclusively(
  uws: Uws,
  app: ReturnType<Uws['App']>,
  host: string,
  port: number,
): us_listen_socket | null {
  // A box, since the callback runs before listen() returns, which the compiler cannot know.
  const result: { socket: us_listen_socket | false } = { socket: false };
  app.listen(host, port, uws.LIBUS_LISTEN_EXCLUSIVE_PORT, (socket) => {
    result.socket = socket;
  });
  return result.socket === false ? null : result.socket;
}
