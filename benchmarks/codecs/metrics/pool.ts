/**
 * Compares pictures on threads of their own, so that decoding goes on meanwhile.
 *
 * What will surprise you: the reference is shared memory and only lent; the shown picture's bytes are handed over.
 */
import { Worker } from 'node:worker_threads';
import type { Compared, Comparison } from './worker.ts';

/** Comparisons that one thread holds before the caller waits: pictures are large. */
const MAX_WAITING = 4;

interface Waiting {
  readonly resolve: (compared: Compared) => void;
  readonly reject: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
}

export class MetricPool {
  readonly #threads: readonly Thread[];
  #next = 0;
  #room: (() => void)[] = [];

  /** @param threads at least 1 */
  constructor(threads: number) {
    this.#threads = Array.from({ length: threads }, () => this.#start());
  }

  /** Waits for room in the queue; then answers with a promise of the result, so that the next picture can be prepared. */
  async submit(comparison: Omit<Comparison, 'id'>): Promise<{ readonly result: Promise<Compared> }> {
    let thread = this.#idlest();
    while (thread.waiting.size >= MAX_WAITING) {
      await new Promise<void>((resolve) => this.#room.push(resolve));
      thread = this.#idlest();
    }
    const id = (this.#next += 1);
    const { waiting, worker } = thread;
    const result = new Promise<Compared>((resolve, reject) => waiting.set(id, { resolve, reject }));
    const { shown } = comparison;
    worker.postMessage({ ...comparison, id }, shown.buffer instanceof ArrayBuffer ? [shown.buffer] : []);
    return { result };
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  #idlest(): Thread {
    const [first, ...rest] = this.#threads;
    if (first === undefined) throw new RangeError('a pool without threads');
    return rest.reduce((best, thread) => (thread.waiting.size < best.waiting.size ? thread : best), first);
  }

  #start(): Thread {
    const worker = new Worker(new URL('./worker.ts', import.meta.url));
    const waiting = new Map<number, Waiting>();
    worker.on('message', (compared: Compared) => {
      waiting.get(compared.id)?.resolve(compared);
      waiting.delete(compared.id);
      this.#room.shift()?.();
    });
    worker.on('error', (error: unknown) => {
      for (const { reject } of waiting.values()) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
      waiting.clear();
      for (const resolve of this.#room.splice(0)) resolve();
    });
    return { worker, waiting };
  }
}
