import { describe, expect, it } from 'vitest';
import { asUs } from '../../../pipelines/link/link.ts';
import { agePlots } from './plots.ts';
import { type CallResult, type CallScenario, GOOD } from './scenarios.ts';

const scenario: CallScenario = {
  name: 'forwarded, a link',
  link: 'a link: 3, 0.3',
  way: 'forwarded',
  down: GOOD,
};

function resultOf(age: CallResult['age']): CallResult {
  const video = {} as CallResult['video'];
  return {
    scenario: scenario.name,
    video,
    audio: {} as CallResult['audio'],
    frames: [],
    age,
    estimate: [],
    link: {} as CallResult['link'],
  };
}

describe('plots of the age of the picture', () => {
  it('have the greatest age of each half second, an outage over several of them included', () => {
    const age = [
      { fromUs: asUs(0), toUs: asUs(400_000), ageUs: asUs(100_000) },
      // An outage: the picture of 0.4 s stays for 1.2 s.
      { fromUs: asUs(400_000), toUs: asUs(1_600_000), ageUs: asUs(100_000) },
    ];
    const plots = agePlots([
      { scenario, result: resultOf(age) },
      { scenario: { ...scenario, way: 'peers' }, result: resultOf(age) },
    ]);
    expect([...plots.keys()]).toEqual(['call-age-a-link-3-0-3.svg']);
    const text = plots.get('call-age-a-link-3-0-3.svg') ?? '';
    const values = [...text.matchAll(/<title>forwarded: (\d+) ms<\/title>/g)].map(([, ms]) => Number(ms));
    expect(values).toEqual([500, 700, 1200, 1300]);
    expect(text).toContain('Chromium to Chromium');
    expect(text).toContain('circle { display: none; }');
  });
});
