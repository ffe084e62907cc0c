/** Which of the two networks suits a picture, and the pictures they take. */

export interface Network {
  readonly name: 'landscape' | 'square';
  /** Pixels of its input and of its mask. */
  readonly width: number;
  readonly height: number;
}

const LANDSCAPE: Network = { name: 'landscape', width: 256, height: 144 };
const SQUARE: Network = { name: 'square', width: 256, height: 256 };
/** Between 4:3, which the landscape network takes a little flattened, and 1:1. */
const LEAST_LANDSCAPE_RATIO = 1.2;

/** @param width pixels, as `height`; only their ratio counts. */
export function networkFor(width: number, height: number): Network {
  return width >= height * LEAST_LANDSCAPE_RATIO ? LANDSCAPE : SQUARE;
}
