import { describe, expect, it } from 'vitest';
import { initialOf } from './initial.ts';

describe('initialOf', () => {
  it('is the first sign as people count them', () => {
    expect(['ada', ' Борис', '👩‍🔬 lab', ''].map(initialOf)).toEqual(['A', 'Б', '👩‍🔬', '?']);
  });
});
