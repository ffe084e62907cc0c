/**
 * The test picture: frame `n` of stream `s` at any size, as I420, and how far a received picture is from it.
 *
 * The barcode takes the top sixth; below it lie broad moving gradients, a gliding texture and three soft discs. Everything is integer arithmetic, so that every engine paints the same bytes.
 *
 * What will surprise you:
 * - The content is a function of position as a fraction of the picture, with nothing sharper than a soft edge. A receiver
 *   that got a scaled picture therefore compares with the pattern painted *at the received size*; it need not know the
 *   size that was sent. `pattern.test.ts` states how much that costs.
 * - PSNR is of luma only and leaves out the barcode and a margin under it.
 * - The content depends on frame number and stream: an old picture under a new barcode scores badly.
 */
import { barcodeBottomPx, PatternParameterError, writeBarcode, type PatternStamp } from './barcode.ts';

/** One turn of every wave, and the width and height of the picture in content units. */
const TURN = 4096;
const TURN_MASK = TURN - 1;
const MID_LUMA = 118;
/** What {@link contentPsnrDb} reports for equal pictures, where the true value has no end. */
export const PERFECT_PSNR_DB = 100;

interface Wave {
  readonly amplitude: Int8Array;
  /** Periods across the width and down the height. */
  readonly across: number;
  readonly down: number;
  /** Movement, in 1/4096 of a period a frame. */
  readonly speed: number;
}

/** Two broad gradients that drift apart, and two fine textures that glide together, as a coder's motion search expects. */
const WAVES: readonly Wave[] = [
  { amplitude: waveTable(30), across: 1, down: 1, speed: 23 },
  { amplitude: waveTable(18), across: -1, down: 2, speed: 41 },
  texture(16, 36, 8),
  texture(14, -20, 18),
];

/** A wave of about 17 pixels at 640x360 that moves 2 pixels right and 1 down each frame. */
function texture(amplitude: number, across: number, down: number): Wave {
  return { amplitude: waveTable(amplitude), across, down, speed: -(across * 13 + down * 11) };
}

interface Disc {
  readonly radius: number;
  readonly lift: number;
  readonly speedAcross: number;
  readonly speedDown: number;
}

const DISCS: readonly Disc[] = [
  { radius: 420, lift: 30, speedAcross: 31, speedDown: 19 },
  { radius: 300, lift: -32, speedAcross: -22, speedDown: 37 },
  { radius: 220, lift: 34, speedAcross: 17, speedDown: -43 },
];

const CENTRE_PATH = waveTable(120);

/** Bytes of a tightly packed I420 picture. */
export function pictureBytes(width: number, height: number): number {
  return (width * height * 3) / 2;
}

/**
 * Paints one picture as tightly packed I420: Y, then U, then V.
 * @param out at least {@link pictureBytes} long; may be reused from picture to picture.
 * @param width even, at least 64.
 * @param height even, at least 36.
 * @throws PatternParameterError for sizes or stamps out of range.
 */
export function drawPattern(out: Uint8Array, width: number, height: number, stamp: PatternStamp): void {
  requireSize(width, height);
  if (out.length < pictureBytes(width, height)) {
    throw new PatternParameterError(`picture needs ${pictureBytes(width, height)} bytes, got ${out.length}`);
  }
  writeBarcode(out, width, height, stamp);
  const content = new Content(width, height, stamp.frame, stamp.stream);
  for (let y = barcodeBottomPx(height); y < height; y += 1) {
    content.paintRow(out.subarray(y * width, (y + 1) * width), y);
  }
  drawChroma(out, width, height, stamp);
}

/**
 * PSNR of a received picture against the pattern painted at the received size, luma, below the barcode.
 * @param strideBytes distance from one luma row to the next.
 * @returns decibels, at most {@link PERFECT_PSNR_DB}.
 * @throws PatternParameterError where the plane is too short for its size.
 */
export function contentPsnrDb(
  luma: Uint8Array,
  strideBytes: number,
  width: number,
  height: number,
  stamp: Pick<PatternStamp, 'frame' | 'stream'>,
): number {
  requireSize(width, height);
  if (luma.length < strideBytes * (height - 1) + width) {
    throw new PatternParameterError(`luma plane of ${luma.length} bytes is too short for ${width}x${height}`);
  }
  const content = new Content(width, height, stamp.frame, stamp.stream);
  const expected = new Uint8Array(width);
  // Coding and deblocking smear the barcode's lower edge into the next rows.
  const top = Math.ceil((height * 3) / 16);
  let squares = 0;
  for (let y = top; y < height; y += 1) {
    content.paintRow(expected, y);
    const from = y * strideBytes;
    for (let x = 0; x < width; x += 1) {
      const difference = (expected[x] ?? 0) - (luma[from + x] ?? 0);
      squares += difference * difference;
    }
  }
  if (squares === 0) return PERFECT_PSNR_DB;
  const meanSquare = squares / (width * (height - top));
  return Math.min(PERFECT_PSNR_DB, 10 * Math.log10((255 * 255) / meanSquare));
}

