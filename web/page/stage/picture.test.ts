// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Picture } from './picture.ts';
import { OneStream, track } from './stage-bench.testing.tsx';

/** What a tile's element is given, in order: how many tracks the stream had at that moment. */
class TileVideo extends EventTarget {
  readonly begunWith: number[] = [];
  muted = false;
  paused = false;
  #stream: MediaStream | null = null;

  get srcObject(): MediaStream | null {
    return this.#stream;
  }

  set srcObject(stream: MediaStream | null) {
    this.#stream = stream;
    if (stream !== null) this.begunWith.push(stream.getVideoTracks().length);
  }

  shown(): readonly unknown[] {
    return this.#stream?.getVideoTracks() ?? [];
  }

  begin(): void {
    this.dispatchEvent(new Event('loadstart'));
  }

  play(): Promise<void> {
    this.paused = false;
    return Promise.resolve();
  }
}

const one = track();
const other = track();

function attached(picture: Picture): TileVideo {
  const element = new TileVideo();
  picture.attach(element as unknown as HTMLVideoElement);
  return element;
}

beforeEach(() => {
  vi.stubGlobal('MediaStream', OneStream);
  vi.spyOn(document, 'readyState', 'get').mockReturnValue('complete');
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('the picture of a tile', () => {
  it('begins with an empty stream where the track comes later', () => {
    const picture = new Picture();
    const element = attached(picture);
    element.begin();
    picture.show(one);
    expect(element.begunWith).toEqual([0]);
    expect(element.shown()).toEqual([one]);
  });

  it('begins with an empty stream where the track was there first, and shows it as soon as loading began', () => {
    const picture = new Picture();
    picture.show(one);
    const element = attached(picture);
    expect(element.shown()).toEqual([]);
    element.begin();
    expect(element.begunWith).toEqual([0]);
    expect(element.shown()).toEqual([one]);
  });

  it('shows only the latest of tracks that come before loading began', () => {
    const picture = new Picture();
    const element = attached(picture);
    picture.show(one);
    picture.show(other);
    element.begin();
    expect(element.begunWith).toEqual([0]);
    expect(element.shown()).toEqual([other]);
  });

  it('exchanges tracks without beginning again, and keeps the last picture between them', () => {
    const picture = new Picture();
    const element = attached(picture);
    element.begin();
    picture.show(one);
    const { srcObject } = element;
    picture.show(null);
    picture.show(other);
    expect(element.srcObject).toBe(srcObject);
    expect(element.begunWith).toEqual([0]);
    expect(element.shown()).toEqual([other]);
  });

  it('begins empty again in another element, and leaves the first one', () => {
    const picture = new Picture();
    picture.show(one);
    const first = attached(picture);
    first.begin();
    const second = attached(picture);
    first.begin();
    expect([first.srcObject, second.shown()]).toEqual([null, []]);
    second.begin();
    expect([second.begunWith, second.shown()]).toEqual([[0], [one]]);
    picture.attach(null);
    expect(second.srcObject).toBeNull();
  });

  it('waits, while the page loads, until there is a track', () => {
    vi.spyOn(document, 'readyState', 'get').mockReturnValue('interactive');
    const picture = new Picture();
    const element = attached(picture);
    expect(element.begunWith).toEqual([]);
    picture.show(one);
    element.begin();
    expect([element.begunWith, element.shown()]).toEqual([[0], [one]]);
  });

  it('plays again what the browser had stopped', () => {
    const picture = new Picture();
    const element = attached(picture);
    element.begin();
    element.paused = true;
    picture.show(one);
    expect(element.paused).toBe(false);
  });
});
