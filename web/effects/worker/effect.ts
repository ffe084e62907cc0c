/**
 * One picture in, one picture out: mask where it is due, then the composition.
 *
 * What will surprise you: without a mask (at first, and while another network is loaded) everything is blurred, the person
 * too. A background that was to be hidden is never shown, not for one picture.
 */
import { BlurUnavailable } from '../errors.ts';
import { Compositor } from './compositor.ts';
import { steadyMask } from './mask.ts';
import { MaskPace } from './pace.ts';
import { Segmenter, type Mask, type PictureSize } from './segmenter.ts';

export class BlurEffect {
  readonly #segmenter: Segmenter;
  readonly #compositor: Compositor;
  readonly #pace = new MaskPace();
  #held = new Float32Array();
  #shown = new Uint8Array();

  private constructor(segmenter: Segmenter, compositor: Compositor) {
    this.#segmenter = segmenter;
    this.#compositor = compositor;
  }

  /**
   * @param strength 0 to 1.
   * @throws BlurUnavailable
   */
  static async open(strength: number): Promise<BlurEffect> {
    const compositor = new Compositor(strength);
    try {
      return new BlurEffect(await Segmenter.open(), compositor);
    } catch (error) {
      compositor.close();
      throw error;
    }
  }

  /**
   * @param atMs the picture's time.
   * @returns a canvas, valid until the next call.
   * @throws BlurUnavailable where the graphics card gave up.
   */
  apply(picture: VideoFrame | ImageBitmap, size: PictureSize, atMs: number): OffscreenCanvas {
    if (this.#compositor.isLost) throw new BlurUnavailable('STOPPED', 'the graphics context was lost');
    const startMs = performance.now();
    const isDue = this.#pace.next();
    if (isDue && !this.#segmenter.segment(picture, size, (mask) => this.#take(mask))) this.#forget();
    const maskedMs = performance.now();
    const canvas = this.#compositor.draw(picture, size);
    this.#pace.took(isDue ? maskedMs - startMs : 0, performance.now() - maskedMs, atMs);
    return canvas;
  }

  /** Another camera: what was seen with the one before says nothing about it. */
  restart(): void {
    this.#forget();
    this.#pace.restart();
  }

  close(): void {
    this.#segmenter.close();
    this.#compositor.close();
  }

  #take({ width, height, values }: Mask): void {
    const isFirst = this.#held.length !== values.length;
    if (isFirst) {
      this.#held = new Float32Array(values.length);
      this.#shown = new Uint8Array(values.length);
    }
    steadyMask(this.#held, values, this.#shown, { isFirst });
    this.#compositor.setMask(this.#shown, { width, height });
  }

  #forget(): void {
    if (this.#held.length === 0) return;
    this.#held = new Float32Array();
    this.#compositor.setMask(new Uint8Array(1), { width: 1, height: 1 });
  }
}
