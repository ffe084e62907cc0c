import { describe, expect, test } from 'vitest';
import type { Rtp90k } from '../../codecs/types.ts';
import { OutputSchedule } from './output-schedule.ts';

const at = (ms: number): Rtp90k => (ms * 90) as Rtp90k;

/** A schedule whose first key frame left at 0 and that has had pictures every `intervalMs` up to `untilMs`. */
function running(intervalMs: number, untilMs: number): OutputSchedule {
  const schedule = new OutputSchedule();
  schedule.setInterval(intervalMs);
  for (let ms = 0; ms <= untilMs; ms += intervalMs) {
    schedule.pictureArrived(at(ms), ms);
    if (schedule.keyFrameDue(ms)) schedule.keyFrameSubmitted(ms);
  }
  return schedule;
}

describe('key frames', () => {
  test('the first picture is one, and no other without a request', () => {
    const schedule = new OutputSchedule();
    schedule.pictureArrived(at(0), 0);
    expect(schedule.keyFrameDue(0)).toBe(true);
    schedule.keyFrameSubmitted(0);
    expect(schedule.keyFrameDue(10_000)).toBe(false);
    expect(schedule.nextDeadlineMs).toBe(Infinity);
  });

  test('a request is answered by the next picture, requests before it are merged', () => {
    const schedule = running(33, 990);
    for (let i = 0; i < 10; i++) schedule.requestKeyFrame();
    expect(schedule.keyFrameDue(1000)).toBe(true);
    schedule.keyFrameSubmitted(1000);
    expect(schedule.keyFrameDue(1300)).toBe(false);
  });

  test('two key frames keep a distance of 200 ms, and the later request is not forgotten', () => {
    const schedule = running(33, 990);
    schedule.requestKeyFrame();
    schedule.keyFrameSubmitted(1000);
    schedule.requestKeyFrame();
    expect(schedule.keyFrameDue(1199)).toBe(false);
    expect(schedule.keyFrameDue(1200)).toBe(true);
  });

  test('one that the encoder left out is tried again', () => {
    const schedule = running(33, 990);
    schedule.requestKeyFrame();
    schedule.keyFrameSubmitted(1000);
    schedule.keyFrameMissed();
    expect(schedule.keyFrameDue(1200)).toBe(true);
  });
});

describe('a source at rest', () => {
  test('its last picture is encoded again once no other came for one and a half intervals', () => {
    const schedule = running(40, 1000);
    schedule.requestKeyFrame();
    expect(schedule.nextDeadlineMs).toBe(1060);
    expect(schedule.takeRepeat(1059)).toBeNull();
    const repeated = schedule.takeRepeat(1060);
    expect(repeated).toBeGreaterThan(at(1000));
    expect(repeated).toBeLessThan(at(1060));
  });

  test('a slow source is not waited for', () => {
    const schedule = running(500, 1000);
    schedule.requestKeyFrame();
    expect(schedule.nextDeadlineMs).toBe(1060);
  });

  test('a running source is not repeated', () => {
    const schedule = running(33, 990);
    schedule.requestKeyFrame();
    schedule.pictureArrived(at(1023), 1023);
    expect(schedule.takeRepeat(1024)).toBeNull();
  });

  test('repeated timestamps follow the time, rise strictly, and leave room for a picture on its way', () => {
    const schedule = running(500, 1000);
    schedule.requestKeyFrame();
    const first = schedule.takeRepeat(1100) ?? NaN;
    const second = schedule.takeRepeat(1100) ?? NaN;
    const third = schedule.takeRepeat(11_000) ?? NaN;
    expect(first).toBe(at(1050));
    expect(second).toBe(first + 1);
    expect(third).toBe(at(10_950));
    expect(schedule.pictureArrived(at(10_960), 11_010)).toBe(true);
  });

  test('a picture older than what was sent is left out, a new timeline is not', () => {
    const schedule = running(500, 1000);
    schedule.requestKeyFrame();
    schedule.takeRepeat(3000);
    expect(schedule.pictureArrived(at(2900), 3010)).toBe(false);
    expect(schedule.pictureArrived(at(500), 3020)).toBe(true);
  });
});

describe('an output that begins with an old picture', () => {
  test('a fresh one keeps its timestamp, so that all streams of the source agree', () => {
    const schedule = new OutputSchedule();
    expect(schedule.startFrom(at(1000), 50_000, 50_040)).toBe(at(1000));
    expect(schedule.pictureArrived(at(1033), 50_045)).toBe(true);
  });

  test('an old one gets a timestamp of the present', () => {
    const schedule = new OutputSchedule();
    expect(schedule.startFrom(at(1000), 50_000, 60_000)).toBe(at(1000 + 9950));
  });
});
