import { describe, expect, it } from 'vitest';
import { ChatLog } from './chat-log.ts';

const message = (
  id: string,
  at: number,
): { message_id: string; participant_id: string; name: string; text: string; sent_at: number } => ({
  message_id: id,
  participant_id: 'ben',
  name: 'Ben',
  text: `text of ${id}`,
  sent_at: at,
});

describe('ChatLog', () => {
  it('adds what it does not know, in order of time, and says what that was', () => {
    const log = new ChatLog();
    expect(log.add([message('a', 1), message('c', 3)])).toHaveLength(2);
    const before = log.messages;
    expect(log.add([message('a', 1)])).toEqual([]);
    expect(log.messages).toBe(before);
    expect(log.add([message('a', 1), message('b', 2), message('c', 3)])).toEqual([message('b', 2)]);
    expect(log.messages.map(({ message_id: id }) => id)).toEqual(['a', 'b', 'c']);
  });

  it('keeps what a server has forgotten', () => {
    const log = new ChatLog();
    log.add([message('a', 1)]);
    log.add([]);
    expect(log.messages).toHaveLength(1);
  });

  it('keeps a bounded number, the latest', () => {
    const log = new ChatLog();
    for (let at = 0; at < 1_200; at++) log.add([message(`m${at}`, at)]);
    expect(log.messages).toHaveLength(1_000);
    expect(log.messages[0]?.message_id).toBe('m200');
  });
});
