/** Whether a STUN server answers: a Binding request over UDP (RFC 8489 section 7.3.1), repeated until something comes back. */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Clock } from '../time/clock.ts';

const BINDING_REQUEST = 0x0001;
const BINDING_RESPONSE = 0x0101;
const MAGIC_COOKIE = 0x2112a442;
const HEADER_BYTES = 20;
const REPEAT_MS = 50;

export interface StunProbe {
  /** True when it answered; false when time is up, or after `close()`. */
  readonly answered: Promise<boolean>;
  /** Idempotent. */
  close(): void;
}

/** Asks from a socket of its own, which ends with the answer. */
export function probeStun(options: {
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
  readonly clock: Clock;
}): StunProbe {
  const { host, port, timeoutMs, clock } = options;
  const request = Buffer.alloc(HEADER_BYTES);
  request.writeUInt16BE(BINDING_REQUEST, 0);
  request.writeUInt32BE(MAGIC_COOKIE, 4);
  randomBytes(12).copy(request, 8);
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  const { promise: answered, resolve } = Promise.withResolvers<boolean>();
  let isOver = false;
  let cancelRepeat = (): void => undefined;
  const end = (result: boolean): void => {
    if (isOver) return;
    isOver = true;
    cancelRepeat();
    cancelTimeout();
    socket.close();
    resolve(result);
  };
  const cancelTimeout = clock.after(timeoutMs, () => end(false));
  const ask = (): void => {
    // A refusal (nobody listens yet) comes as an error, and the next request may find somebody.
    socket.send(request, port, host, () => undefined);
    cancelRepeat = clock.after(REPEAT_MS, ask);
  };
  socket.on('error', () => undefined);
  socket.on('message', (message) => {
    const isOurs =
      message.length >= HEADER_BYTES &&
      message.readUInt16BE(0) === BINDING_RESPONSE &&
      message.subarray(4, HEADER_BYTES).equals(request.subarray(4));
    if (isOurs) end(true);
  });
  ask();
  return { answered, close: () => end(false) };
}
