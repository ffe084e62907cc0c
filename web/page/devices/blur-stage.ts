/**
 * Between the camera and everything that shows or sends it: the picture as it is, or with its background blurred.
 *
 * What will surprise you: where blur is wished for, a camera that nobody has seen yet gives no picture before the blur works, and
 * none where it fails; who switches blur on while the camera shows goes on showing until it works.
 *
 * Ownership: owns the blur that it started; the camera's track stays with its owner.
 */
import { Emitter } from '../../sdk/emitter.ts';
import type { BlurState, BlurredTrack, StartBlur } from './device-types.ts';

export interface BlurStageEvents {
  changed: [];
  /** Blur does not work here. True: a picture is held back for it. */
  failed: [boolean];
}

export class BlurStage extends Emitter<BlurStageEvents> {
  readonly #start: StartBlur;
  #input: MediaStreamTrack | null = null;
  /** The camera's track that has been shown as it is. */
  #seen: MediaStreamTrack | null = null;
  #state: BlurState = 'off';
  #blurred: BlurredTrack | null = null;
  #turn = 0;

  constructor(start: StartBlur) {
    super();
    this.#start = start;
  }

  get state(): BlurState {
    return this.#state;
  }

  /** What may be shown and sent. */
  get output(): MediaStreamTrack | null {
    if (this.#input === null) return null;
    if (this.#state === 'on') return this.#blurred?.track ?? null;
    return this.#state === 'off' || this.#seen === this.#input ? this.#input : null;
  }

  /** The camera's track, another one, or none. */
  setInput(track: MediaStreamTrack | null): void {
    if (this.#input === track) return;
    this.#input = track;
    this.#turn += 1;
    if (this.#isWanted()) {
      this.#state = 'starting';
      if (track !== null) void this.#begin(track);
      else if (this.#blurred?.method === 'platform') this.#drop();
    } else if (track !== null) {
      // After it failed: whoever opens the camera again wants to be seen.
      this.#state = 'off';
      this.#seen = track;
    }
    this.emit('changed');
  }

  setWanted(on: boolean): void {
    if (on === this.#isWanted()) return;
    this.#turn += 1;
    if (on) {
      this.#state = 'starting';
      if (this.#input !== null) void this.#begin(this.#input);
    } else {
      this.#drop();
      this.#state = 'off';
      this.#seen = this.#input;
    }
    this.emit('changed');
  }

  close(): void {
    this.#turn += 1;
    this.#drop();
    this.#state = 'off';
    this.#input = null;
    this.removeAllListeners();
  }

  #isWanted(): boolean {
    return this.#state === 'on' || this.#state === 'starting';
  }

  async #begin(input: MediaStreamTrack): Promise<void> {
    const turn = this.#turn;
    try {
      if (this.#blurred === null) {
        const blurred = await this.#start(input, () => this.#stopped(blurred));
        if (turn !== this.#turn) {
          blurred.close();
          return;
        }
        this.#blurred = blurred;
      } else await this.#blurred.setSource(input);
      if (turn !== this.#turn) return;
      this.#state = 'on';
      this.#seen = null;
      this.emit('changed');
    } catch {
      if (turn === this.#turn) this.#fail();
    }
  }

  #stopped(which: BlurredTrack): void {
    if (this.#blurred === which) this.#fail();
  }

  #fail(): void {
    const held = this.#input !== null && this.#seen !== this.#input;
    this.#turn += 1;
    this.#drop();
    this.#state = 'unavailable';
    this.emit('failed', held);
    this.emit('changed');
  }

  #drop(): void {
    this.#blurred?.close();
    this.#blurred = null;
  }
}
