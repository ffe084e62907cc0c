import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../signaling/errors.ts';
import { participantId } from '../plan/types.ts';
import { VirtualClock } from '../time/virtualClock.ts';
import { Chat, HISTORY_BYTES, HISTORY_MESSAGES, withoutControls } from './chat.ts';

const ada = { id: participantId('ada'), name: 'Ada' };
const ben = { id: participantId('ben'), name: 'Ben' };

function setUp(): { readonly clock: VirtualClock; readonly chat: Chat } {
  const clock = new VirtualClock();
  let ids = 0;
  const chat = new Chat({
    nowMs: () => clock.nowMs(),
    epochMs: () => 1_000_000 + clock.nowMs(),
    randomId: () => `m${(ids += 1)}`,
  });
  return { clock, chat };
}

describe('chat', () => {
  it('keeps what was written, in order, as it was written', () => {
    const { clock, chat } = setUp();
    chat.write(ada, '<b>Hello</b> & goodbye');
    clock.advance(5);
    const second = chat.write(ben, 'two\nlines 👩‍💻');
    expect(second).toEqual({
      message_id: 'm2',
      participant_id: 'ben',
      name: 'Ben',
      text: 'two\nlines 👩‍💻',
      sent_at: 1_000_005,
    });
    expect(chat.history.map(({ text }) => text)).toEqual(['<b>Hello</b> & goodbye', 'two\nlines 👩‍💻']);
  });

  it('takes out control characters, and refuses what is then empty', () => {
    expect(withoutControls(' a\r\nb\rc\td\u0000\u001b[31m\u0085\u007f ')).toBe('a\nb\nc d[31m');
    const { chat } = setUp();
    expect(() => chat.write(ada, '\u0007\u0008')).toThrow(ProtocolError);
    expect(chat.history).toEqual([]);
  });

  it('slows down who writes too much, and only him', () => {
    const { clock, chat } = setUp();
    for (let count = 0; count < 20; count += 1) chat.write(ada, 'again');
    expect(() => chat.write(ada, 'again')).toThrow('RateLimited');
    chat.write(ben, 'not me');
    clock.advance(200);
    expect(chat.write(ada, 'later').text).toBe('later');
  });

  it('forgets the oldest: by count, and by bytes', () => {
    const { clock, chat } = setUp();
    for (let count = 0; count < HISTORY_MESSAGES + 10; count += 1) {
      chat.write(ada, `message ${count}`);
      clock.advance(200);
    }
    expect(chat.history).toHaveLength(HISTORY_MESSAGES);
    expect(chat.history[0]?.text).toBe('message 10');
    for (let count = 0; count < 40; count += 1) {
      chat.write(ada, '\u2028"'.repeat(2000));
      clock.advance(200);
    }
    expect(Buffer.byteLength(JSON.stringify(chat.history))).toBeLessThanOrEqual(HISTORY_BYTES + 200);
    expect(chat.history.length).toBeGreaterThan(5);
  });
});
