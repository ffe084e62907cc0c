import { describe, expect, it } from 'vitest';
import { translator } from '../words/translate.ts';
import { type Saying, type Situation, statusOf } from './status.ts';

const en = translator('en');
const ru = translator('ru');
const quiet: Situation = {
  trouble: null,
  online: true,
  saying: null,
  talking: false,
  sharing: false,
  network: null,
  alone: false,
};
const say = (change: Partial<Situation>, t = en): string =>
  statusOf(t, { ...quiet, ...change }, (_, error) => `problem: ${String(error)}`).text;
const recovered = (tookMs: number): Saying => ({ of: 'recovered', tookMs });

describe('statusOf', () => {
  it('says nothing where there is nothing to say', () => {
    expect(statusOf(en, quiet, String)).toEqual({ text: '', tone: 'plain', remedy: null });
  });

  it('has a sentence of its own for each trouble, in both languages', () => {
    const troubles = ['connection', 'media-reset', 'path-interrupted', 'path-failed', 'unknown'] as const;
    for (const t of [en, ru]) {
      const sentences = troubles.map((trouble) => say({ trouble }, t));
      expect(new Set(sentences).size).toBe(troubles.length);
      for (const sentence of sentences) expect(sentence).toMatch(/…$/);
    }
    expect(say({ trouble: 'connection' })).toBe('The connection to the server is lost. Coming back…');
  });

  it('says where the device has no network at all, unless it is the server’s trouble', () => {
    expect(say({ trouble: 'connection', online: false })).toContain('no network');
    expect(say({ trouble: 'media-reset', online: false })).not.toContain('no network');
    expect(say({ online: false })).toBe('');
  });

  it('counts the seconds as the language does, never none', () => {
    expect(say({ saying: recovered(120) })).toBe('You are back after 1 second.');
    expect(say({ saying: recovered(4_600) })).toBe('You are back after 5 seconds.');
    expect([1_000, 2_000, 5_000, 21_000].map((ms) => say({ saying: recovered(ms) }, ru))).toEqual([
      'Вы снова в звонке: прошла 1 секунда.',
      'Вы снова в звонке: прошло 2 секунды.',
      'Вы снова в звонке: прошло 5 секунд.',
      'Вы снова в звонке: прошла 21 секунда.',
    ]);
  });

  it('puts repair before what passes, and what passes before advice', () => {
    const all: Situation = {
      trouble: 'path-failed',
      online: true,
      saying: { of: 'link-copied' },
      talking: true,
      sharing: true,
      network: 'mobile',
      alone: true,
    };
    const tones = [
      all,
      { ...all, trouble: null },
      { ...all, trouble: null, saying: null },
      { ...all, trouble: null, saying: null, talking: false },
      { ...all, trouble: null, saying: null, talking: false, network: null },
      { ...all, trouble: null, saying: null, talking: false, network: null, alone: false },
    ].map((situation) => statusOf(en, situation, String).text);
    expect(tones).toEqual([
      'Picture and sound are cut off. Looking for another way…',
      'The link is copied.',
      'You are heard while you hold Space.',
      'Test network: Phone on the move.',
      'Nobody else is here yet. Send the link.',
      'You are sharing your screen.',
    ]);
  });

  it('offers what helps', () => {
    const remedy = (saying: Saying): unknown => statusOf(en, { ...quiet, saying }, String).remedy;
    expect(remedy({ of: 'device', kind: 'camera', problem: 'ended' })).toEqual({
      of: 'retry',
      kind: 'camera',
    });
    expect(remedy({ of: 'device', kind: 'camera', problem: 'insecure' })).toBeNull();
    expect(statusOf(en, { ...quiet, alone: true }, String).remedy).toEqual({ of: 'invite' });
    expect(statusOf(en, { ...quiet, network: 'steps' }, String).remedy).toEqual({ of: 'end-test-network' });
  });

  it('has words for each problem of each device', () => {
    const sentences = (['microphone', 'camera'] as const).flatMap((kind) =>
      (['denied', 'busy', 'missing', 'insecure', 'ended'] as const).map((problem) =>
        say({ saying: { of: 'device', kind, problem } }),
      ),
    );
    expect(new Set(sentences).size).toBe(10);
    expect(say({ saying: { of: 'error', error: 'x' } })).toBe('problem: x');
    expect(say({ saying: { of: 'device-replaced', label: 'Headset' } })).toBe('Now in use: Headset.');
    expect(say({ saying: { of: 'blur-failed', cameraOff: true } })).toContain('camera is off');
  });
});
