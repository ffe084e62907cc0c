/**
 * The byte pipe below a connection, behind an interface of its own: browsers, Node and tests each bring one.
 *
 * What will surprise you: `closed` is called exactly once for every pipe, also for one that never opened, and nothing is
 * called after it.
 */

export interface PipeEvents {
  opened(): void;
  /** One message: one or more CCP-1 frames, or a part of one. */
  received(bytes: Uint8Array): void;
  closed(detail: string): void;
}

export interface BytePipe {
  send(bytes: Uint8Array): void;
  /** Idempotent. `closed` follows. */
  close(): void;
}

export type OpenPipe = (events: PipeEvents) => BytePipe;

/**
 * A pipe over the platform's WebSocket (browsers, and Node from 22 on).
 *
 * @param url `ws:` or `wss:` URL of the server's `/connect`.
 */
export function webSocketPipe(url: string): OpenPipe {
  return (events) => {
    const socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    let over = false;
    const end = (detail: string): void => {
      if (over) return;
      over = true;
      socket.onopen = socket.onmessage = socket.onerror = socket.onclose = null;
      events.closed(detail);
    };
    socket.onopen = () => events.opened();
    socket.onmessage = (event) => {
      const data: unknown = event.data;
      // A text message is no CCP-1: its bytes then fail in the frame decoder, which names the error.
      if (data instanceof ArrayBuffer) events.received(new Uint8Array(data));
      else events.received(new TextEncoder().encode(String(data)));
    };
    // An error event carries no detail, and a close event always follows it.
    socket.onerror = () => undefined;
    socket.onclose = (event) => end(event.reason === '' ? `closed with ${event.code}` : event.reason);
    return {
      send: (bytes) => {
        // The DOM's type wants a view on an unshared buffer; frames are always written to such a one.
        if (socket.readyState === WebSocket.OPEN) socket.send(new Uint8Array(bytes));
      },
      close: () => {
        socket.close();
        end('closed by this side');
      },
    };
  };
}
