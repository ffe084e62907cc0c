/**
 * How large each stream is shown, told to the server for every consumer that carries it: the server sends no larger layer than
 * that, and nothing of what is not shown.
 *
 * What will surprise you:
 * - Sizes are remembered for the stream and not for its consumer, so a successor or a consumer after a reconnection is told about
 *   at once, without the view's doing.
 * - A change of layout gives many sizes in one go: they are told in one microtask, each once. While a window is being dragged
 *   sizes change with every frame; the server hears of them a few times a second, and of the last one always.
 * - Owns one timer; `close()` is idempotent.
 */
import type { ViewSize } from './call-types.ts';
import type { CancelTimer, Clock } from './clock.ts';
import type { RemoteStream } from './remote-stream.ts';

/** Tells the server one size. */
export type TellSize = (size: ViewSize) => void;

interface Told {
  readonly stream: RemoteStream;
  readonly tell: TellSize;
  size: ViewSize | null;
}

const HIDDEN: ViewSize = { width: 0, height: 0 };
const MAX_PIXELS = 16_384;
/** The server is told at most so often while sizes go on changing... */
const PAUSE_MS = 200;
/** ...and so seldom that many streams together stay far below the number of requests that a server takes. */
const PAUSE_PER_MESSAGE_MS = 40;

export class ViewSizes {
  readonly #clock: Clock;
  readonly #sizes = new WeakMap<RemoteStream, ViewSize>();
  readonly #consumers = new Map<string, Told>();
  #scheduled = false;
  #cancelPause: CancelTimer | null = null;
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isHidden(stream: RemoteStream): boolean {
    return this.#sizes.get(stream) === HIDDEN;
  }

  /** Remembers a size and has it told soon. */
  set(stream: RemoteStream, size: ViewSize): void {
    if (this.#closed || stream.ended) return;
    const width = pixels(size.width);
    const height = pixels(size.height);
    this.#sizes.set(stream, width === 0 || height === 0 ? HIDDEN : { width, height });
    if (this.#scheduled || this.#cancelPause !== null) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  /** A consumer carries the stream, or will: it is told about at once where a size is known. */
  add(consumerId: string, stream: RemoteStream, tell: TellSize): void {
    const told: Told = { stream, tell, size: null };
    this.#consumers.set(consumerId, told);
    this.#tell(told);
  }

  remove(consumerId: string): void {
    this.#consumers.delete(consumerId);
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    this.#consumers.clear();
    this.#cancelPause?.();
    this.#cancelPause = null;
  }

  #flush(): void {
    if (this.#closed) return;
    let count = 0;
    for (const told of this.#consumers.values()) if (this.#tell(told)) count += 1;
    if (count === 0) return;
    this.#cancelPause = this.#clock.after(Math.max(PAUSE_MS, count * PAUSE_PER_MESSAGE_MS), () => {
      this.#cancelPause = null;
      this.#flush();
    });
  }

  #tell(told: Told): boolean {
    const size = this.#sizes.get(told.stream);
    if (size === undefined) return false;
    if (told.size?.width === size.width && told.size.height === size.height) return false;
    told.size = size;
    told.tell(size);
    return true;
  }
}

function pixels(value: number): number {
  return Number.isFinite(value) ? Math.min(MAX_PIXELS, Math.max(0, Math.round(value))) : 0;
}
