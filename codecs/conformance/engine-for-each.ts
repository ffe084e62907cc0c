/** An engine for each test of a suite, and the certainty that the test leaves nothing of it alive. */
import { afterEach, beforeEach, expect } from 'vitest';
import { createCodecEngine } from '../engine.ts';
import type { CodecEngine } from '../types.ts';

/**
 * To be called once at the top of a suite's file.
 * @param use gets the engine of the test that begins
 * @param libraryPath absent: the usual one
 */
export function engineForEach(use: (engine: CodecEngine) => void, libraryPath?: string): void {
  let engine: CodecEngine;
  beforeEach(() => {
    engine = createCodecEngine({ threads: 2, ...(libraryPath === undefined ? {} : { libraryPath }) });
    use(engine);
  });
  afterEach(async () => {
    const live = engine.liveObjects();
    await engine.close();
    expect(live).toEqual({ frames: 0, encoders: 0, decoders: 0, converters: 0, jobs: 0 });
  });
}
