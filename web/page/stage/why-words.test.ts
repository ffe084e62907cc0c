import { describe, expect, it } from 'vitest';
import { translator } from '../words/translate.ts';
import { asSentence, whyWords } from './why-words.ts';

const en = translator('en');
const ru = translator('ru');
/** Every code of docs/protocol/reasons.md, with arguments as the server gives them, and the server's sentence. */
const REASONS = {
  forwarded: [{ codec: 'VP8' }, 'forwarded: sends VP8, which you receive'],
  'forwarded-until-switch': [
    { codec: 'VP8', next: 'H.264' },
    'forwarded: sends VP8, which you receive, until the sender has switched to H.264',
  ],
  'transcoded-until-switch': [
    { from: 'VP8', to: 'H.264', next: 'H.264' },
    'transcoded VP8 → H.264 until the sender has switched to H.264',
  ],
  'transcoded-sender-limited': [
    { from: 'VP8', to: 'H.264', receives: 'H.264', sends: 'VP8, VP9, AV1' },
    'transcoded VP8 → H.264: you receive only H.264 and the sender can only send VP8, VP9 and AV1',
  ],
  'transcoded-suits-all': [
    { from: 'VP8', to: 'H.264', receives: 'H.264' },
    'transcoded VP8 → H.264: you receive only H.264 and VP8 suits the subscribers as a whole best',
  ],
  'not-live': [{ codec: 'VP8' }, 'not delivered: the sender is not publishing (VP8) now'],
  'receives-none': [
    { codec: 'VP8', kind: 'video' },
    'not delivered: sends VP8, and you receive no video at all',
  ],
  'switch-pending': [
    { from: 'VP8', next: 'H.264', codec: 'H.264' },
    'waiting for the sender to switch VP8 → H.264, which you receive',
  ],
  'transcoding-off': [
    { codec: 'VP8', receives: '' },
    'not delivered: sends VP8, you receive only nothing, and this room does not transcode',
  ],
  'not-transcodable': [
    { codec: 'VP8', receives: 'H.264, AV1' },
    'not delivered: sends VP8, you receive only H.264 and AV1, and no media worker can transcode between them',
  ],
  'transcoding-fails': [{}, 'transcoding this stream fails again and again'],
} as const;
const budget = { code: 'budget', args: { from: 'VP8', to: 'H.264', cost: 350, budget: 2000 } };

describe('whyWords', () => {
  it.each(Object.entries(REASONS))('says %s in English as the server does', (code, [args, sentence]) => {
    expect(whyWords(en, { code, args }, '')).toBe(sentence);
  });

  it.each([...Object.entries(REASONS).map(([code, [args]]) => ({ code, args })), budget])(
    'says $code in Russian, with everything filled in',
    (why) => {
      const words = whyWords(ru, why, 'fallback');
      expect(words).toMatch(/[а-я]/);
      expect(words).not.toMatch(/[{}]|fallback|undefined| and /);
      for (const [name, value] of Object.entries(why.args)) {
        if (name !== 'kind' && typeof value === 'string') {
          for (const item of value.split(', ')) expect(words).toContain(item);
        }
      }
    },
  );

  it('tells apart the two ends of a switch', () => {
    const why = { code: 'switch-pending', args: { from: 'VP8', next: 'AV1', codec: 'H.264' } };
    expect(whyWords(en, why, '')).toBe(
      'waiting for the sender to switch VP8 → AV1, which will be transcoded to H.264 for you',
    );
  });

  it('writes numbers as the language does', () => {
    expect(whyWords(en, budget, '')).toContain(
      'takes 350 milli-cores, more than is left of this room’s 2,000',
    );
  });

  it('shows the server’s sentence in English, and where the code or the reason is unknown', () => {
    expect(whyWords(en, budget, 'as the server says')).toBe('as the server says');
    expect(whyWords(ru, { code: 'new-code', args: {} }, 'something new')).toBe('something new');
    expect(whyWords(ru, null, 'no code')).toBe('no code');
  });

  it('makes a sentence', () => {
    expect([asSentence('нет'), asSentence('')]).toEqual(['Нет.', '']);
  });
});
