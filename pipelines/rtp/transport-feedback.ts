/**
 * Transport-wide feedback on the wire: draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1 (RTPFB, FMT 15).
 *
 *     base sequence number | packet status count
 *     reference time (24)  | feedback count (8)
 *     status chunks, 16 bits each: runs of one status, or 14 one-bit or 7 two-bit statuses
 *     deltas: 8 bits for "small", signed 16 for "large"; then padding
 *
 * What will surprise you: a chunk may name more statuses than the count; what is beyond the count is passed over, and must not claim
 * deltas. The 3 of the two-bit statuses is reserved in the draft and refused here. Where the deltas end within a word, zeros follow and
 * the padding bit stays off: RFC 3550 allows padding in whole words only, though some senders set it for one to three bytes.
 */
import { RtpParseError, RtpWriteError } from './errors.ts';
import { RTCP_FORMAT, RTCP_TYPE, type TransportFeedback } from './rtcp-types.ts';

const HEADER_BYTES = 4;
const FIXED_BODY_BYTES = 16;
const NOT_RECEIVED = 0;
const SMALL_DELTA = 1;
const LARGE_DELTA = 2;
const MAX_RUN = 0x1fff;
const ONE_BIT_STATUSES = 14;
const TWO_BIT_STATUSES = 7;
const MAX_SMALL_TICKS = 0xff;

/**
 * @param body all after the RTCP header, without padding
 * @throws RtpParseError where statuses or deltas are cut off, or a status is reserved
 */
export function parseTransportFeedback(body: DataView): TransportFeedback {
  if (body.byteLength < FIXED_BODY_BYTES) {
    throw new RtpParseError(
      'RTCP_BAD_FEEDBACK',
      `transport feedback of ${body.byteLength} bytes, needs ${FIXED_BODY_BYTES}`,
    );
  }
  const statusCount = body.getUint16(10);
  const statuses: number[] = [];
  let at = FIXED_BODY_BYTES;
  while (statuses.length < statusCount) {
    if (at + 2 > body.byteLength) {
      throw new RtpParseError('RTCP_BAD_FEEDBACK', `statuses end after ${statuses.length} of ${statusCount}`);
    }
    readChunk(body.getUint16(at), statusCount, statuses);
    at += 2;
  }
  const deltas250Us = statuses.map((status) => {
    if (status === NOT_RECEIVED) return null;
    const bytes = status === SMALL_DELTA ? 1 : 2;
    if (at + bytes > body.byteLength) {
      throw new RtpParseError('RTCP_BAD_FEEDBACK', 'transport feedback ends within its deltas');
    }
    const ticks = status === SMALL_DELTA ? body.getUint8(at) : body.getInt16(at);
    at += bytes;
    return ticks;
  });
  return {
    type: 'transport-feedback',
    senderSsrc: body.getUint32(0),
    mediaSsrc: body.getUint32(4),
    baseSequenceNumber: body.getUint16(8),
    referenceTime64Ms: body.getInt32(12) >> 8,
    feedbackCount: body.getUint8(15),
    deltas250Us,
  };
}

function readChunk(chunk: number, statusCount: number, statuses: number[]): void {
  const left = statusCount - statuses.length;
  if ((chunk & 0x8000) === 0) {
    const status = checkStatus((chunk >> 13) & 3);
    for (let i = Math.min(chunk & MAX_RUN, left); i > 0; i--) statuses.push(status);
    // A run of none would never come to an end in a long enough packet of nothing else.
    if ((chunk & MAX_RUN) === 0) throw new RtpParseError('RTCP_BAD_FEEDBACK', 'a run of no statuses');
    return;
  }
  const bits = (chunk & 0x4000) === 0 ? 1 : 2;
  const count = Math.min(bits === 1 ? ONE_BIT_STATUSES : TWO_BIT_STATUSES, left);
  for (let i = 1; i <= count; i++) {
    statuses.push(checkStatus((chunk >> (14 - bits * i)) & (bits === 1 ? 1 : 3)));
  }
}

