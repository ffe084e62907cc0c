/**
 * What the people of one call write to each other: checked, numbered, passed on, and remembered for those who come later.
 *
 * What will surprise you:
 * - Text is stored and passed on as it is: it is no HTML, and whoever shows it shows it as text. Only control characters are
 *   taken out (a line break stays, a tab becomes a space): they have no picture, and some terminals obey them.
 * - The history is bounded by count and by bytes, because it travels inside one JOIN answer.
 */
import { KeyedTokenBuckets } from '../../signaling/connection/tokenBucket.ts';
import { ProtocolError } from '../../signaling/errors.ts';
import type { ChatMessage } from '../../signaling/messages/requests.ts';
import type { ParticipantId } from '../plan/types.ts';

export interface ChatOptions {
  readonly nowMs: () => number;
  /** Milliseconds since 1970. */
  readonly epochMs: () => number;
  readonly randomId: () => string;
}

export const HISTORY_MESSAGES = 200;
/** An answer to JOIN holds 256 KiB with everybody's capabilities in it. */
export const HISTORY_BYTES = 98_304;
/** A pasted list of links at once; nobody types faster than the rate. */
const BURST = 20;
const MESSAGES_PER_SECOND = 5;

export class Chat {
  readonly #options: ChatOptions;
  readonly #history: { readonly message: ChatMessage; readonly bytes: number }[] = [];
  readonly #buckets = new KeyedTokenBuckets(BURST, MESSAGES_PER_SECOND);
  #bytes = 0;

  constructor(options: ChatOptions) {
    this.#options = options;
  }

  /** What was written so far, oldest first. */
  get history(): readonly ChatMessage[] {
    return this.#history.map(({ message }) => message);
  }

  /**
   * @returns the message as everybody gets it
   * @throws ProtocolError RateLimited, InvalidMessage where nothing visible is left of the text
   */
  write(author: { readonly id: ParticipantId; readonly name: string }, text: string): ChatMessage {
    if (!this.#buckets.take(author.id, this.#options.nowMs())) {
      throw new ProtocolError('RateLimited', 'too many messages');
    }
    const cleaned = withoutControls(text);
    if (cleaned === '') {
      throw new ProtocolError('InvalidMessage', 'MSG: text: nothing but control characters');
    }
    const message = {
      message_id: this.#options.randomId(),
      participant_id: author.id,
      name: author.name,
      text: cleaned,
      sent_at: this.#options.epochMs(),
    };
    this.#remember(message);
    return message;
  }

  #remember(message: ChatMessage): void {
    const bytes = Buffer.byteLength(JSON.stringify(message));
    this.#history.push({ message, bytes });
    this.#bytes += bytes;
    while (this.#history.length > HISTORY_MESSAGES || this.#bytes > HISTORY_BYTES) {
      this.#bytes -= this.#history.shift()?.bytes ?? 0;
    }
  }
}

/** Line breaks in one form, no other control characters (Unicode category Cc), no space at the ends. */
export function withoutControls(text: string): string {
  return text
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll('\t', ' ')
    .replaceAll(/[^\P{Cc}\n]/gu, '')
    .trim();
}
