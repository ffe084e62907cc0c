/**
 * One HTTP request and its answer, without any socket: what both listeners do the same way.
 *
 * What will surprise you: a body that is too large is still read for a while, without being kept. A server that closes
 * while bytes are unread resets the connection, and many a client then never sees the 413.
 */
import { STATUS_CODES } from 'node:http';
import { asProtocolError, ProtocolError } from '../errors.ts';
import type { ListenerLimits } from './limits.ts';
import { problemResponse } from './problem.ts';
import type { HttpHandler, HttpRequest, HttpResponse, ListenerOptions, RequestHead } from './types.ts';

/** Bytes of a body that is too large which are read and dropped before the connection is cut. */
const DISCARD_BYTES = 1024 * 1024;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// Printable characters, space, tab, and what Latin-1 has above ASCII: no line breaks, no NUL.
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** The listener decides about these. */
const OWN_HEADERS = new Set([
  'content-length',
  'transfer-encoding',
  'connection',
  'date',
  'keep-alive',
  'upgrade',
]);

/** Collects the headers of a request, to be checked once all were added. */
export class HeaderCollector {
  readonly headers = new Map<string, string>();
  readonly #limits: ListenerLimits;
  #count = 0;
  #bytes = 0;

  constructor(limits: ListenerLimits) {
    this.#limits = limits;
  }

  add(name: string, value: string): void {
    this.#count += 1;
    this.#bytes += name.length + value.length;
    const key = name.toLowerCase();
    const before = this.headers.get(key);
    this.headers.set(
      key,
      before === undefined ? value : `${before}${key === 'cookie' ? '; ' : ', '}${value}`,
    );
  }

  /** @throws {ProtocolError} HeadersTooLarge */
  check(): void {
    const { maxHeaderCount, maxHeaderBytes } = this.#limits;
    if (this.#count > maxHeaderCount) {
      throw new ProtocolError('HeadersTooLarge', `${this.#count} header fields, at most ${maxHeaderCount}`);
    }
    if (this.#bytes > maxHeaderBytes) {
      throw new ProtocolError(
        'HeadersTooLarge',
        `${this.#bytes} bytes of header fields, at most ${maxHeaderBytes}`,
      );
    }
  }
}

/** Cuts a request target at its question mark. */
export function splitTarget(target: string): { path: string; query: string } {
  const at = target.indexOf('?');
  return at < 0 ? { path: target, query: '' } : { path: target.slice(0, at), query: target.slice(at + 1) };
}

/** The body of one request, at most so many bytes of it kept. */
export class BodyCollector {
  readonly #maxBytes: number;
  #chunks: Uint8Array[] = [];
  #bytes = 0;

  #isHopeless: boolean;

  /**
   * @param maxBytes what is kept at most
   * @param declared the Content-Length header, where there is one
   */
  constructor(maxBytes: number, declared: string | undefined) {
    this.#maxBytes = maxBytes;
    this.#isHopeless = declared !== undefined && Number(declared) > maxBytes + DISCARD_BYTES;
  }

  /** Too large to be worth reading to its end: answer now, and cut the connection. */
  get isHopeless(): boolean {
    return this.#isHopeless;
  }

  /** Takes a piece, which must not be written to again. */
  push(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    if (this.#bytes <= this.#maxBytes) {
      this.#chunks.push(chunk);
      return;
    }
    this.#chunks = [];
    if (this.#bytes > this.#maxBytes + DISCARD_BYTES) this.#isHopeless = true;
  }

  /**
   * The whole body.
   * @throws {ProtocolError} BodyTooLarge
   */
  take(): Uint8Array {
    if (this.#isHopeless || this.#bytes > this.#maxBytes) {
      throw new ProtocolError('BodyTooLarge', `the body may have ${this.#maxBytes} bytes`);
    }
    const [only] = this.#chunks;
    if (only !== undefined && this.#chunks.length === 1) return only;
    const body = new Uint8Array(this.#bytes);
    let at = 0;
    for (const chunk of this.#chunks) {
      body.set(chunk, at);
      at += chunk.length;
    }
    return body;
  }
}

/** A response in the form in which it is written. */
export interface PreparedResponse {
  readonly status: number;
  /** For example `Not Found`. */
  readonly reason: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
  /** Whether the answer may have a body at all (not 204, not 304). */
  readonly hasBody: boolean;
}

/**
 * Checks and completes a response.
 * @throws {TypeError} where a header would break the message in two, or the status is not a final one
 */
export function prepareResponse(response: HttpResponse): PreparedResponse {
  const { status } = response;
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new TypeError(`${status} is not a final status`);
  }
  const headers: [string, string][] = [];
  for (const [name, given] of Object.entries(response.headers ?? {})) {
    if (!TOKEN.test(name) || OWN_HEADERS.has(name.toLowerCase())) {
      throw new TypeError(`a response may not have the header ${JSON.stringify(name)}`);
    }
    for (const value of typeof given === 'string' ? [given] : given) {
      if (!FIELD_VALUE.test(value)) {
        throw new TypeError(`the value of ${name} has characters that a header may not have`);
      }
      headers.push([name, value]);
    }
  }
  const { body = '' } = response;
  return {
    status,
    reason: STATUS_CODES[status] ?? 'Unknown',
    headers,
    body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
    hasBody: status !== 204 && status !== 304,
  };
}

/** The prepared response for anything thrown; reports it where it is a bug. */
export function prepareError(
  thrown: unknown,
  context: string,
  onError: ListenerOptions['onError'],
): PreparedResponse {
  const error = asProtocolError(thrown);
  if (error !== thrown) onError(thrown, context);
  return prepareResponse(problemResponse(error));
}

/** Calls the handler, and gives an answer whatever it does. Never rejects. */
export async function answerRequest(
  handler: HttpHandler,
  request: HttpRequest,
  onError: ListenerOptions['onError'],
): Promise<PreparedResponse> {
  try {
    return prepareResponse(await handler(request));
  } catch (thrown) {
    return prepareError(thrown, describeRequest(request), onError);
  }
}

/** Whether a request announces a body (RFC 9112 section 6.3). */
export function announcesBody(headers: ReadonlyMap<string, string>): boolean {
  return headers.has('transfer-encoding') || Number(headers.get('content-length') ?? 0) > 0;
}

/** A request for the log, without its query, which may hold a token. */
export function describeRequest(head: RequestHead): string {
  return `${head.method} ${head.path}`;
}
