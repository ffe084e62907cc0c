/**
 * The barcode in the top sixth of every test picture: which picture this is, when it was taken, and whose it is.
 *
 * 32 columns and 3 rows of cells carry 96 bits, most significant first: frame number (32), time in ms modulo 2^40 (40),
 * stream id (8), CRC-16/CCITT-FALSE over those 80 bits (16). A cell is 20x20 at 640x360 and still 5x5 at 160x90.
 *
 * What will surprise you:
 * - Cells are placed by fractions of the picture, so a picture that was scaled as a whole reads the same way.
 * - The threshold lies between the darkest and the brightest cell, so neither a change of luma range nor of brightness
 *   matters; a picture without contrast is refused before the checksum is looked at.
 * - Time wraps about every 35 years: compare with {@link elapsedMs}, never by subtraction.
 */

export interface PatternStamp {
  /** Unsigned, 32 bits. */
  readonly frame: number;
  /** Milliseconds modulo 2^40, see {@link stampTimeMs}. */
  readonly timeMs: number;
  /** 0 to 255: one per published picture stream. */
  readonly stream: number;
}

export class PatternParameterError extends Error {
  readonly code = 'PATTERN_PARAMETER';
  override readonly name = 'PatternParameterError';
}

const COLUMNS = 32;
const ROWS = 3;
const BITS = COLUMNS * ROWS;
/** The band is this fraction of the height. */
const BAND_DIVISOR = 6;
const DARK_LUMA = 40;
const BRIGHT_LUMA = 200;
/** Less than this between the darkest and the brightest cell is no barcode. */
const MIN_CONTRAST_LUMA = 60;
const TIME_MODULUS_MS = 2 ** 40;

/** Wraps a clock's milliseconds (such as `Date.now()`) into what the barcode holds. */
export function stampTimeMs(nowMs: number): number {
  return Math.floor(nowMs) % TIME_MODULUS_MS;
}

/** Milliseconds from one stamp time to a later one, across the wrap; small negative values mean clocks that disagree. */
export function elapsedMs(fromMs: number, toMs: number): number {
  const half = TIME_MODULUS_MS / 2;
  const difference = toMs - fromMs;
  if (difference < -half) return difference + TIME_MODULUS_MS;
  return difference >= half ? difference - TIME_MODULUS_MS : difference;
}

/** The first luma row below the band. */
export function barcodeBottomPx(height: number): number {
  return Math.ceil(height / BAND_DIVISOR);
}

/**
 * Paints the band into a luma plane; rows below it are left alone.
 * @param luma tightly packed plane, `width` bytes a row.
 * @throws PatternParameterError where a field of the stamp does not fit its bits.
 */
export function writeBarcode(luma: Uint8Array, width: number, height: number, stamp: PatternStamp): void {
  const bits = packStamp(stamp);
  const bottom = barcodeBottomPx(height);
  const row = new Uint8Array(width);
  let painted = -1;
  for (let y = 0; y < bottom; y += 1) {
    const cellRow = Math.min(ROWS - 1, Math.floor((y * ROWS * BAND_DIVISOR) / height));
    if (cellRow !== painted) {
      for (let x = 0; x < width; x += 1) {
        const bit = bits[cellRow * COLUMNS + Math.floor((x * COLUMNS) / width)];
        row[x] = bit === 1 ? BRIGHT_LUMA : DARK_LUMA;
      }
      painted = cellRow;
    }
    luma.set(row, y * width);
  }
}

/**
 * Reads the band of a received picture.
 * @param luma luma plane of at least `strideBytes * height` bytes (the last row may be short of its padding).
 * @param strideBytes distance from one row to the next.
 * @returns the stamp, or `null` where there is no barcode or its checksum is wrong.
 */
export function readBarcode(
  luma: Uint8Array,
  strideBytes: number,
  width: number,
  height: number,
): PatternStamp | null {
  if (width < COLUMNS * 2 || height < ROWS * BAND_DIVISOR * 2) return null;
  if (luma.length < strideBytes * (height - 1) + width) return null;
  const means = new Float64Array(BITS);
  let darkest = 255;
  let brightest = 0;
  for (let cell = 0; cell < BITS; cell += 1) {
    const column = cell % COLUMNS;
    const cellRow = Math.floor(cell / COLUMNS);
    const mean = meanOfCentre(
      luma,
      strideBytes,
      (column * width) / COLUMNS,
      width / COLUMNS,
      (cellRow * height) / (ROWS * BAND_DIVISOR),
      height / (ROWS * BAND_DIVISOR),
    );
    means[cell] = mean;
    darkest = Math.min(darkest, mean);
    brightest = Math.max(brightest, mean);
  }
  if (brightest - darkest < MIN_CONTRAST_LUMA) return null;
  const threshold = (darkest + brightest) / 2;
  return unpackStamp(Uint8Array.from(means, (mean) => (mean > threshold ? 1 : 0)));
}

/** Mean of the middle half of a cell in both directions: its borders are where coding and scaling blur. */
function meanOfCentre(
  luma: Uint8Array,
  strideBytes: number,
  left: number,
  cellWidth: number,
  top: number,
  cellHeight: number,
): number {
  const x0 = Math.floor(left + cellWidth / 4);
  const x1 = Math.max(x0 + 1, Math.floor(left + (cellWidth * 3) / 4));
  const y0 = Math.floor(top + cellHeight / 4);
  const y1 = Math.max(y0 + 1, Math.floor(top + (cellHeight * 3) / 4));
  let sum = 0;
  for (let y = y0; y < y1; y += 1) {
    for (let x = x0; x < x1; x += 1) sum += luma[y * strideBytes + x] ?? 0;
  }
  return sum / ((x1 - x0) * (y1 - y0));
}

function packStamp(stamp: PatternStamp): Uint8Array {
  requireUnsigned('frame', stamp.frame, 2 ** 32);
  requireUnsigned('timeMs', stamp.timeMs, TIME_MODULUS_MS);
  requireUnsigned('stream', stamp.stream, 256);
  const payload = new Uint8Array(BITS / 8);
  const view = new DataView(payload.buffer);
  view.setUint32(0, stamp.frame);
  view.setUint8(4, Math.floor(stamp.timeMs / 2 ** 32));
  view.setUint32(5, stamp.timeMs % 2 ** 32);
  view.setUint8(9, stamp.stream);
  view.setUint16(10, crc16(payload.subarray(0, 10)));
  return Uint8Array.from({ length: BITS }, (_, bit) => ((payload[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1);
}

function unpackStamp(bits: Uint8Array): PatternStamp | null {
  const payload = new Uint8Array(BITS / 8);
  bits.forEach((bit, index) => {
    payload[index >> 3] = ((payload[index >> 3] ?? 0) << 1) | bit;
  });
  const view = new DataView(payload.buffer);
  if (view.getUint16(10) !== crc16(payload.subarray(0, 10))) return null;
  return {
    frame: view.getUint32(0),
    timeMs: view.getUint8(4) * 2 ** 32 + view.getUint32(5),
    stream: view.getUint8(9),
  };
}

/** CRC-16/CCITT-FALSE: polynomial 0x1021, starting at 0xffff, so that ten zero bytes do not have checksum zero. */
function crc16(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) {
      crc = (crc & 0x8000) === 0 ? (crc << 1) & 0xffff : ((crc << 1) ^ 0x1021) & 0xffff;
    }
  }
  return crc;
}

function requireUnsigned(name: string, value: number, limit: number): void {
  if (!Number.isInteger(value) || value < 0 || value >= limit) {
    throw new PatternParameterError(`${name} must be a whole number from 0 to ${limit - 1}, was ${value}`);
  }
}
