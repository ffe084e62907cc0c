/**
 * Talking while a key is held: a muted microphone is open from the press to the release.
 *
 * What will surprise you: a microphone that is on is not touched, neither by the press nor by the release; and whoever mutes or
 * unmutes by button meanwhile has the last word. Pure but for the microphone that it switches.
 */

export interface Microphone {
  /** Whether there is a microphone that could be opened. */
  readonly usable: () => boolean;
  readonly isOn: () => boolean;
  readonly setOn: (on: boolean) => void;
}

export class TalkKey {
  readonly #microphone: Microphone;
  #holding = false;

  constructor(microphone: Microphone) {
    this.#microphone = microphone;
  }

  get holding(): boolean {
    return this.#holding;
  }

  /** @returns whether it opened the microphone */
  press(): boolean {
    if (this.#holding || !this.#microphone.usable() || this.#microphone.isOn()) return false;
    this.#holding = true;
    this.#microphone.setOn(true);
    return true;
  }

  /** The key is up, or cannot be heard any more: another window has the keyboard. Idempotent. */
  release(): void {
    if (!this.#holding) return;
    this.#holding = false;
    if (this.#microphone.isOn()) this.#microphone.setOn(false);
  }

  /** The microphone was switched by other means: it stays as it is when the key is released. */
  forget(): void {
    this.#holding = false;
  }
}