/** The luma content of one picture, row by row. */
class Content {
  readonly #width: number;
  readonly #height: number;
  /** Phase of each wave at each column, frame and stream included. */
  readonly #columns: readonly Int32Array[];
  readonly #discs: readonly { centreX: number; centreY: number; radius: number; lift: number }[];
  readonly #sums: Int32Array;

  constructor(width: number, height: number, frame: number, stream: number) {
    this.#width = width;
    this.#height = height;
    this.#sums = new Int32Array(width);
    this.#columns = WAVES.map((wave, index) => {
      // Modulo before multiplying keeps every product exact, whatever the frame number.
      const start = (frame % TURN) * wave.speed + stream * (977 + 512 * index);
      return Int32Array.from(
        { length: width },
        (_, x) => (wave.across * position(x, width) + start) & TURN_MASK,
      );
    });
    this.#discs = DISCS.map((disc, index) => {
      const turn = frame % TURN;
      const phase = stream * 601 + index * 1300;
      return {
        centreX: 2048 + 12 * (CENTRE_PATH[(turn * disc.speedAcross + phase) & TURN_MASK] ?? 0),
        centreY: 2400 + 9 * (CENTRE_PATH[(turn * disc.speedDown + 2 * phase) & TURN_MASK] ?? 0),
        radius: disc.radius,
        lift: disc.lift,
      };
    });
  }

  paintRow(out: Uint8Array, y: number): void {
    const v = position(y, this.#height);
    const sums = this.#sums.fill(MID_LUMA);
    WAVES.forEach((wave, index) => {
      const columns = this.#columns[index];
      if (columns === undefined) return;
      const rowPhase = (wave.down * v) & TURN_MASK;
      const { amplitude } = wave;
      for (let x = 0; x < sums.length; x += 1) {
        sums[x] = (sums[x] ?? 0) + (amplitude[((columns[x] ?? 0) + rowPhase) & TURN_MASK] ?? 0);
      }
    });
    for (const disc of this.#discs) this.#addDisc(disc, v);
    for (let x = 0; x < sums.length; x += 1) out[x] = Math.min(235, Math.max(16, sums[x] ?? 0));
  }

  #addDisc(disc: { centreX: number; centreY: number; radius: number; lift: number }, v: number): void {
    const dy = v - disc.centreY;
    const reach = disc.radius * disc.radius - dy * dy;
    if (reach <= 0) return;
    const width = this.#width;
    const left = Math.max(0, Math.floor(((disc.centreX - disc.radius) * width) / TURN));
    const right = Math.min(width - 1, Math.ceil(((disc.centreX + disc.radius) * width) / TURN));
    // The lift rises with the depth inside the disc and stays level in the middle: a soft edge, no aliasing.
    const softness = (disc.radius * disc.radius) >> 1;
    for (let x = left; x <= right; x += 1) {
      const dx = position(x, width) - disc.centreX;
      const depth = reach - dx * dx;
      if (depth <= 0) continue;
      const lift = Math.trunc((disc.lift * Math.min(depth, softness)) / softness);
      this.#sums[x] = (this.#sums[x] ?? 0) + lift;
    }
  }
}

/** The centre of a pixel in content units. */
function position(pixel: number, pixels: number): number {
  return Math.floor(((2 * pixel + 1) * (TURN / 2)) / pixels);
}

/** A sine-like wave of two parabolas, so that no engine's `Math.sin` decides a byte. */
function waveTable(amplitude: number): Int8Array {
  const half = TURN / 2;
  return Int8Array.from({ length: TURN }, (_, phase) => {
    const inHalf = phase % half;
    const value = Math.floor((amplitude * inHalf * (half - inHalf)) / ((half * half) / 4) + 0.5);
    return phase < half ? value : -value;
  });
}

const CHROMA = waveTable(28);

/** Slow colour, different for each stream; neutral behind the barcode. */
function drawChroma(out: Uint8Array, width: number, height: number, stamp: PatternStamp): void {
  const chromaWidth = width / 2;
  const chromaHeight = height / 2;
  const uStart = width * height;
  const vStart = uStart + chromaWidth * chromaHeight;
  const bandRows = Math.ceil(barcodeBottomPx(height) / 2);
  out.fill(128, uStart, uStart + bandRows * chromaWidth);
  out.fill(128, vStart, vStart + bandRows * chromaWidth);
  const phase = (stamp.frame % TURN) * 11 + stamp.stream * 723;
  for (let y = bandRows; y < chromaHeight; y += 1) {
    const v = position(y, chromaHeight);
    for (let x = 0; x < chromaWidth; x += 1) {
      const u = position(x, chromaWidth);
      const at = y * chromaWidth + x;
      out[uStart + at] = 128 + (CHROMA[(u + phase) & TURN_MASK] ?? 0);
      out[vStart + at] = 128 + (CHROMA[(v - phase) & TURN_MASK] ?? 0);
    }
  }
}

function requireSize(width: number, height: number): void {
  const fits = (value: number, least: number): boolean =>
    Number.isInteger(value) && value % 2 === 0 && value >= least && value <= 8192;
  if (!fits(width, 64) || !fits(height, 36)) {
    throw new PatternParameterError(`picture size must be even and at least 64x36, was ${width}x${height}`);
  }
}
