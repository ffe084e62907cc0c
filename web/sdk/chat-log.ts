/**
 * What was written in the call, as far as this client knows: the server's history at each join, and what came since.
 *
 * What will surprise you: a server that was restarted has forgotten the history, so what was known stays; and what was missed
 * while the connection was lost is found in the next history. At most `MAX_MESSAGES` are kept. Pure.
 */
import type { ChatMessage } from '../../signaling/messages/requests.ts';

/** More than the server's history, so that a long call can be read back further than a newcomer can. */
const MAX_MESSAGES = 1_000;

export class ChatLog {
  readonly #known = new Set<string>();
  #messages: readonly ChatMessage[] = [];

  /** Oldest first. The same array until something is written. */
  get messages(): readonly ChatMessage[] {
    return this.#messages;
  }

  /** @returns Those that were not known yet, in order. */
  add(messages: readonly ChatMessage[]): readonly ChatMessage[] {
    const fresh = messages.filter(({ message_id: id }) => {
      if (this.#known.has(id)) return false;
      this.#known.add(id);
      return true;
    });
    if (fresh.length === 0) return fresh;
    const all = [...this.#messages, ...fresh].sort((a, b) => a.sent_at - b.sent_at);
    for (const { message_id: id } of all.splice(0, Math.max(0, all.length - MAX_MESSAGES))) {
      this.#known.delete(id);
    }
    this.#messages = all;
    return fresh;
  }
}
