/**
 * The test tone and its measurement: which frequency sounds, how loud, and how far above everything else.
 *
 * A coarse spectrum (Hann window, parabola through the peak's logarithms) finds the tone; then each block of about 80 ms
 * gets its own least-squares sinusoid, and what the sinusoid does not explain is noise.
 *
 * What will surprise you:
 * - Blocks are judged alone because a receiver's jitter buffer stretches and conceals: one jump of phase spoils one block.
 *   The SNR is the blocks' median; how many blocks were broken is reported beside it.
 * - A block without a tone and a block of silence both count as broken, so the report says when sound came and went.
 */

export class ToneParameterError extends Error {
  readonly code = 'TONE_PARAMETER';
  override readonly name = 'ToneParameterError';
}

export interface ToneReport {
  /** Median of the blocks that sound; `null` where none does. */
  readonly frequencyHz: number | null;
  /** Tone against all else, median of the blocks that sound; `null` where none does. */
  readonly snrDb: number | null;
  /** Of the whole recording, 0 being a square wave at full scale; silence is -120. */
  readonly levelDbfs: number;
  readonly blocks: number;
  /** Blocks that are silent or whose SNR is under {@link BROKEN_SNR_DB}. */
  readonly brokenBlocks: number;
}

export const BROKEN_SNR_DB = 10;
const BLOCK_MS = 80;
const SILENCE_DBFS = -70;
const FLOOR_DBFS = -120;
const MAX_FFT = 16_384;
/** How far a block's own frequency may lie from the recording's, Hz. */
const REFINE_HZ = 8;

/**
 * The tone that belongs to a stream id: 300 to 3615 Hz in steps of 13 Hz, neighbouring ids far apart.
 * @param stream 0 to 255, as in the barcode.
 */
export function toneHzOf(stream: number): number {
  if (!Number.isInteger(stream) || stream < 0 || stream > 255) {
    throw new ToneParameterError(`stream must be a whole number from 0 to 255, was ${stream}`);
  }
  return 300 + 13 * ((stream * 37) & 255);
}

/**
 * A run of a sine wave.
 * @param firstSample position of the first sample in the endless wave, so that consecutive runs join without a click.
 * @param amplitude 0 to 1 of full scale.
 */
export function toneSamples(options: {
  readonly frequencyHz: number;
  readonly sampleRateHz: number;
  readonly firstSample: number;
  readonly count: number;
  readonly amplitude: number;
}): Float32Array {
  const turnsPerSample = options.frequencyHz / options.sampleRateHz;
  return Float32Array.from({ length: options.count }, (_, index) => {
    const turns = (options.firstSample + index) * turnsPerSample;
    return options.amplitude * Math.sin(2 * Math.PI * (turns - Math.floor(turns)));
  });
}

/** Signed 16-bit PCM as fractions of full scale; of interleaved channels, the first. */
export function floatFromPcm16(samples: Int16Array, channels: number): Float32Array {
  return Float32Array.from(
    { length: Math.floor(samples.length / channels) },
    (_, index) => (samples[index * channels] ?? 0) / 32_768,
  );
}

/** Fractions of full scale as signed 16-bit PCM, repeated on every channel and clipped. */
export function pcm16FromFloat(samples: Float32Array, channels: number): Int16Array {
  return Int16Array.from({ length: samples.length * channels }, (_, index) => {
    const value = Math.round((samples[Math.floor(index / channels)] ?? 0) * 32_768);
    return Math.max(-32_768, Math.min(32_767, value));
  });
}

/**
 * Finds and judges the one tone of a recording.
 * @param samples mono, fractions of full scale; at least two blocks (160 ms).
 * @throws ToneParameterError where the recording is too short or the rate is not positive.
 */
