/**
 * Parses what comes over the IPC channel into the typed union of ipc.ts. The server is trusted, but a mistake in it must
 * not crash a worker that serves other calls.
 */
import { PAYLOAD_CODECS, type PayloadCodec } from '../ipc.ts';
import type { RtpStreamSpec, ToMediaWorker } from '../ipc.ts';

const MAX_ID_CHARACTERS = 256;
/** RFC 3550 section 6.5: an SDES item holds at most 255 bytes. */
const MAX_CNAME_BYTES = 255;
/** What the encoders take. */
const MIN_BPS = 10_000;
const MAX_BPS = 100_000_000;
const MAX_PACE_BPS = 1_000_000_000;
const MAX_SIDE = 16_384;

export class IpcMessageError extends Error {
  readonly code = 'IPC_MESSAGE_INVALID';
  /** Known where the message asks for an answer. */
  readonly requestId: number | null;

  constructor(message: string, requestId: number | null) {
    super(message);
    this.name = 'IpcMessageError';
    this.requestId = requestId;
  }
}

/** Reads the fields of one object; every complaint names the field. */
class FieldReader {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #path: string;
  readonly requestId: number | null;

  constructor(value: unknown, path: string, requestId: number | null) {
    this.requestId = requestId;
    this.#path = path;
    if (!isRecord(value)) throw new IpcMessageError(`${path} must be an object`, requestId);
    this.#fields = value;
  }

  string(name: string, maxCharacters = MAX_ID_CHARACTERS): string {
    const value = this.#fields[name];
    if (typeof value !== 'string' || value.length === 0 || value.length > maxCharacters) {
      throw this.#complaint(name, `a string of 1 to ${maxCharacters} characters`);
    }
    return value;
  }

  integer(name: string, min: number, max: number): number {
    const value = this.#fields[name];
    if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
      throw this.#complaint(name, `an integer from ${min} to ${max}`);
    }
    return value;
  }

  optionalInteger<Name extends string>(name: Name, min: number, max: number): Partial<Record<Name, number>>;
  optionalInteger(name: string, min: number, max: number): Partial<Record<string, number>> {
    return this.#fields[name] === undefined ? {} : { [name]: this.integer(name, min, max) };
  }

  codec(name: string): PayloadCodec {
    const value = this.#fields[name];
    const codec = PAYLOAD_CODECS.find((known) => known === value);
    if (codec === undefined) throw this.#complaint(name, `one of ${PAYLOAD_CODECS.join(', ')}`);
    return codec;
  }

  object(name: string): FieldReader {
    return new FieldReader(this.#fields[name], `${this.#path}.${name}`, this.requestId);
  }

  has(name: string): boolean {
    return this.#fields[name] !== undefined;
  }

  fail(name: string, expected: string): never {
    throw this.#complaint(name, expected);
  }

  #complaint(name: string, expected: string): IpcMessageError {
    return new IpcMessageError(`${this.#path}.${name} must be ${expected}`, this.requestId);
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isRequestId(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** @throws IpcMessageError where the message is none of the union. */
export function parseToMediaWorker(message: unknown): ToMediaWorker {
  const requestId = isRecord(message) && isRequestId(message['requestId']) ? message['requestId'] : null;
  const fields = new FieldReader(message, 'message', requestId);
  const op = fields.string('op');
  switch (op) {
    case 'open-session': {
      const remote = fields.object('remote');
      const cname = fields.string('cname');
      if (Buffer.byteLength(cname) > MAX_CNAME_BYTES) {
        fields.fail('cname', `at most ${MAX_CNAME_BYTES} bytes`);
      }
      return {
        op,
        requestId: requestIdOf(fields),
        sessionId: fields.string('sessionId'),
        callId: fields.string('callId'),
        remote: { ip: loopbackAddress(remote), port: remote.integer('port', 1, 65_535) },
        input: streamSpec(fields.object('input')),
        cname,
      };
    }
    case 'close-session':
      return { op, requestId: requestIdOf(fields), sessionId: fields.string('sessionId') };
    case 'add-output':
      return {
        op,
        requestId: requestIdOf(fields),
        sessionId: fields.string('sessionId'),
        outputId: fields.string('outputId'),
        stream: streamSpec(fields.object('stream')),
        targetBps: fields.integer('targetBps', MIN_BPS, MAX_BPS),
        ...fields.optionalInteger('maxWidth', 2, MAX_SIDE),
        ...fields.optionalInteger('maxHeight', 2, MAX_SIDE),
      };
    case 'remove-output':
      return {
        op,
        requestId: requestIdOf(fields),
        sessionId: fields.string('sessionId'),
        outputId: fields.string('outputId'),
      };
    case 'set-output-rate':
      return {
        op,
        sessionId: fields.string('sessionId'),
        outputId: fields.string('outputId'),
        targetBps: fields.integer('targetBps', MIN_BPS, MAX_BPS),
        ...fields.optionalInteger('paceBps', MIN_BPS, MAX_PACE_BPS),
      };
    case 'stop':
      return { op };
    default:
      return fields.fail('op', 'one of the known operations');
  }
}

function requestIdOf(fields: FieldReader): number {
  return fields.requestId ?? fields.fail('requestId', 'a non-negative integer');
}

/** Media workers talk to loopback only. */
function loopbackAddress(remote: FieldReader): string {
  const ip = remote.string('ip');
  if (!/^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(ip)) remote.fail('ip', 'an IPv4 loopback address');
  return ip;
}

function streamSpec(fields: FieldReader): RtpStreamSpec {
  const codec = fields.codec('codec');
  const spec = {
    codec,
    ssrc: fields.integer('ssrc', 1, 0xffffffff),
    payloadType: fields.integer('payloadType', 0, 127),
  };
  if (!fields.has('packetizationMode')) return spec;
  if (codec !== 'H264') fields.fail('packetizationMode', `absent for ${codec}`);
  return { ...spec, packetizationMode: fields.integer('packetizationMode', 0, 1) === 0 ? 0 : 1 };
}
