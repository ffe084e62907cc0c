/**
 * What a page's calm line says over a stretch of time.
 *
 * What will surprise you: the page itself writes it down, at every change. Looking from outside, now and then, misses what is said for
 * a tenth of a second, and a repair may take no longer.
 */
import type { BrowserParticipant } from './participant.ts';

// Runs in the page; here it is text, because this side knows no DOM.
const BEGIN = `(() => {
  const sentences = [];
  const read = () => {
    const sentence = document.querySelector('[data-testid=status]')?.textContent ?? '';
    if (sentence !== '' && sentence !== sentences.at(-1)) sentences.push(sentence);
  };
  const observer = new MutationObserver(read);
  observer.observe(document.body, { subtree: true, childList: true, characterData: true });
  read();
  globalThis.__statusLog = { sentences, stop: () => observer.disconnect() };
})()`;

export class StatusLog {
  readonly #person: BrowserParticipant;

  private constructor(person: BrowserParticipant) {
    this.#person = person;
  }

  /** Writes down from now on; one log for a page at a time. */
  static async begin(person: BrowserParticipant): Promise<StatusLog> {
    await person.testPage.page.evaluate(BEGIN);
    return new StatusLog(person);
  }

  /** Every sentence up to now, in order; the same one is named again only after another one. */
  sentences(): Promise<readonly string[]> {
    return this.#person.testPage.page.evaluate<readonly string[]>('globalThis.__statusLog.sentences');
  }

  async stop(): Promise<readonly string[]> {
    const sentences = await this.sentences();
    await this.#person.testPage.page.evaluate('globalThis.__statusLog.stop()');
    return sentences;
  }
}
