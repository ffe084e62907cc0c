/**
 * The small listener that the server is written against: HTTP requests and WebSocket connections on one port. Two
 * implementations keep to it (`uws.ts`, `node.ts`), and one suite tests both.
 *
 * What will surprise you:
 * - Path and query come exactly as they were sent: percent signs, `..` and all. Whoever maps a path to a file decodes and
 *   checks it.
 * - A WebSocket carries binary messages only; a text message closes it.
 * - `remoteAddress` is the other end of the TCP connection: behind a proxy it is the proxy.
 */
import type { EventEmitter } from 'node:events';
import type { ProtocolError } from '../errors.ts';
import type { ListenerLimits } from './limits.ts';

/** Which implementation: `uws` is native code and the default, `node` is node:http with the `ws` package. */
export type ListenerKind = 'uws' | 'node';

export interface RequestHead {
  /** Upper case. */
  readonly method: string;
  /** As sent, from the leading slash up to the question mark. Not decoded, not normalised. */
  readonly path: string;
  /** As sent, after the question mark; empty where there is none. `new URLSearchParams(query)` reads it. */
  readonly query: string;
  /** By lower-case name; a header sent more than once has its values joined by `, ` (cookies by `; `). */
  readonly headers: ReadonlyMap<string, string>;
  /** IPv4 in dotted form also where it came over an IPv6 socket; IPv6 as RFC 5952 writes it. */
  readonly remoteAddress: string;
}

export interface HttpRequest extends RequestHead {
  /** The whole body, at most `limits.maxBodyBytes`. */
  readonly body: Uint8Array;
}

export interface HttpResponse {
  /** 200 to 599. */
  readonly status: number;
  /** The listener adds Content-Length, Date and Connection itself. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Bytes (of a file, for example), or text that is sent as UTF-8. Left out of the answer to HEAD. */
  readonly body?: Uint8Array | string;
}

/** Answers a request. A thrown ProtocolError is answered as its problem document, anything else as `Internal`. */
export type HttpHandler = (request: HttpRequest) => HttpResponse | Promise<HttpResponse>;

export interface UpgradeRequest extends RequestHead {
  /** The WebSocket subprotocols that the client offers, in its order. */
  readonly protocols: readonly string[];
}

export type UpgradeDecision =
  | {
      readonly accept: true;
      /** One of the offered subprotocols. */
      readonly protocol?: string;
      /** Called once, before the first message: add the event listeners here. */
      readonly open: (connection: Connection) => void;
    }
  | { readonly accept: false; readonly response: HttpResponse };

/** Decides about a WebSocket. A thrown error refuses it, as for {@link HttpHandler}. */
export type UpgradeHandler = (request: UpgradeRequest) => UpgradeDecision | Promise<UpgradeDecision>;

/** How a connection ended. */
export interface CloseInfo {
  /** RFC 6455 section 7.4: 1005 where the peer gave none, 1006 where the TCP connection just ended. */
  readonly code: number;
  readonly reason: string;
  /** Who ended it. */
  readonly by: 'server' | 'peer';
  /** Why, where the listener itself ended it: SlowConsumer, ConnectionIdle, BinaryOnly, MessageTooLarge, Internal. */
  readonly error: ProtocolError | null;
}

export interface SendResult {
  /** `buffered`: accepted, and part of it waits; `closed`: dropped, since the connection is closing or closed. */
  readonly status: 'sent' | 'buffered' | 'closed';
  /** Bytes that wait in this process for the peer to read. */
  readonly bufferedBytes: number;
}

export type ConnectionEvents = {
  /** One binary message; the array belongs to the receiver. Never after `close()` was called. */
  message: [bytes: Uint8Array];
  /** Nothing waits any more, after a send had said `buffered`. */
  drain: [];
  /** Exactly once, always after the call that caused it has returned. */
  close: [info: CloseInfo];
};

/** One WebSocket. */
export interface Connection extends EventEmitter<ConnectionEvents> {
  readonly remoteAddress: string;
  /** The chosen subprotocol, or empty. */
  readonly protocol: string;
  /** Whether messages can still be sent. */
  readonly isOpen: boolean;
  readonly bufferedBytes: number;
  /** Sends one binary message. Too many bytes waiting close the connection instead (`limits.maxBufferedBytes`). */
  send(bytes: Uint8Array): SendResult;
  /**
   * Starts the closing handshake; idempotent.
   * @param code 1000 to 1013 as RFC 6455 allows to send, or 3000 to 4999. Default 1000
   * @param reason at most 123 bytes of it are sent
   */
  close(code?: number, reason?: string): void;
}

export interface TlsOptions {
  /** Paths of PEM files. */
  readonly certPath: string;
  readonly keyPath: string;
}

export interface ListenerOptions {
  /** Address to bind: `127.0.0.1`, `::1`, `0.0.0.0`, `::` (IPv4 too). */
  readonly host: string;
  /** 0: the system chooses; `address.port` says which. */
  readonly port: number;
  /** Absent: no TLS. */
  readonly tls?: TlsOptions;
  readonly limits?: Partial<ListenerLimits>;
  readonly onRequest: HttpHandler;
  readonly onUpgrade: UpgradeHandler;
  /** Told of what a handler or event listener threw (other than a ProtocolError): a bug, to be logged. */
  readonly onError: (error: unknown, context: string) => void;
}

export interface Listener {
  readonly kind: ListenerKind;
  readonly address: { readonly host: string; readonly port: number; readonly tls: boolean };
  /** Open WebSockets, and TCP connections that are not WebSockets. */
  readonly open: { readonly connections: number; readonly httpSockets: number };
  /**
   * Reads the certificate's files again, for connections from now on.
   * @returns false where this implementation cannot, or there is no TLS: it takes a restart
   * @throws {ListenError} where the files cannot be used; the old certificate stays
   */
  reloadTls(): boolean;
  /** Ends every connection with 1001, frees the port, and resolves when both have happened. Idempotent. */
  close(): Promise<void>;
}

/** The port could not be bound, or TLS could not be set up. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  readonly code = 'ListenFailed';
}

/** This implementation does not run here; the other one does. */
export class ListenerUnavailableError extends Error {
  override readonly name = 'ListenerUnavailableError';
  readonly code = 'ListenerUnavailable';
}
