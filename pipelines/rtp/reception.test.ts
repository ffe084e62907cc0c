import { expect, test } from 'vitest';
import { ReceptionStatistics } from './reception.ts';
import { firstSequence, sequenceAfter } from './unwrap.ts';

const FIRST = firstSequence(65_530);

test('loss, its fraction of each interval, and the extended sequence number', () => {
  const statistics = new ReceptionStatistics();
  expect(statistics.report(1, 0)).toBeNull();
  for (let i = 0; i < 100; i++) {
    if (i % 4 !== 3) statistics.packetReceived(sequenceAfter(FIRST, i), i * 3000, (i * 3000) / 90);
  }
  // The last packet (99) is lost too, and so not yet expected.
  expect(statistics.report(1, 4000)).toMatchObject({
    ssrc: 1,
    cumulativeLost: 24,
    fractionLost: Math.floor((24 * 256) / 99),
    extendedHighestSequence: 65_530 + 98,
    jitterRtp90k: 0,
    lastSenderReport: 0,
    delaySinceLastSenderReport: 0,
  });
  for (let i = 99; i < 200; i++) {
    statistics.packetReceived(sequenceAfter(FIRST, i), i * 3000, (i * 3000) / 90);
  }
  expect(statistics.report(1, 8000)).toMatchObject({ cumulativeLost: 24, fractionLost: 0 });
});

test('retransmissions and duplicates lower the loss, below zero if need be', () => {
  const statistics = new ReceptionStatistics();
  statistics.packetReceived(FIRST, 0, 0);
  statistics.packetReceived(sequenceAfter(FIRST, 2), 0, 0);
  expect(statistics.cumulativeLost).toBe(1);
  statistics.packetReceived(sequenceAfter(FIRST, 1), 0, 5);
  statistics.packetReceived(sequenceAfter(FIRST, 1), 0, 6);
  expect(statistics.cumulativeLost).toBe(-1);
  expect(statistics.report(1, 10)).toMatchObject({ cumulativeLost: -1, fractionLost: 0 });
});

test('jitter approaches the mean deviation of transit times (RFC 3550 appendix A.8)', () => {
  const statistics = new ReceptionStatistics();
  for (let i = 0; i < 400; i++) {
    statistics.packetReceived(sequenceAfter(FIRST, i), i * 900, i * 10 + (i % 2) * 4);
  }
  // Each transit differs from the last by 4 ms, 360 ticks.
  expect(statistics.report(1, 4000)?.jitterRtp90k).toBe(360);
});

test('the last sender report comes back with the time since', () => {
  const statistics = new ReceptionStatistics();
  statistics.packetReceived(FIRST, 0, 0);
  statistics.senderReportReceived(
    {
      type: 'sender-report',
      ssrc: 1,
      ntpSeconds: 0xaaaa_bbbb,
      ntpFraction: 0xcccc_dddd,
      rtpTimestamp: 0,
      packetCount: 0,
      octetCount: 0,
      reports: [],
    },
    1000,
  );
  expect(statistics.report(1, 1500)).toMatchObject({
    lastSenderReport: 0xbbbb_cccc,
    delaySinceLastSenderReport: 32_768,
  });
});
