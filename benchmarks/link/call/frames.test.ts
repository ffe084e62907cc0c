/** What a viewer saw, on the link's clock. */
import { describe, expect, it } from 'vitest';
import { stampTimeMs } from '../../../test/signal/barcode.ts';
import type { FrameSample } from '../../../test/signal/score.ts';
import { framesOf } from './frames.ts';

const START_MS = 1_700_000_000_000;

function sample(frame: number, capturedMs: number, receivedMs: number, stream = 1): FrameSample {
  return {
    frame,
    stream,
    timeMs: stampTimeMs(START_MS + capturedMs),
    receivedAtMs: stampTimeMs(START_MS + receivedMs),
    psnrDb: frame % 2 === 0 ? 40 : null,
  };
}

describe('frames of a log', () => {
  it('are those seen, and between them those that never came', () => {
    const samples = [
      sample(10, -20, 30),
      sample(11, 40, 90),
      sample(11, 40, 150), // shown again
      sample(3, 1, 2, 9), // of somebody else
      sample(14, 220, 300),
    ];
    const log = {
      samples,
      unreadable: 0,
      unseen: 0,
      startedAtMs: 0,
      stoppedAtMs: 0,
      width: 640,
      height: 360,
    };
    expect(framesOf(log, 1, START_MS)).toEqual([
      { captureUs: -20_000, displayUs: 30_000, bytes: 0, psnrDb: 40 },
      { captureUs: 40_000, displayUs: 90_000, bytes: 0 },
      { captureUs: 100_000, displayUs: null, bytes: 0 },
      { captureUs: 160_000, displayUs: null, bytes: 0 },
      { captureUs: 220_000, displayUs: 300_000, bytes: 0, psnrDb: 40 },
    ]);
  });
});
