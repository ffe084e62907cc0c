/** One HTTP request on node:http, from its head to its answer. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { ProtocolError } from '../errors.ts';
import { normaliseAddress } from './address.ts';
import {
  announcesBody,
  answerRequest,
  BodyCollector,
  describeRequest,
  HeaderCollector,
  prepareError,
  splitTarget,
} from './http-exchange.ts';
import type { PreparedResponse } from './http-exchange.ts';
import type { ListenerLimits } from './limits.ts';
import type { ListenerOptions, RequestHead } from './types.ts';
import { upgradeRequest, wantsWebSocket } from './upgrade.ts';

/** The head of a request; its headers are still to be checked against the limits. */
export function readHead(
  request: IncomingMessage,
  limits: ListenerLimits,
): { head: RequestHead; headers: HeaderCollector } {
  const headers = new HeaderCollector(limits);
  const { rawHeaders } = request;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    headers.add(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '');
  }
  const head = {
    method: request.method ?? '',
    ...splitTarget(request.url ?? ''),
    headers: headers.headers,
    remoteAddress: normaliseAddress(request.socket.remoteAddress ?? ''),
  };
  return { head, headers };
}

function write(
  head: RequestHead,
  response: ServerResponse,
  prepared: PreparedResponse,
  closeAfter: boolean,
): void {
  if (response.writableEnded || response.destroyed) return;
  const headers = prepared.headers.flat();
  if (prepared.hasBody) headers.push('content-length', String(prepared.body.length));
  if (closeAfter) headers.push('connection', 'close');
  response.writeHead(prepared.status, prepared.reason, headers);
  if (prepared.hasBody && head.method !== 'HEAD') response.end(prepared.body);
  else response.end();
}

/**
 * Reads the body, calls the handler and writes what it answers.
 * @param onEnd called once, when the answer was written or the client has gone
 */
export function serveRequest(
  request: IncomingMessage,
  response: ServerResponse,
  limits: ListenerLimits,
  options: ListenerOptions,
  onEnd: () => void,
): void {
  const { head, headers } = readHead(request, limits);
  const { maxBodyBytes, bodyTimeoutMs } = limits;
  const body = new BodyCollector(maxBodyBytes, head.headers.get('content-length'));
  const refuse = (thrown: unknown): void => {
    write(head, response, prepareError(thrown, describeRequest(head), options.onError), true);
  };
  let bodyTimer: NodeJS.Timeout | undefined;
  response.once('close', () => {
    clearTimeout(bodyTimer);
    onEnd();
  });
  // A client that goes away in the middle: 'close' follows.
  request.on('error', () => undefined);
  try {
    headers.check();
    if (!head.path.startsWith('/')) {
      throw new ProtocolError('BadRequest', 'the request target must be a path');
    }
    // Gets here only where the method or the key is wrong: the check says which.
    if (wantsWebSocket(head.headers)) upgradeRequest(head);
    if (body.isHopeless) body.take();
  } catch (thrown) {
    refuse(thrown);
    return;
  }
  if (announcesBody(head.headers)) {
    bodyTimer = setTimeout(() => {
      refuse(new ProtocolError('RequestTimeout', `the body did not arrive within ${bodyTimeoutMs} ms`));
    }, bodyTimeoutMs);
  }
  const answer = (): void => {
    clearTimeout(bodyTimer);
    let whole: Uint8Array;
    try {
      whole = body.take();
    } catch (thrown) {
      refuse(thrown);
      return;
    }
    void answerRequest(options.onRequest, { ...head, body: whole }, options.onError).then((prepared) => {
      write(head, response, prepared, false);
    });
  };
  request.on('data', (chunk: Buffer) => {
    if (response.writableEnded) return;
    body.push(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length));
    if (body.isHopeless) answer();
  });
  request.once('end', () => {
    if (!response.writableEnded) answer();
  });
}

/** Answers on a socket that node:http has let go of, and closes it. */
export function answerOnSocket(socket: Socket, prepared: PreparedResponse): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const lines = [
    `HTTP/1.1 ${prepared.status} ${prepared.reason}`,
    ...prepared.headers.map(([name, value]) => `${name}: ${value}`),
    `content-length: ${prepared.body.length}`,
    'connection: close',
    '',
    '',
  ];
  socket.write(lines.join('\r\n'), 'latin1');
  socket.write(prepared.body);
  socket.destroySoon();
}
