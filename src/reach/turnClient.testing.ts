/** A TURN client over UDP that does just enough to show what a relay permits (RFC 8656, long-term credentials of RFC 8489). */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { type Socket, createSocket } from 'node:dgram';
import { once } from 'node:events';

const COOKIE = 0x2112a442;
const METHOD = { allocate: 0x003, createPermission: 0x008 } as const;
const ATTRIBUTE = {
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  peerAddress: 0x0012,
  realm: 0x0014,
  nonce: 0x0015,
  requestedTransport: 0x0019,
} as const;
const UDP = 17;
const TIMEOUT_MS = 3000;

type Attribute = readonly [type: number, value: Buffer];

export interface TurnCredentials {
  readonly username: string;
  readonly credential: string;
}

export class TurnClient {
  readonly #socket: Socket = createSocket('udp4');
  readonly #server: { readonly host: string; readonly port: number };
  readonly #credentials: TurnCredentials;
  #realm: Buffer = Buffer.alloc(0);
  #nonce: Buffer = Buffer.alloc(0);

  constructor(host: string, port: number, credentials: TurnCredentials) {
    this.#server = { host, port };
    this.#credentials = credentials;
  }

  /** @returns 'ok', or the number of the error */
  async allocate(): Promise<string> {
    const transport: Attribute = [ATTRIBUTE.requestedTransport, Buffer.from([UDP, 0, 0, 0])];
    const challenge = await this.#ask(METHOD.allocate, [transport], false);
    this.#realm = challenge.attributes.get(ATTRIBUTE.realm) ?? this.#realm;
    this.#nonce = challenge.attributes.get(ATTRIBUTE.nonce) ?? this.#nonce;
    return (await this.#ask(METHOD.allocate, [transport], true)).result;
  }

  /** May the relay send to this IPv4 address? @returns 'ok', or the number of the error */
  async permit(ip: string): Promise<string> {
    const value = Buffer.alloc(8);
    value[1] = 0x01;
    value.writeUInt16BE(0, 2);
    const bytes = ip.split('.').map(Number);
    value.writeUInt32BE((Buffer.from(bytes).readUInt32BE(0) ^ COOKIE) >>> 0, 4);
    return (await this.#ask(METHOD.createPermission, [[ATTRIBUTE.peerAddress, value]], true)).result;
  }

  close(): void {
    this.#socket.close();
  }

  async #ask(
    method: number,
    attributes: readonly Attribute[],
    isSigned: boolean,
  ): Promise<{ readonly result: string; readonly attributes: ReadonlyMap<number, Buffer> }> {
    const { username, credential } = this.#credentials;
    const all: readonly Attribute[] = isSigned
      ? [
          ...attributes,
          [ATTRIBUTE.username, Buffer.from(username)],
          [ATTRIBUTE.realm, this.#realm],
          [ATTRIBUTE.nonce, this.#nonce],
        ]
      : attributes;
    const body = Buffer.concat(all.map(encode));
    const header = Buffer.alloc(20);
    header.writeUInt16BE(method, 0);
    header.writeUInt32BE(COOKIE, 4);
    randomBytes(12).copy(header, 8);
    header.writeUInt16BE(body.length + (isSigned ? 24 : 0), 2);
    const key = createHash('md5').update(`${username}:${this.#realm.toString()}:${credential}`).digest();
    const mac = createHmac('sha1', key).update(header).update(body).digest();
    const integrity = isSigned ? encode([ATTRIBUTE.messageIntegrity, mac]) : Buffer.alloc(0);
    const answer = once(this.#socket, 'message', { signal: AbortSignal.timeout(TIMEOUT_MS) });
    this.#socket.send(Buffer.concat([header, body, integrity]), this.#server.port, this.#server.host);
    const [message] = (await answer) as [Buffer];
    const found = decode(message);
    const error = found.get(ATTRIBUTE.errorCode);
    const result = error === undefined ? 'ok' : String((error[2] ?? 0) * 100 + (error[3] ?? 0));
    return { result, attributes: found };
  }
}

function encode([type, value]: Attribute): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(value.length, 2);
  return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
}

function decode(message: Buffer): ReadonlyMap<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let at = 20; at + 4 <= message.length;) {
    const length = message.readUInt16BE(at + 2);
    found.set(message.readUInt16BE(at), message.subarray(at + 4, at + 4 + length));
    at += 4 + length + ((4 - (length % 4)) % 4);
  }
  return found;
}