export function analyzeTone(samples: Float32Array, sampleRateHz: number): ToneReport {
  const blockSamples = Math.round((sampleRateHz * BLOCK_MS) / 1000);
  if (!(sampleRateHz > 0) || samples.length < 2 * blockSamples) {
    throw new ToneParameterError(
      `a tone needs ${2 * BLOCK_MS} ms of sound, got ${samples.length} samples at ${sampleRateHz} Hz`,
    );
  }
  const coarseHz = spectrumPeakHz(samples, sampleRateHz);
  const frequencies: number[] = [];
  const ratios: number[] = [];
  let broken = 0;
  let blocks = 0;
  for (let from = 0; from + blockSamples <= samples.length; from += blockSamples) {
    blocks += 1;
    const block = samples.subarray(from, from + blockSamples);
    if (levelDbfs(block) < SILENCE_DBFS) {
      broken += 1;
      continue;
    }
    const fit = fitTone(block, sampleRateHz, coarseHz);
    frequencies.push(fit.frequencyHz);
    ratios.push(fit.snrDb);
    if (fit.snrDb < BROKEN_SNR_DB) broken += 1;
  }
  return {
    frequencyHz: median(frequencies),
    snrDb: median(ratios),
    levelDbfs: levelDbfs(samples),
    blocks,
    brokenBlocks: broken,
  };
}

/** Root mean square in dB of full scale, at least -120. */
export function levelDbfs(samples: Float32Array): number {
  let squares = 0;
  for (const sample of samples) squares += sample * sample;
  if (squares === 0) return FLOOR_DBFS;
  return Math.max(FLOOR_DBFS, 10 * Math.log10(squares / samples.length));
}

/** The frequency of most energy, over the loudest stretch that a transform covers. */
function spectrumPeakHz(samples: Float32Array, sampleRateHz: number): number {
  const size = Math.min(MAX_FFT, 2 ** Math.floor(Math.log2(samples.length)));
  const power = new Float64Array(size / 2);
  for (let from = 0; from + size <= samples.length; from += size) {
    addPowerSpectrum(power, samples.subarray(from, from + size));
  }
  let peak = 2;
  for (let bin = 2; bin < power.length - 1; bin += 1) {
    if ((power[bin] ?? 0) > (power[peak] ?? 0)) peak = bin;
  }
  const tiny = 1e-30;
  const below = Math.log((power[peak - 1] ?? 0) + tiny);
  const at = Math.log((power[peak] ?? 0) + tiny);
  const above = Math.log((power[peak + 1] ?? 0) + tiny);
  const curve = below - 2 * at + above;
  const shift = curve < 0 ? (0.5 * (below - above)) / curve : 0;
  return ((peak + shift) * sampleRateHz) / size;
}

/** Adds |DFT|^2 of a Hann-windowed run; its length is a power of two. */
function addPowerSpectrum(power: Float64Array, samples: Float32Array): void {
  const size = samples.length;
  const real = Float64Array.from(
    samples,
    (sample, index) => sample * (0.5 - 0.5 * Math.cos((2 * Math.PI * index) / size)),
  );
  const imaginary = new Float64Array(size);
  fft(real, imaginary);
  for (let bin = 0; bin < power.length; bin += 1) {
    power[bin] = (power[bin] ?? 0) + (real[bin] ?? 0) ** 2 + (imaginary[bin] ?? 0) ** 2;
  }
}

/** In-place radix-2 transform. */
function fft(real: Float64Array, imaginary: Float64Array): void {
  const size = real.length;
  const swap = (values: Float64Array, a: number, b: number): void => {
    const kept = values[a] ?? 0;
    values[a] = values[b] ?? 0;
    values[b] = kept;
  };
  for (let index = 1, reversed = 0; index < size; index += 1) {
    let bit = size >> 1;
    for (; (reversed & bit) !== 0; bit >>= 1) reversed ^= bit;
    reversed ^= bit;
    if (index < reversed) {
      swap(real, index, reversed);
      swap(imaginary, index, reversed);
    }
  }
  for (let span = 2; span <= size; span *= 2) {
    const half = span / 2;
    for (let pair = 0; pair < half; pair += 1) {
      const angle = (-2 * Math.PI * pair) / span;
      const cos = Math.cos(angle);
      const sin = Math.sin(angle);
      for (let a = pair; a < size; a += span) {
        const b = a + half;
        const re = (real[b] ?? 0) * cos - (imaginary[b] ?? 0) * sin;
        const im = (real[b] ?? 0) * sin + (imaginary[b] ?? 0) * cos;
        real[b] = (real[a] ?? 0) - re;
        imaginary[b] = (imaginary[a] ?? 0) - im;
        real[a] = (real[a] ?? 0) + re;
        imaginary[a] = (imaginary[a] ?? 0) + im;
      }
    }
  }
}

