/**
 * The opening handshake of a WebSocket (RFC 6455 section 4.2.1), as far as both listeners must decide alike.
 */
import { ProtocolError } from '../errors.ts';
import { describeRequest, prepareError, prepareResponse } from './http-exchange.ts';
import type { PreparedResponse } from './http-exchange.ts';
import type { Connection, ListenerOptions, RequestHead, UpgradeHandler, UpgradeRequest } from './types.ts';

// 16 bytes in base64.
const KEY = /^[+/0-9A-Za-z]{22}==$/;

function tokens(value: string | undefined): string[] {
  return (value ?? '')
    .split(',')
    .map((token) => token.trim())
    .filter((token) => token !== '');
}

/** Whether a request asks for a WebSocket at all; where not, it is an ordinary request. */
export function wantsWebSocket(headers: ReadonlyMap<string, string>): boolean {
  const has = (name: string, wanted: string): boolean =>
    tokens(headers.get(name)).some((token) => token.toLowerCase() === wanted);
  return has('upgrade', 'websocket') && has('connection', 'upgrade');
}

/**
 * The request of a client that asks for a WebSocket.
 * @throws {ProtocolError} MethodNotAllowed, BadRequest
 */
export function upgradeRequest(head: RequestHead): UpgradeRequest {
  if (head.method !== 'GET') throw new ProtocolError('MethodNotAllowed', 'a WebSocket is opened with GET');
  if (head.headers.get('sec-websocket-version') !== '13') {
    throw new ProtocolError('BadRequest', 'Sec-WebSocket-Version must be 13');
  }
  if (!KEY.test(head.headers.get('sec-websocket-key') ?? '')) {
    throw new ProtocolError('BadRequest', 'Sec-WebSocket-Key must be 16 bytes in base64');
  }
  return { ...head, protocols: tokens(head.headers.get('sec-websocket-protocol')) };
}

/** A decision in the form in which it is carried out. */
export type CheckedDecision =
  | { readonly accept: true; readonly protocol: string; readonly open: (connection: Connection) => void }
  | { readonly accept: false; readonly response: PreparedResponse };

/** Asks the handler, and gives a decision whatever it does. Never rejects. */
export async function decideUpgrade(
  handler: UpgradeHandler,
  request: UpgradeRequest,
  onError: ListenerOptions['onError'],
): Promise<CheckedDecision> {
  try {
    const decision = await handler(request);
    if (!decision.accept) return { accept: false, response: prepareResponse(decision.response) };
    const { protocol = '' } = decision;
    if (protocol !== '' && !request.protocols.includes(protocol)) {
      throw new TypeError(`the client did not offer the subprotocol ${protocol}`);
    }
    return { accept: true, protocol, open: decision.open };
  } catch (thrown) {
    return { accept: false, response: prepareError(thrown, describeRequest(request), onError) };
  }
}
