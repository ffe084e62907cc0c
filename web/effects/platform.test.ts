import { describe, expect, it } from 'vitest';
import type { BlurUnavailable } from './errors.ts';
import { openPlatformBlur } from './platform.ts';

/** A camera as the specification describes it; clones share it, each with wishes of its own. */
class Camera extends EventTarget {
  readonly kind = 'video';
  readyState: 'live' | 'ended' = 'live';
  readonly clones: Camera[] = [];
  #constraints: MediaTrackConstraints = { width: 640 };
  #blur = false;
  readonly #can: { readonly backgroundBlur?: boolean[]; readonly obeys?: boolean; readonly throws?: boolean };

  constructor(can: { backgroundBlur?: boolean[]; obeys?: boolean; throws?: boolean }) {
    super();
    this.#can = can;
  }

  getCapabilities(): MediaTrackCapabilities {
    return this.#can.backgroundBlur === undefined ? {} : { backgroundBlur: this.#can.backgroundBlur };
  }

  getConstraints(): MediaTrackConstraints {
    return this.#constraints;
  }

  getSettings(): MediaTrackSettings {
    return { backgroundBlur: this.#blur };
  }

  applyConstraints(constraints: MediaTrackConstraints): Promise<void> {
    if (this.#can.throws === true) return Promise.reject(new Error('OverconstrainedError'));
    this.#constraints = constraints;
    this.#blur = constraints.backgroundBlur === true && this.#can.obeys !== false;
    return Promise.resolve();
  }

  switchOff(): void {
    this.#blur = false;
    this.dispatchEvent(new Event('configurationchange'));
  }

  clone(): Camera {
    const clone = new Camera(this.#can);
    this.clones.push(clone);
    return clone;
  }

  stop(): void {
    this.readyState = 'ended';
  }
}

async function open(camera: Camera) {
  const stopped: BlurUnavailable[] = [];
  // Only these members of a track are used.
  const way = await openPlatformBlur(camera as unknown as MediaStreamTrack, {
    onStopped: (error) => stopped.push(error),
  });
  return { way, stopped };
}

describe('openPlatformBlur', () => {
  it.each([
    ['cannot blur', new Camera({})],
    ['can only not blur', new Camera({ backgroundBlur: [false] })],
    ['refuses', new Camera({ backgroundBlur: [false, true], throws: true })],
    ['takes the constraint and does nothing', new Camera({ backgroundBlur: [false, true], obeys: false })],
  ])('leaves alone a camera that %s', async (_, camera) => {
    expect((await open(camera)).way).toBeNull();
    expect(camera.readyState).toBe('live');
    expect(camera.clones.every((clone) => clone.readyState === 'ended')).toBe(true);
  });

  it('blurs a track of its own and keeps the other wishes', async () => {
    const camera = new Camera({ backgroundBlur: [false, true] });
    const { way, stopped } = await open(camera);
    expect(way?.method).toBe('platform');
    expect(way?.track).toBe(camera.clones[0]);
    expect(way?.track.getConstraints()).toEqual({ width: 640, backgroundBlur: true });
    expect(camera.getSettings().backgroundBlur).toBe(false);
    way?.close();
    way?.close();
    expect([camera.readyState, camera.clones[0]?.readyState]).toEqual(['live', 'ended']);
    expect(stopped).toEqual([]);
  });

  it('ends its track and says so where people switch the blur off in their system', async () => {
    const camera = new Camera({ backgroundBlur: [false, true] });
    const { stopped } = await open(camera);
    camera.clones[0]?.switchOff();
    camera.clones[0]?.switchOff();
    expect(stopped.map((error) => error.code)).toEqual(['STOPPED']);
    expect([camera.readyState, camera.clones[0]?.readyState]).toEqual(['live', 'ended']);
  });
});
