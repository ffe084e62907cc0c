import { expect, test } from 'vitest';
import { ReferenceContinuity } from './continuity.ts';

type Step = 'gap' | 'break' | { key?: true; tid?: number; tl0?: number; sync?: true };

function verdicts(steps: readonly Step[]): string {
  const continuity = new ReferenceContinuity();
  return steps
    .map((step) => {
      if (step === 'gap') {
        continuity.gap();
        return '|';
      }
      if (step === 'break') {
        continuity.break();
        return '!';
      }
      const temporal =
        step.tid === undefined
          ? null
          : { temporalId: step.tid, tl0PictureIndex: step.tl0 ?? 0, layerSync: step.sync === true };
      const verdict = continuity.judge(step.key === true, temporal) === 'decode' ? 'd' : 's';
      return continuity.broken ? verdict.toUpperCase() : verdict;
    })
    .join('');
}

test('without layers, a gap needs a key frame', () => {
  expect(verdicts([{}, { key: true }, {}, 'gap', {}, {}, { key: true }, {}])).toBe('Sdd|SSdd');
});

test('base layer pictures go on while TL0PICIDX has no hole, over its wrap', () => {
  expect(
    verdicts([
      { key: true, tid: 0, tl0: 254 },
      { tid: 1, tl0: 254 },
      'gap',
      { tid: 0, tl0: 255 },
      { tid: 1, tl0: 255 },
      { tid: 0, tl0: 0 },
      { tid: 1, tl0: 0, sync: true },
      { tid: 1, tl0: 0 },
    ]),
  ).toBe('dd|dsddd');
});

test('a lost base layer picture needs a key frame, whichever picture shows it first', () => {
  expect(verdicts([{ key: true, tid: 0, tl0: 5 }, 'gap', { tid: 0, tl0: 7 }, { tid: 0, tl0: 8 }])).toBe(
    'd|SS',
  );
  expect(verdicts([{ key: true, tid: 0, tl0: 5 }, 'gap', { tid: 1, tl0: 6, sync: true }])).toBe('d|S');
});

test('a layer two above the trusted one does not make the one between trusted', () => {
  expect(
    verdicts([
      { key: true, tid: 0, tl0: 1 },
      'gap',
      { tid: 2, tl0: 1, sync: true },
      { tid: 1, tl0: 1 },
      { tid: 1, tl0: 1, sync: true },
      { tid: 1, tl0: 1 },
    ]),
  ).toBe('d|dsdd');
});

test('a decoder without state needs a key frame, layers or not', () => {
  expect(
    verdicts([{ key: true, tid: 0, tl0: 1 }, 'break', { tid: 0, tl0: 2 }, { key: true, tid: 0, tl0: 3 }]),
  ).toBe('d!Sd');
});
