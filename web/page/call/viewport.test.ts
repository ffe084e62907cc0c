import { expect, it } from 'vitest';
import { arrangementFor } from './viewport.ts';

it.each([
  [390, 844, 'phone'],
  [844, 390, 'side'],
  [932, 430, 'side'],
  [820, 1180, 'medium'],
  [1024, 768, 'medium'],
  [1280, 720, 'wide'],
  [3840, 2160, 'wide'],
  // A low window on a desk is no phone.
  [1400, 450, 'wide'],
  // A phone's keyboard makes it low, not wide.
  [390, 420, 'phone'],
] as const)('%i × %i is %s', (width, height, arrangement) => {
  expect(arrangementFor(width, height)).toBe(arrangement);
});
