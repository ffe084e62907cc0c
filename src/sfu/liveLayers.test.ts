import { describe, expect, it } from 'vitest';
import { BACK_AFTER_MS, LiveLayers, SILENT_AFTER_MS, WAKE_MS } from './liveLayers.ts';

const STEP_MS = 100;

/** Runs a schedule of which layers send, and gives what was read at its end and every change on the way. */
function run(
  phases: readonly {
    readonly forMs: number;
    readonly sends: readonly boolean[];
    readonly wanted?: number;
  }[],
): {
  readonly top: number | null;
  readonly changes: readonly { readonly atMs: number; readonly top: number | null }[];
} {
  const layers = new LiveLayers();
  const bytes = [0, 0];
  let nowMs = 0;
  let top: number | null = null;
  const changes: { atMs: number; top: number | null }[] = [];
  for (const { forMs, sends, wanted } of phases) {
    for (const endMs = nowMs + forMs; nowMs < endMs; nowMs += STEP_MS) {
      for (const [index, sending] of sends.entries()) {
        bytes[index] = (bytes[index] ?? 0) + (sending ? 1000 : 0);
      }
      const read = layers.read(nowMs, bytes, wanted);
      if (read !== top) changes.push({ atMs: nowMs, top: read });
      top = read;
    }
  }
  return { top, changes };
}

describe('live layers', () => {
  it('say nothing while all are sent', () => {
    expect(run([{ forMs: 5000, sends: [true, true] }]).changes).toEqual([]);
  });

  it('tell soon that the larger one went away, and that it came back for good', () => {
    const { changes } = run([
      { forMs: 1000, sends: [true, true] },
      { forMs: 2000, sends: [true, false] },
      { forMs: 2000, sends: [true, true] },
    ]);
    expect(changes).toEqual([
      { atMs: 1000 + SILENT_AFTER_MS - STEP_MS, top: 0 },
      { atMs: 3000 + BACK_AFTER_MS, top: null },
    ]);
  });

  it('do not follow a layer that comes back for a moment only', () => {
    const { changes } = run([
      { forMs: 1000, sends: [true, true] },
      { forMs: 1000, sends: [true, false] },
      { forMs: 300, sends: [true, true] },
      { forMs: 2000, sends: [true, false] },
    ]);
    expect(changes.map(({ top }) => top)).toEqual([0]);
  });

  it('say nothing where all stand still, and where the smaller one is the one that is gone', () => {
    const start = { forMs: 1000, sends: [true, true] };
    expect(run([start, { forMs: 3000, sends: [false, false] }]).changes).toEqual([]);
    expect(run([start, { forMs: 3000, sends: [false, true] }]).changes).toEqual([]);
  });

  it('count a layer that was never sent as none, and believe its first bytes', () => {
    expect(run([{ forMs: 3000, sends: [true, false] }]).changes).toEqual([]);
    expect(
      run([
        { forMs: 3000, sends: [true, false] },
        { forMs: 1000, sends: [true, true] },
      ]).changes,
    ).toEqual([]);
  });

  it('say nothing of a layer that stopped because nobody wants it, and nothing while it wakes up', () => {
    expect(
      run([
        { forMs: 1000, sends: [true, true] },
        { forMs: 300, sends: [true, true], wanted: 1 },
        { forMs: 5000, sends: [true, false], wanted: 1 },
        { forMs: 500, sends: [true, false], wanted: 2 },
        { forMs: 3000, sends: [true, true], wanted: 2 },
        { forMs: 3000, sends: [false, false], wanted: 0 },
        { forMs: 3000, sends: [true, true], wanted: 2 },
      ]).changes,
    ).toEqual([]);
  });

  it('tell when a layer that is wanted again does not come, and believe its first bytes when it does', () => {
    const { changes } = run([
      { forMs: 1000, sends: [true, true] },
      { forMs: 3000, sends: [true, false], wanted: 1 },
      { forMs: 3000, sends: [true, false], wanted: 2 },
      { forMs: 1000, sends: [true, true], wanted: 2 },
    ]);
    expect(changes).toEqual([
      { atMs: 4000 + WAKE_MS, top: 0 },
      { atMs: 7000, top: null },
    ]);
  });

  it('still tell of a layer that went away while a larger one is asleep', () => {
    const layers = new LiveLayers();
    const tops: (number | null)[] = [];
    for (let step = 0; step < 30; step += 1) {
      const grows = (step + 1) * 1000;
      tops.push(layers.read(step * STEP_MS, [grows, step < 10 ? grows : 10_000, 5000], 2));
    }
    expect(tops.at(9)).toBeNull();
    expect(tops.at(-1)).toBe(0);
  });
});
