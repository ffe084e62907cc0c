import { expect, test } from 'vitest';
import type { SenderReport } from '../rtp/rtcp-types.ts';
import { SenderClock } from './sender-clock.ts';

const REPORT: SenderReport = {
  type: 'sender-report',
  ssrc: 1,
  ntpSeconds: 0xffff_ffff,
  ntpFraction: 0xc000_0000,
  rtpTimestamp: 0xffff_ff00,
  packetCount: 0,
  octetCount: 0,
  reports: [],
};

test('both clocks go on together, over their wraps', () => {
  const clock = new SenderClock();
  expect(clock.read(0)).toBeNull();
  clock.observe(REPORT, 1000);
  expect(clock.read(1000)).toEqual({
    ntpSeconds: 0xffff_ffff,
    ntpFraction: 0xc000_0000,
    rtpTimestamp: 0xffff_ff00,
  });
  expect(clock.read(1500)).toEqual({ ntpSeconds: 0, ntpFraction: 0x4000_0000, rtpTimestamp: 45_000 - 256 });
});

test('the newest report counts; one without a wall clock says nothing; an old one is not trusted', () => {
  const clock = new SenderClock();
  clock.observe({ ...REPORT, rtpTimestamp: 5, ntpSeconds: 100, ntpFraction: 0 }, 0);
  clock.observe({ ...REPORT, rtpTimestamp: 7, ntpSeconds: 200, ntpFraction: 0 }, 10);
  clock.observe({ ...REPORT, rtpTimestamp: 9, ntpSeconds: 0, ntpFraction: 0 }, 20);
  expect(clock.read(10)).toEqual({ ntpSeconds: 200, ntpFraction: 0, rtpTimestamp: 7 });
  expect(clock.read(60_010)).not.toBeNull();
  expect(clock.read(60_011)).toBeNull();
});
