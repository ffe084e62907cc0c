import { expect, it } from 'vitest';
import { networkFor } from './network.ts';

it('takes the network that fits the shape', () => {
  expect(networkFor(1280, 720).name).toBe('landscape');
  expect(networkFor(640, 480).name).toBe('landscape');
  expect(networkFor(480, 480).name).toBe('square');
  expect(networkFor(480, 640).name).toBe('square');
  expect(networkFor(720, 1280).name).toBe('square');
});
