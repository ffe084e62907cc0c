/**
 * One HTTP request on uWebSockets.js, from its head to its answer.
 *
 * What will surprise you: the native request and response are only valid during the callback, and until the answer or an
 * abort, respectively; touching them later throws. So the head is copied at once, and writing checks whether it may.
 */
import type {
  HttpRequest as UwsRequest,
  HttpResponse as UwsResponse,
  us_socket_context_t,
} from 'uWebSockets.js';
import { ProtocolError } from '../errors.ts';
import { formatAddress } from './address.ts';
import {
  announcesBody,
  answerRequest,
  BodyCollector,
  describeRequest,
  HeaderCollector,
  prepareError,
} from './http-exchange.ts';
import type { PreparedResponse } from './http-exchange.ts';
import type { ListenerLimits } from './limits.ts';
import type { ListenerOptions, RequestHead } from './types.ts';
import { upgradeRequest, wantsWebSocket } from './upgrade.ts';

/** A response that is written at most once, and never after its request was aborted. */
export class UwsExchange<Link> {
  readonly head: RequestHead;
  readonly #headers: HeaderCollector;
  readonly #response: UwsResponse;
  readonly #limits: ListenerLimits;
  readonly #options: ListenerOptions;
  readonly #onEnd: () => void;
  #isOpen = true;
  #bodyTimer: NodeJS.Timeout | undefined;

  /** @param onEnd called once, when the answer was written or the request aborted */
  constructor(
    response: UwsResponse,
    request: UwsRequest,
    limits: ListenerLimits,
    options: ListenerOptions,
    onEnd: () => void,
  ) {
    this.#response = response;
    this.#limits = limits;
    this.#options = options;
    this.#onEnd = onEnd;
    this.#headers = new HeaderCollector(limits);
    request.forEach((name, value) => {
      this.#headers.add(name, value);
    });
    this.head = {
      method: request.getMethod().toUpperCase(),
      path: request.getUrl(),
      // Undefined where there is none, whatever the types say.
      query: request.getQuery() || '',
      headers: this.#headers.headers,
      remoteAddress: formatAddress(new Uint8Array(response.getRemoteAddress())),
    };
    response.onAborted(() => {
      this.#end();
    });
  }

  /** Whether it can still be answered. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** @throws {ProtocolError} HeadersTooLarge */
  checkHeaders(): void {
    this.#headers.check();
  }

  /** Reads the body, calls the handler and writes what it answers. */
  serve(): void {
    const { head } = this;
    const { maxBodyBytes, bodyTimeoutMs } = this.#limits;
    const body = new BodyCollector(maxBodyBytes, head.headers.get('content-length'));
    try {
      this.checkHeaders();
      // Gets here only where the method or the key is wrong: the check says which.
      if (wantsWebSocket(head.headers)) upgradeRequest(head);
      if (body.isHopeless) body.take();
    } catch (thrown) {
      this.refuse(thrown);
      return;
    }
    if (announcesBody(head.headers)) {
      this.#bodyTimer = setTimeout(() => {
        this.refuse(
          new ProtocolError('RequestTimeout', `the body did not arrive within ${bodyTimeoutMs} ms`),
        );
      }, bodyTimeoutMs);
    }
    this.#response.onData((chunk, isLast) => {
      if (!this.#isOpen) return;
      body.push(new Uint8Array(chunk.slice(0)));
      if (!isLast && !body.isHopeless) return;
      clearTimeout(this.#bodyTimer);
      try {
        this.#answer(body.take());
      } catch (thrown) {
        this.refuse(thrown);
      }
    });
  }

  /** Answers with a problem document, and closes the connection: the rest of the request is not worth reading. */
  refuse(thrown: unknown): void {
    this.write(prepareError(thrown, describeRequest(this.head), this.#options.onError), true);
  }

  write(prepared: PreparedResponse, closeAfter: boolean): void {
    if (!this.#isOpen) return;
    this.#end();
    const response = this.#response;
    response.cork(() => {
      response.writeStatus(`${prepared.status} ${prepared.reason}`);
      for (const [name, value] of prepared.headers) response.writeHeader(name, value);
      if (prepared.hasBody && this.head.method !== 'HEAD') {
        response.end(prepared.body, closeAfter);
        return;
      }
      // With arguments, endWithoutBody() leaves the response unfinished or writes a length of 2^63 (20.0.8).
      if (prepared.hasBody) response.writeHeader('Content-Length', String(prepared.body.length));
      if (closeAfter) response.writeHeader('Connection', 'close');
      response.endWithoutBody();
    });
  }

  /** Turns the request into a WebSocket that carries `link`. */
  upgrade(link: Link, protocol: string, context: us_socket_context_t): void {
    this.#end();
    const key = this.head.headers.get('sec-websocket-key') ?? '';
    this.#response.cork(() => {
      this.#response.upgrade(link, key, protocol, '', context);
    });
  }

  #answer(body: Uint8Array): void {
    const request = { ...this.head, body };
    void answerRequest(this.#options.onRequest, request, this.#options.onError).then((prepared) => {
      this.write(prepared, false);
    });
  }

  #end(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    clearTimeout(this.#bodyTimer);
    this.#onEnd();
  }
}
