// @vitest-environment happy-dom
import { expect, it, vi } from 'vitest';
import { person } from '../testing/doubles.ts';
import { show } from '../../view/testing/show.tsx';
import { PeoplePanel } from './people-panel.tsx';

it('lists everybody with marks, oneself marked, and offers the link', async () => {
  const copy = vi.fn();
  const qr = vi.fn();
  const source = { source_id: 's', source: 'microphone', kind: 'audio', paused: false } as const;
  const shown = await show(
    <PeoplePanel
      self={person('me', { name: 'Vera', joined_at: 3 })}
      others={[
        person('a', { name: 'Ada', joined_at: 1, sources: [source] }),
        person('b', { name: 'Ben', joined_at: 2, hand_raised_at: 7, quality: 'poor' }),
        person('c', { name: 'Cleo', joined_at: 4, hand_raised_at: 6, quality: 'lost' }),
      ]}
      onCopyLink={copy}
      onShowQr={qr}
      onClose={() => undefined}
    />,
  );
  const rows = shown.all('person');
  expect(
    rows.map(({ dataset }) => [dataset['participant'], dataset['self'], dataset['muted'], dataset['hand']]),
  ).toEqual([
    ['Cleo', 'false', 'true', 'true'],
    ['Ben', 'false', 'true', 'true'],
    ['Ada', 'false', 'false', 'false'],
    ['Vera', 'true', 'true', 'false'],
  ]);
  const words = rows.map(({ textContent }) => textContent);
  expect(words[0]).toContain('Connection lost, coming back');
  expect(words[0]).toContain('Hand raised, number 1');
  expect(words[1]).toContain('Weak network');
  expect(words[1]).toContain('Hand raised, number 2');
  expect(words[2]).toContain('Microphone on');
  expect(words[3]).toContain('(you)');
  expect(shown.text('people-count')).toBe('4 people');
  await shown.press('people-copy-link');
  await shown.press('people-show-qr');
  expect([copy.mock.calls.length, qr.mock.calls.length]).toEqual([1, 1]);
  await shown.close();
});
