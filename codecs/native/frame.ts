/** A reference to one I420 picture in native memory, or on a device from where it is copied when somebody needs it. */
import type { Rtp90k, VideoFrame } from '../types.ts';
import { StaleHandleError } from '../errors.ts';
import type { NativeCore } from './core.ts';

/** Bytes of a packed I420 picture; chroma planes are rounded up. */
export function i420Bytes(width: number, height: number): number {
  return width * height + 2 * Math.ceil(width / 2) * Math.ceil(height / 2);
}

export class NativeFrame implements VideoFrame {
  readonly width: number;
  readonly height: number;
  readonly timestampRtp90k: Rtp90k;
  readonly #core: NativeCore;
  #handle: number;

  /** Takes over the reference that `handle` stands for. */
  constructor(core: NativeCore, handle: number, width: number, height: number, timestampRtp90k: Rtp90k) {
    this.#core = core;
    this.#handle = handle;
    this.width = width;
    this.height = height;
    this.timestampRtp90k = timestampRtp90k;
  }

  /** The native handle, for jobs of the same engine; 0 after `close()`, which the shim answers as stale. */
  handleFor(core: NativeCore): number {
    return core === this.#core ? this.#handle : 0;
  }

  /** A second reference of its own to the same picture. @throws {StaleHandleError} after `close()` */
  share(): NativeFrame {
    if (this.#handle === 0 || this.#core.closed) {
      throw new StaleHandleError('share a frame: it was closed already');
    }
    const handle = this.#core.library.frameShare(this.#core.handle, this.#handle);
    return new NativeFrame(
      this.#core,
      this.#core.check(handle, 'share a frame'),
      this.width,
      this.height,
      this.timestampRtp90k,
    );
  }

  toI420(): Uint8Array {
    if (this.#handle === 0 || this.#core.closed) {
      throw new StaleHandleError('read a frame: it was closed already');
    }
    const data = new Uint8Array(i420Bytes(this.width, this.height));
    const status = this.#core.library.frameToI420(this.#core.handle, this.#handle, data, data.length);
    this.#core.check(status, 'read a frame');
    return data;
  }

  close(): void {
    if (this.#handle === 0) return;
    const handle = this.#handle;
    this.#handle = 0;
    // The engine's end has freed every frame.
    if (!this.#core.closed) {
      this.#core.check(this.#core.library.frameRelease(this.#core.handle, handle), 'close a frame');
    }
  }
}