function checkStatus(status: number): number {
  if (status > LARGE_DELTA) throw new RtpParseError('RTCP_BAD_FEEDBACK', 'a status that is reserved');
  return status;
}

/**
 * @returns the whole RTCP packet, header included
 * @throws RtpWriteError where a field does not fit its bits
 */
export function writeTransportFeedback(packet: TransportFeedback): Uint8Array {
  requireRange('baseSequenceNumber', packet.baseSequenceNumber, 0, 0xffff);
  requireRange('referenceTime64Ms', packet.referenceTime64Ms, -0x80_0000, 0x7f_ffff);
  requireRange('feedbackCount', packet.feedbackCount, 0, 0xff);
  requireRange('statuses', packet.deltas250Us.length, 1, 0xffff);
  const statuses = packet.deltas250Us.map((ticks): number => {
    if (ticks === null) return NOT_RECEIVED;
    requireRange('delta', ticks, -0x8000, 0x7fff);
    return ticks >= 0 && ticks <= MAX_SMALL_TICKS ? SMALL_DELTA : LARGE_DELTA;
  });
  const chunks = writeChunks(statuses);
  const deltaBytes = statuses.reduce((sum, status) => sum + status, 0);
  const usedBytes = HEADER_BYTES + FIXED_BODY_BYTES + 2 * chunks.length + deltaBytes;
  const bytes = Math.ceil(usedBytes / 4) * 4;
  requireRange('words', bytes / 4 - 1, 0, 0xffff);
  const view = new DataView(new ArrayBuffer(bytes));
  view.setUint8(0, (2 << 6) | RTCP_FORMAT.transportFeedback);
  view.setUint8(1, RTCP_TYPE.transportFeedback);
  view.setUint16(2, bytes / 4 - 1);
  view.setUint32(4, packet.senderSsrc);
  view.setUint32(8, packet.mediaSsrc);
  view.setUint16(12, packet.baseSequenceNumber);
  view.setUint16(14, statuses.length);
  view.setInt32(16, packet.referenceTime64Ms << 8);
  view.setUint8(19, packet.feedbackCount);
  let at = HEADER_BYTES + FIXED_BODY_BYTES;
  for (const chunk of chunks) {
    view.setUint16(at, chunk);
    at += 2;
  }
  packet.deltas250Us.forEach((ticks, i) => {
    if (ticks === null) return;
    if (statuses[i] === SMALL_DELTA) view.setUint8(at, ticks);
    else view.setInt16(at, ticks);
    at += statuses[i] ?? 0;
  });
  return new Uint8Array(view.buffer);
}

/** A run where that takes in more than a vector would; else the vector that holds most. */
function writeChunks(statuses: readonly number[]): number[] {
  const chunks: number[] = [];
  let at = 0;
  while (at < statuses.length) {
    const first = statuses[at] ?? NOT_RECEIVED;
    let run = 1;
    while (run < MAX_RUN && statuses[at + run] === first) run++;
    const ahead = statuses.slice(at, at + ONE_BIT_STATUSES);
    const oneBit = ahead.every((status) => status !== LARGE_DELTA);
    const inVector = Math.min(oneBit ? ONE_BIT_STATUSES : TWO_BIT_STATUSES, ahead.length);
    if (run >= inVector) {
      chunks.push((first << 13) | run);
      at += run;
      continue;
    }
    const bits = oneBit ? 1 : 2;
    let chunk = oneBit ? 0x8000 : 0xc000;
    for (let i = 1; i <= inVector; i++) chunk |= (ahead[i - 1] ?? NOT_RECEIVED) << (14 - bits * i);
    chunks.push(chunk);
    at += inVector;
  }
  return chunks;
}

function requireRange(name: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RtpWriteError(`${name} must be an integer from ${min} to ${max}, got ${value}`);
  }
}
