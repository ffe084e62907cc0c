/**
 * The JSON of control frames: UTF-8, one document, any value (CCP-1, RFC 8259).
 *
 * What will surprise you: three things that JavaScript's own parser lets through are refused, since other CCP-1 peers
 * refuse them too: numbers beyond the range of a double, strings with half a surrogate pair, and nesting deeper than 127.
 * The same check runs before sending, so that we never send what a peer would end the connection for.
 */
import { ProtocolError } from '../errors.ts';
import type { JsonValue } from './frame.ts';

/** Arrays and objects inside each other, at most. */
export const MAX_JSON_DEPTH = 127;

const encoder = new TextEncoder();
// A byte order mark is not JSON: keep it, so that the parser refuses it.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function checkText(text: string): void {
  if (!text.isWellFormed()) {
    throw new ProtocolError('InvalidControlJson', 'a string holds half a surrogate pair');
  }
}

function checkValue(value: unknown, depth: number): asserts value is JsonValue {
  switch (typeof value) {
    case 'string':
      checkText(value);
      return;
    case 'number':
      if (!Number.isFinite(value)) throw new ProtocolError('InvalidControlJson', 'a number is out of range');
      return;
    case 'boolean':
      return;
    case 'object':
      break;
    default:
      throw new ProtocolError('InvalidControlJson', `a ${typeof value} is not JSON`);
  }
  if (value === null) return;
  if (depth >= MAX_JSON_DEPTH) {
    throw new ProtocolError('InvalidControlJson', `nested deeper than ${MAX_JSON_DEPTH}`);
  }
  if (Array.isArray(value)) {
    for (const item of value) checkValue(item, depth + 1);
    return;
  }
  for (const [name, member] of Object.entries(value)) {
    checkText(name);
    if (member !== undefined) checkValue(member, depth + 1);
  }
}

/**
 * Reads a control payload.
 * @throws {ProtocolError} InvalidControlJson
 */
export function parseControl(payload: Uint8Array): JsonValue {
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(payload));
  } catch (cause) {
    // The parser's own message quotes the input, which does not belong into a log or an answer.
    throw new ProtocolError('InvalidControlJson', 'the payload is not a JSON document in UTF-8', { cause });
  }
  checkValue(value, 0);
  return value;
}

/**
 * Writes a control payload, without spaces.
 * @throws {ProtocolError} InvalidControlJson where the value is not JSON
 */
export function serialiseControl(control: JsonValue): Uint8Array {
  checkValue(control, 0);
  return encoder.encode(JSON.stringify(control));
}
