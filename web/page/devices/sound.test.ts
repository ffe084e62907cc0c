import { expect, it } from 'vitest';
import { chimeWav } from './chime.ts';
import { levelOf } from './loudness.ts';

it('shows silence as nothing, a loud voice as everything, and more for louder', () => {
  expect(levelOf(0)).toBe(0);
  expect(levelOf(0.0001)).toBe(0);
  expect(levelOf(1)).toBe(1);
  const quiet = levelOf(0.005);
  const voice = levelOf(0.05);
  expect(quiet).toBeGreaterThan(0);
  expect(voice).toBeGreaterThan(quiet);
  expect(voice).toBeLessThan(1);
});

it('makes a sound that begins and ends in silence, and never clips', () => {
  const view = new DataView(chimeWav());
  expect(String.fromCharCode(...new Uint8Array(view.buffer, 0, 4))).toBe('RIFF');
  expect(view.getUint32(40, true)).toBe(view.byteLength - 44);
  expect(view.getInt16(44, true)).toBe(0);
  expect(Math.abs(view.getInt16(view.byteLength - 2, true))).toBeLessThan(100);
  let peak = 0;
  for (let at = 44; at < view.byteLength; at += 2) peak = Math.max(peak, Math.abs(view.getInt16(at, true)));
  expect(peak).toBeGreaterThan(4_000);
  expect(peak).toBeLessThan(10_000);
});