/** The sinusoid near `aroundHz` that leaves least of the block unexplained (golden-section search). */
function fitTone(
  block: Float32Array,
  sampleRateHz: number,
  aroundHz: number,
): { frequencyHz: number; snrDb: number } {
  const golden = (Math.sqrt(5) - 1) / 2;
  let low = Math.max(1, aroundHz - REFINE_HZ);
  let high = aroundHz + REFINE_HZ;
  for (let step = 0; step < 22; step += 1) {
    const a = high - golden * (high - low);
    const b = low + golden * (high - low);
    if (toneShare(block, sampleRateHz, a) > toneShare(block, sampleRateHz, b)) high = b;
    else low = a;
  }
  const frequencyHz = (low + high) / 2;
  const share = toneShare(block, sampleRateHz, frequencyHz);
  return { frequencyHz, snrDb: 10 * Math.log10(Math.max(1e-9, share) / Math.max(1e-9, 1 - share)) };
}

/**
 * How much of a block's energy (without its mean) one sinusoid explains: 0 to 1.
 * Least squares over cosine, sine and a constant; taking the means off every product leaves 2x2 normal equations.
 */
function toneShare(block: Float32Array, sampleRateHz: number, frequencyHz: number): number {
  const step = (2 * Math.PI * frequencyHz) / sampleRateHz;
  const stepCos = Math.cos(step);
  const stepSin = Math.sin(step);
  let cos = 1;
  let sin = 0;
  let [c, s, x, cc, cs, ss, xc, xs, xx] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  for (const sample of block) {
    c += cos;
    s += sin;
    x += sample;
    cc += cos * cos;
    cs += cos * sin;
    ss += sin * sin;
    xc += sample * cos;
    xs += sample * sin;
    xx += sample * sample;
    const next = cos * stepCos - sin * stepSin;
    sin = sin * stepCos + cos * stepSin;
    cos = next;
  }
  const count = block.length;
  cc -= (c * c) / count;
  cs -= (c * s) / count;
  ss -= (s * s) / count;
  xc -= (x * c) / count;
  xs -= (x * s) / count;
  xx -= (x * x) / count;
  const determinant = cc * ss - cs * cs;
  if (xx <= 0 || determinant <= 0) return 0;
  const a = (xc * ss - xs * cs) / determinant;
  const b = (xs * cc - xc * cs) / determinant;
  return Math.min(1, Math.max(0, (a * xc + b * xs) / xx));
}

function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

/** Shorter recordings say nothing: two blocks and what a path needs to begin. */
const SHORTEST_RECORDING_SECONDS = 0.16;

/** The tone in a recording that came in pieces; one that is too short gives a report without a tone. */
export function analyzeRecording(pieces: readonly Float32Array[], sampleRateHz: number): ToneReport {
  const count = pieces.reduce((sum, piece) => sum + piece.length, 0);
  if (count < SHORTEST_RECORDING_SECONDS * sampleRateHz) {
    return { frequencyHz: null, snrDb: null, levelDbfs: -120, blocks: 0, brokenBlocks: 0 };
  }
  const samples = new Float32Array(count);
  let at = 0;
  for (const piece of pieces) {
    samples.set(piece, at);
    at += piece.length;
  }
  return analyzeTone(samples, sampleRateHz);
}
