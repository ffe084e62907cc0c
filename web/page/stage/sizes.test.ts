import { describe, expect, it } from 'vitest';
import { RemoteStream } from '../../sdk/remote-stream.ts';
import type { Place } from './arrangement.ts';
import type { Member } from './cast.ts';
import { type Seen, sizesOf } from './sizes.ts';
import { OUT_OF_VIEW, viewSizeOf } from './view-size.ts';

const member = (key: string): Member => ({
  key,
  participantId: key,
  name: key,
  self: false,
  source: 'camera',
  state: 'live',
  picture: new RemoteStream(key, 'camera'),
  sound: null,
  track: null,
  delivery: null,
  share: null,
  unavailable: null,
  why: null,
  sentCodec: null,
  muted: false,
  handRaised: false,
  quality: 'good',
});
const place: Place = { x: 0, y: 0, width: 400, height: 225, role: 'cell' };
const cast = [member('a'), member('b')];
const seen: Seen = {
  places: new Map([['a', place]]),
  attentive: true,
  fullScreen: null,
  screen: { width: 1920, height: 1080 },
  pip: null,
  ratio: 1,
};
const sizes = (change: Partial<Seen>): unknown[] =>
  sizesOf(cast, { ...seen, ...change }).map(([, size]) => size);

describe('viewSizeOf', () => {
  it('rounds up to steps, so that small changes say nothing', () => {
    expect(viewSizeOf({ width: 400, height: 225 }, 1)).toEqual({ width: 448, height: 256 });
    expect(viewSizeOf({ width: 410, height: 231 }, 1)).toEqual({ width: 448, height: 256 });
  });

  it('counts device pixels, two for each at most', () => {
    expect(viewSizeOf({ width: 320, height: 192 }, 2)).toEqual({ width: 640, height: 384 });
    expect(viewSizeOf({ width: 320, height: 192 }, 3.5)).toEqual({ width: 640, height: 384 });
    expect(viewSizeOf({ width: 320, height: 192 }, 0.5)).toEqual({ width: 320, height: 192 });
    expect(viewSizeOf({ width: 0, height: 192 }, 1)).toBe(OUT_OF_VIEW);
  });
});

describe('sizesOf', () => {
  it('asks for what is in view and for nothing else', () => {
    expect(sizes({})).toEqual([{ width: 448, height: 256 }, OUT_OF_VIEW]);
    expect(sizes({ attentive: false })).toEqual([OUT_OF_VIEW, OUT_OF_VIEW]);
  });

  it('gives a full screen everything, and the tiles behind it nothing', () => {
    expect(sizes({ fullScreen: 'b' })).toEqual([OUT_OF_VIEW, { width: 1920, height: 1088 }]);
  });

  it('keeps the small window fed while the page is hidden', () => {
    expect(sizes({ attentive: false, pip: 'b' })).toEqual([OUT_OF_VIEW, { width: 512, height: 320 }]);
  });
});
