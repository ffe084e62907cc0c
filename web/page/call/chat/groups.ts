/** Messages of one writer that follow each other closely share a name and a time. Pure. */
import type { ChatMessage } from '../../../sdk/index.ts';

/** A longer pause begins a new group, ms. */
const PAUSE_MS = 5 * 60_000;

export interface MessageGroup {
  /** The first message's: stays the same while the group grows. */
  readonly id: string;
  readonly writerId: string;
  readonly name: string;
  /** Of the first message, milliseconds since 1970. */
  readonly sentAtMs: number;
  readonly messages: readonly ChatMessage[];
}

/** @param messages Oldest first */
export function groupsOf(messages: readonly ChatMessage[]): readonly MessageGroup[] {
  const groups: (MessageGroup & { readonly messages: ChatMessage[] })[] = [];
  for (const message of messages) {
    const group = groups.at(-1);
    const last = group?.messages.at(-1);
    if (
      group !== undefined &&
      last !== undefined &&
      group.writerId === message.participant_id &&
      group.name === message.name &&
      message.sent_at - last.sent_at < PAUSE_MS
    ) {
      group.messages.push(message);
      continue;
    }
    groups.push({
      id: message.message_id,
      writerId: message.participant_id,
      name: message.name,
      sentAtMs: message.sent_at,
      messages: [message],
    });
  }
  return groups;
}
