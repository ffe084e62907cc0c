/** One decoded picture shared by all outputs of a session: its native frame is closed with the last reference. */
import type { VideoFrame } from '../../codecs/types.ts';

export class Picture {
  readonly frame: VideoFrame;
  /** When the last packet of its access unit came. */
  readonly lastPacketAtMs: number;
  #references = 1;

  /** Takes over the caller's reference of the frame; the caller owns the picture's first reference. */
  constructor(frame: VideoFrame, lastPacketAtMs: number) {
    this.frame = frame;
    this.lastPacketAtMs = lastPacketAtMs;
  }

  /** One more owner, who must `release()` in turn. */
  acquire(): this {
    this.#references++;
    return this;
  }

  release(): void {
    if (--this.#references === 0) this.frame.close();
  }
}
