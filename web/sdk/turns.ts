/** Things to be done about a source, one after the other; different sources do not wait for each other. */
import type { SourceName } from '../../signaling/messages/requests.ts';

export class Turns {
  /** The last thing of each source; settles, never rejects. */
  readonly #last = new Map<SourceName, Promise<void>>();

  /** Runs when everything before it is done. @throws what `run` throws */
  take(source: SourceName, run: () => Promise<void>): Promise<void> {
    const result = (this.#last.get(source) ?? Promise.resolve()).then(run);
    this.#last.set(
      source,
      result.catch(() => undefined),
    );
    return result;
  }

  /** What comes next waits for nothing that was before. */
  forget(): void {
    this.#last.clear();
  }
}
