/**
 * Video files that hold what an encoder writes and nothing more: IVF for VP8 and VP9, Annex B for H.264. For conformance streams,
 * benchmarks and recordings made for inspection.
 */
import { CodecBitstreamError } from './errors.ts';

const IVF_HEADER_BYTES = 32;
const IVF_FRAME_HEADER_BYTES = 12;

export interface IvfFile {
  readonly fourcc: string;
  readonly width: number;
  readonly height: number;
  readonly frames: readonly Uint8Array[];
}

/**
 * Reads an IVF file (libvpx's own format: 32 bytes of header, then 12 bytes before each frame).
 * @throws {CodecBitstreamError} where it is no IVF file, or ends within a frame
 */
export function readIvf(file: Uint8Array): IvfFile {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (bytes.length < IVF_HEADER_BYTES || bytes.toString('latin1', 0, 4) !== 'DKIF') {
    throw new CodecBitstreamError('not an IVF file');
  }
  const frames: Uint8Array[] = [];
  let at = bytes.readUInt16LE(6);
  while (at < bytes.length) {
    const start = at + IVF_FRAME_HEADER_BYTES;
    const end = start <= bytes.length ? start + bytes.readUInt32LE(at) : Infinity;
    if (end > bytes.length) throw new CodecBitstreamError(`the IVF file ends within frame ${frames.length}`);
    frames.push(file.subarray(start, end));
    at = end;
  }
  return {
    fourcc: bytes.toString('latin1', 8, 12),
    width: bytes.readUInt16LE(12),
    height: bytes.readUInt16LE(14),
    frames,
  };
}

/** Writes an IVF file; each frame's time stamp is its number. `fourcc` is VP80 or VP90. */
export function writeIvf(
  width: number,
  height: number,
  frameRate: number,
  frames: readonly Uint8Array[],
  fourcc = 'VP80',
): Uint8Array {
  const header = Buffer.alloc(IVF_HEADER_BYTES);
  header.write('DKIF', 0, 'latin1');
  header.writeUInt16LE(IVF_HEADER_BYTES, 6);
  header.write(fourcc, 8, 'latin1');
  header.writeUInt16LE(width, 12);
  header.writeUInt16LE(height, 14);
  header.writeUInt32LE(frameRate, 16);
  header.writeUInt32LE(1, 20);
  header.writeUInt32LE(frames.length, 24);
  const parts: Uint8Array[] = [header];
  frames.forEach((frame, number) => {
    const frameHeader = Buffer.alloc(IVF_FRAME_HEADER_BYTES);
    frameHeader.writeUInt32LE(frame.length, 0);
    frameHeader.writeUInt32LE(number, 4);
    parts.push(frameHeader, frame);
  });
  return Buffer.concat(parts);
}

/** The NAL units of an Annex B stream, each with its start code in front (ITU-T H.264 Annex B). */
export function splitNalUnits(stream: Uint8Array): Uint8Array[] {
  const startCode = Buffer.of(0, 0, 1);
  const bytes = Buffer.from(stream.buffer, stream.byteOffset, stream.byteLength);
  const starts: number[] = [];
  for (let at = bytes.indexOf(startCode); at >= 0; at = bytes.indexOf(startCode, at + 3)) {
    // The zero byte before a start code of four bytes belongs to it.
    starts.push(at > 0 && bytes[at - 1] === 0 ? at - 1 : at);
  }
  return starts.map((start, i) => stream.subarray(start, starts[i + 1] ?? stream.length));
}

/** `nal_unit_type` of a NAL unit that has its start code in front. */
export function nalUnitType(nal: Uint8Array): number {
  return (nal[nal[2] === 1 ? 3 : 4] ?? 0) & 31;
}

/**
 * The access units of an Annex B stream: a new one begins at a first slice, or at what may only stand before one (7.4.1.2.3,
 * without the cases that need a parsed slice header).
 */
export function splitAccessUnits(stream: Uint8Array): Uint8Array[] {
  const units: Uint8Array[] = [];
  let begin = 0;
  let end = 0;
  let hasSlice = false;
  for (const nal of splitNalUnits(stream)) {
    const type = nalUnitType(nal);
    const isSlice = type === 1 || type === 5;
    // first_mb_in_slice is ue(v): a leading 1 bit is zero.
    const isFirstSlice = isSlice && ((nal[nal[2] === 1 ? 4 : 5] ?? 0) & 0x80) !== 0;
    const startsUnit = isFirstSlice || (type >= 6 && type <= 9);
    if (hasSlice && startsUnit) {
      units.push(stream.subarray(begin, end));
      begin = end;
      hasSlice = false;
    }
    if (end === 0) begin = nal.byteOffset - stream.byteOffset;
    end = nal.byteOffset - stream.byteOffset + nal.length;
    hasSlice ||= isSlice;
  }
  if (end > begin) units.push(stream.subarray(begin, end));
  return units;
}
