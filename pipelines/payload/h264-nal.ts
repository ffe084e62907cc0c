/** H.264 NAL units: names of their types, and the Annex B byte stream (ITU-T H.264 section 7.3.1 and Annex B). */

export const NAL = {
  slice: 1,
  partitionA: 2,
  idrSlice: 5,
  sei: 6,
  sps: 7,
  pps: 8,
  accessUnitDelimiter: 9,
  /** RFC 6184 section 5.2: from here on the type names a packet structure. */
  stapA: 24,
  fuA: 28,
} as const;

export const ANNEX_B_START_CODE: Uint8Array = Uint8Array.of(0, 0, 0, 1);

export function nalType(header: number): number {
  return header & 0x1f;
}

/** A slice or slice partition A: what carries `first_mb_in_slice`. */
export function isSlice(type: number): boolean {
  return type === NAL.slice || type === NAL.partitionA || type === NAL.idrSlice;
}

/**
 * Splits an Annex B byte stream at its start codes.
 * @returns views without start codes and without trailing zero bytes; empty where there is no start code.
 */
export function splitAnnexB(stream: Uint8Array): Uint8Array[] {
  const nals: Uint8Array[] = [];
  let start = -1;
  const end = (at: number): void => {
    if (start < 0) return;
    let last = at;
    while (last > start && stream[last - 1] === 0) last--;
    if (last > start) nals.push(stream.subarray(start, last));
  };
  let i = 0;
  while (i + 2 < stream.length) {
    const third = stream[i + 2] ?? 0;
    if (third > 1) {
      // No start code can include this byte.
      i += 3;
    } else if (third === 1 && stream[i] === 0 && stream[i + 1] === 0) {
      end(i);
      start = i + 3;
      i += 3;
    } else {
      i += 1;
    }
  }
  end(stream.length);
  return nals;
}
