import { describe, expect, it } from 'vitest';
import {
  type StallChoices,
  type StallEvidence,
  StallLadder,
  type StallStep,
  stallGrounds,
} from './stallLadder.ts';

const FRAMES: StallEvidence = { framesReceived: 20, packetsLost: 0 };
const NO_FRAMES: StallEvidence = { framesReceived: 0, packetsLost: 30 };
const ALL: StallChoices = { canLower: false, hasOtherCodec: true, canShrink: true };
const COMPLAINT_MS = 1500;

/** So many complaints, one after the other. */
function climb(
  ladder: StallLadder,
  count: number,
  evidence: StallEvidence = FRAMES,
  choices: StallChoices = ALL,
  startMs = 0,
): (StallStep | null)[] {
  return Array.from({ length: count }, (_, index) =>
    ladder.stalled(startMs + index * COMPLAINT_MS, evidence, choices),
  );
}

describe('the ladder against black tiles', () => {
  it('asks for key frames first, then tries another codec', () => {
    expect(climb(new StallLadder(), 3)).toEqual(['key-frame', 'key-frame', 'other-codec']);
  });

  it('tries lower layers before another codec, as long as there are any', () => {
    const ladder = new StallLadder();
    const lower = { ...ALL, canLower: true };
    expect(climb(ladder, 4, FRAMES, lower)).toEqual(['key-frame', 'key-frame', 'lower-layer', 'lower-layer']);
    expect(ladder.stalled(4 * COMPLAINT_MS, FRAMES, ALL)).toBe('other-codec');
  });

  it('begins with key frames on whatever it tries, and ends where nothing is left', () => {
    const ladder = new StallLadder();
    climb(ladder, 3);
    const none = { ...ALL, hasOtherCodec: false };
    expect(climb(ladder, 3, FRAMES, none, 3 * COMPLAINT_MS)).toEqual(['key-frame', 'key-frame', 'smaller']);
    const nothing = { ...none, canShrink: false };
    expect(climb(ladder, 3, FRAMES, nothing, 6 * COMPLAINT_MS)).toEqual([
      'key-frame',
      'key-frame',
      'given-up',
    ]);
  });

  it.each([
    ['no whole frame arrives', NO_FRAMES],
    ['much is lost', { framesReceived: 20, packetsLost: 11 }],
    ['the device says nothing of it', { framesReceived: null, packetsLost: null }],
  ])('asks for key frames only, less and less often, where %s', (_name, evidence) => {
    const steps = climb(new StallLadder(), 40, evidence);
    expect(steps.every((step) => step === 'key-frame' || step === null)).toBe(true);
    const asked = steps.flatMap((step, index) => (step === null ? [] : [index]));
    // In complaints: doubled up to eight of them.
    expect(asked).toEqual([0, 1, 2, 4, 8, 16, 24, 32]);
  });

  it('takes no codec away from who had no frames at one of the complaints', () => {
    const ladder = new StallLadder();
    ladder.stalled(0, NO_FRAMES, ALL);
    expect(climb(ladder, 3, FRAMES, ALL, COMPLAINT_MS)).not.toContain('other-codec');
  });

  it('begins at its foot after a time without complaints', () => {
    const ladder = new StallLadder();
    climb(ladder, 2);
    expect(climb(ladder, 3, FRAMES, ALL, 20_000)).toEqual(['key-frame', 'key-frame', 'other-codec']);
  });

  it('says what it does', () => {
    expect(stallGrounds('other-codec', 'H264')).toEqual({
      reason: 'no picture in H.264 appears on your device: another codec is tried',
      why: { code: 'stalled-other-codec', args: { codec: 'H.264' } },
    });
  });
});
