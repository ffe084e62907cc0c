/** What a test camera films: the pattern with its barcode, or a recording in a loop. */
import { stampTimeMs } from '../signal/barcode.ts';
import { drawPattern, pictureBytes } from '../signal/pattern.ts';
import type { TestPicture } from './api.ts';

/** Paints picture number `number` as tightly packed I420. */
export type Film = (into: Uint8Array, number: number) => void;

const recordings = new Map<string, Promise<Uint8Array>>();

/**
 * @throws DOMException `NotReadableError` where a recording cannot be read, or holds no whole picture of that size.
 */
export async function filmOf({ stream, width, height, clipUrl }: TestPicture): Promise<Film> {
  if (clipUrl === undefined) {
    return (into, frame) =>
      drawPattern(into, width, height, { frame, timeMs: stampTimeMs(Date.now()), stream });
  }
  const reading = recordings.get(clipUrl) ?? read(clipUrl);
  recordings.set(clipUrl, reading);
  const clip = await reading;
  const bytes = pictureBytes(width, height);
  const count = Math.floor(clip.length / bytes);
  if (count === 0) {
    throw new DOMException(`${clipUrl} holds no picture of ${width}x${height}`, 'NotReadableError');
  }
  return (into, number) => {
    const at = (number % count) * bytes;
    into.set(clip.subarray(at, at + bytes));
  };
}

async function read(url: string): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new DOMException(`${url}: ${response.status}`, 'NotReadableError');
  return new Uint8Array(await response.arrayBuffer());
}
