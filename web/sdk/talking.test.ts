import { describe, expect, it } from 'vitest';
import { ADA, asked, expectNothingLeft, joined, setUp } from './testing/scripted-call.ts';

const HELLO = { message_id: 'm1', participant_id: 'ben', name: 'Ben', text: 'Hello', sent_at: 5_000 };

describe('chat', () => {
  it('writes to everybody, as JSON in a frame of bytes', async () => {
    const part = await joined();
    await part.call.sendMessage('  Grüße, 世界  ');
    expect(part.server.last.asked('MSG')).toMatchObject([{ payload: { text: 'Grüße, 世界' } }]);
    await expectNothingLeft(part);
  });

  it('reads what everybody writes, once', async () => {
    const part = await joined();
    const read: string[] = [];
    part.call.on('message', ({ text }) => read.push(text));
    part.server.last.sendMessage(HELLO);
    part.server.last.sendMessage(HELLO);
    expect(read).toEqual(['Hello']);
    expect(part.call.messages).toEqual([HELLO]);
    await expectNothingLeft(part);
  });

  it('refuses texts that are empty or too long, and does not keep what it cannot send', async () => {
    const part = await joined();
    await expect(part.call.sendMessage('   ')).rejects.toMatchObject({ code: 'invalid-text' });
    await expect(part.call.sendMessage('x'.repeat(4_001))).rejects.toMatchObject({ code: 'invalid-text' });
    part.server.reachable = false;
    part.server.last.drop('network gone');
    await expect(part.call.sendMessage('Hello')).rejects.toMatchObject({ code: 'not-joined' });
    await expectNothingLeft(part);
    const before = setUp();
    await expect(before.call.sendMessage('Hello')).rejects.toMatchObject({ code: 'not-joined' });
    await expectNothingLeft(before);
  });

  it('sends nothing over a connection that has not entered the call again yet', async () => {
    const part = await joined();
    const { answer } = part.server;
    part.server.answer = (request, connection) =>
      request.type === 'JOIN' ? null : answer(request, connection);
    part.server.last.drop('network gone');
    await part.clock.advance(1_000);
    expect(part.server.last.asked('JOIN')).toHaveLength(1);
    await expect(part.call.sendMessage('Hello')).rejects.toMatchObject({ code: 'not-joined' });
    await expect(part.call.restrict('VP8')).resolves.toBeUndefined();
    expect(part.server.last.asked('MSG')).toEqual([]);
    await expectNothingLeft(part);
  });

  it('ends the connection where a message is none', async () => {
    const part = await joined();
    part.server.last.sendMessage({ text: 5 });
    expect(part.call.state).toBe('recovering');
    await expectNothingLeft(part);
  });
});

describe('hands and reactions', () => {
  it('asks for the hand, and believes the server', async () => {
    const part = await joined();
    await part.call.setHand(true);
    expect(asked(part, 'PRESENCE', 'hand')).toEqual([{ op: 'hand', raised: true }]);
    expect(part.call.self?.hand_raised_at).toBeNull();
    part.server.last.send('PRESENCE', { op: 'updated', participant: { ...ADA, hand_raised_at: 7_000 } });
    expect(part.call.self?.hand_raised_at).toBe(7_000);
    expect(part.call.participants).toHaveLength(1);
    await expectNothingLeft(part);
  });

  it('sends and shows reactions', async () => {
    const part = await joined();
    const seen: unknown[] = [];
    part.call.on('reaction', (event) => seen.push(event));
    await part.call.react('clap');
    expect(asked(part, 'PRESENCE', 'reaction')).toEqual([{ op: 'reaction', reaction: 'clap' }]);
    part.server.last.send('PRESENCE', { op: 'reaction', participant_id: 'ben', reaction: 'heart' });
    expect(seen).toEqual([{ participantId: 'ben', reaction: 'heart' }]);
    await expectNothingLeft(part);
  });
});

describe('networks', () => {
  it('tells the quality of the others, and figures of its own', async () => {
    const part = await joined();
    let changes = 0;
    part.call.on('participants', () => (changes += 1));
    part.server.last.send('PRESENCE', { op: 'quality', participant_id: 'ben', quality: 'lost' });
    part.server.last.send('PRESENCE', { op: 'quality', participant_id: 'ben', quality: 'lost' });
    expect(part.call.participants[0]?.quality).toBe('lost');
    expect(changes).toBe(1);
    expect(part.call.network).toBeNull();
    const figures = { receive_available_bps: 900_000, rtt_ms: 40, receive_loss: 0.01, send_loss: null };
    part.server.last.send('CALL_STATS', figures);
    expect(part.call.network).toEqual(figures);
    await expectNothingLeft(part);
  });
});
