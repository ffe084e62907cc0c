import { describe, expect, it } from 'vitest';
import { RemoteStream } from './remote-stream.ts';
import { VirtualClock } from './testing/virtual-clock.ts';
import { ViewSizes } from './view-sizes.ts';

function setUp(count = 1): {
  views: ViewSizes;
  clock: VirtualClock;
  streams: RemoteStream[];
  stream: RemoteStream;
  told: string[];
  tell: (name: string) => (size: { width: number; height: number }) => void;
} {
  const clock = new VirtualClock();
  const views = new ViewSizes(clock);
  const streams = Array.from({ length: count }, (_, at) => new RemoteStream(`p${at}`, 'camera'));
  const [stream = new RemoteStream('p', 'camera')] = streams;
  const told: string[] = [];
  const tell =
    (name: string) =>
    ({ width, height }: { width: number; height: number }): number =>
      told.push(`${name} ${width}x${height}`);
  return { views, clock, streams, stream, told, tell };
}

describe('ViewSizes', () => {
  it('tells each change once, in whole pixels', async () => {
    const { views, clock, stream, told, tell } = setUp();
    views.add('c1', stream, tell('c1'));
    views.set(stream, { width: 320.4, height: 180.2 });
    expect(told).toEqual([]);
    await clock.advance(1_000);
    views.set(stream, { width: 320, height: 180 });
    await clock.advance(1_000);
    views.set(stream, { width: 99_999, height: Number.NaN });
    await clock.advance(1_000);
    expect(told).toEqual(['c1 320x180', 'c1 0x0']);
    expect(views.isHidden(stream)).toBe(true);
    views.close();
    expect(clock.pending).toBe(0);
  });

  it('tells a new layout in one go, each stream once', async () => {
    const { views, clock, streams, told, tell } = setUp(25);
    for (const [at, stream] of streams.entries()) views.add(`c${at}`, stream, tell(`c${at}`));
    for (const width of [100, 200, 300]) {
      for (const stream of streams) views.set(stream, { width, height: 100 });
    }
    await clock.advance(0);
    expect(told).toHaveLength(25);
    expect(told.every((line) => line.endsWith('300x100'))).toBe(true);
    views.close();
    expect(clock.pending).toBe(0);
  });

  it('tells a few of the sizes of a window that is dragged, and the last one', async () => {
    const { views, clock, streams, told, tell } = setUp(10);
    for (const [at, stream] of streams.entries()) views.add(`c${at}`, stream, tell(`c${at}`));
    for (let frame = 1; frame <= 120; frame++) {
      for (const stream of streams) views.set(stream, { width: 100 + frame, height: 100 });
      await clock.advance(16);
    }
    await clock.advance(1_000);
    // Two seconds: not 1200 messages, and far below what a server takes.
    expect(told.length).toBeLessThanOrEqual(70);
    expect(told.slice(-10).every((line) => line.endsWith('220x100'))).toBe(true);
    views.close();
    expect(clock.pending).toBe(0);
  });

  it('remembers the size for successors, and forgets consumers', async () => {
    const { views, clock, stream, told, tell } = setUp();
    views.add('c1', stream, tell('c1'));
    views.set(stream, { width: 640, height: 360 });
    await clock.advance(1_000);
    views.add('c2', stream, tell('c2'));
    views.remove('c1');
    views.set(stream, { width: 320, height: 180 });
    await clock.advance(1_000);
    expect(told).toEqual(['c1 640x360', 'c2 640x360', 'c2 320x180']);
    views.close();
    views.set(stream, { width: 1, height: 1 });
    await clock.advance(1_000);
    expect(told).toHaveLength(3);
    expect(clock.pending).toBe(0);
  });
});
