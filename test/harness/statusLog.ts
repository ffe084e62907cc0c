/** What a page's calm line says over a stretch of time. */
import type { BrowserParticipant } from './participant.ts';
import { passMs } from './wait.ts';

const LOOK_EVERY_MS = 100;

export class StatusLog {
  readonly #person: BrowserParticipant;
  readonly #sentences: string[] = [];
  readonly #reading: Promise<void>;
  #stopped = false;

  /** Reads from now on. */
  constructor(person: BrowserParticipant) {
    this.#person = person;
    this.#reading = this.#read();
  }

  /** Every sentence up to now, in order; the same one is named again only after another one. */
  get sentences(): readonly string[] {
    return [...this.#sentences];
  }

  async stop(): Promise<readonly string[]> {
    this.#stopped = true;
    await this.#reading;
    return this.sentences;
  }

  async #read(): Promise<void> {
    while (!this.#stopped) {
      try {
        const sentence = await this.#person.status();
        if (sentence !== '' && sentence !== this.#sentences.at(-1)) this.#sentences.push(sentence);
      } catch {
        // The page stands still, or is gone: it says nothing.
      }
      await passMs(LOOK_EVERY_MS);
    }
  }
}
