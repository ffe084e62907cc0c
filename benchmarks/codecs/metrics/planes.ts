/** The three planes of a tightly packed I420 picture, as views of its bytes. */

export interface Plane {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

export type Planes = readonly [y: Plane, u: Plane, v: Plane];

/** One value for each plane. */
export type PerPlane = readonly [y: number, u: number, v: number];

/** @throws RangeError where the bytes are no picture of that size */
export function planesOf(i420: Uint8Array, width: number, height: number): Planes {
  const [chromaWidth, chromaHeight] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const luma = width * height;
  const chroma = chromaWidth * chromaHeight;
  if (i420.length !== luma + 2 * chroma) {
    throw new RangeError(`${i420.length} bytes are no I420 picture of ${width}x${height}`);
  }
  const chromaAt = (start: number): Plane => ({
    data: i420.subarray(start, start + chroma),
    width: chromaWidth,
    height: chromaHeight,
  });
  return [{ data: i420.subarray(0, luma), width, height }, chromaAt(luma), chromaAt(luma + chroma)];
}

/** @throws RangeError where two planes differ in size */
export function assertSameSize(a: Plane, b: Plane): void {
  if (a.width !== b.width || a.height !== b.height) {
    throw new RangeError(`planes of ${a.width}x${a.height} and ${b.width}x${b.height} cannot be compared`);
  }
}
