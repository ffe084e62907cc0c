import { describe, expect, it } from 'vitest';
import { readReceived, readReport, readSent } from './stats.ts';

const report = (entries: readonly unknown[]): Map<number, unknown> =>
  new Map(entries.map((entry, at) => [at, entry]));

describe('readReport', () => {
  it('leaves out what is no entry, and members of another type', () => {
    const entries = readReport(
      report([null, 5, { type: 'codec' }, { type: 'a', id: 'b', jitter: 'much', bytesSent: 7 }]),
    );
    expect(entries).toEqual([{ type: 'a', id: 'b', bytesSent: 7, jitter: undefined }]);
  });
});

describe('readReceived', () => {
  const inbound = { type: 'inbound-rtp', id: 'i', ssrc: 5 };

  it('knows no stream that is not in the report', () => {
    expect(readReceived(readReport(report([inbound])), 6, 0, undefined)).toBeNull();
  });

  it('has no rates from one sample, and rates from two', () => {
    const at = (
      bytesReceived: number,
      packetsReceived: number,
      packetsLost: number,
      framesDecoded: number,
    ): ReturnType<typeof readReport> =>
      readReport(report([{ ...inbound, bytesReceived, packetsReceived, packetsLost, framesDecoded }]));
    const first = readReceived(at(1_000, 10, 0, 5), 5, 1_000, undefined);
    expect(first?.figures).toMatchObject({ bitrateBps: null, frameRate: null, lossRatio: 0 });
    const second = readReceived(at(126_000, 100, 10, 20), 5, 2_000, first?.sample);
    expect(second?.figures).toMatchObject({
      bitrateBps: 1_000_000,
      frameRate: 15,
      lossRatio: 0.1,
      packetsLost: 10,
    });
  });

  it('survives counters that start anew', () => {
    const before = { atMs: 0, bytes: 9_000, packets: 90, packetsLost: 9, frames: 50 };
    const reading = readReceived(readReport(report([{ ...inbound, bytesReceived: 10 }])), 5, 1_000, before);
    expect(reading?.figures).toMatchObject({ bitrateBps: 0, lossRatio: 0 });
  });
});

describe('readSent', () => {
  it('adds up simulcast layers and takes loss from what the server reported', () => {
    const entries = readReport(
      report([
        { type: 'outbound-rtp', id: 'o0', mid: '1', bytesSent: 1_000, frameWidth: 320, frameHeight: 180 },
        {
          type: 'outbound-rtp',
          id: 'o1',
          mid: '1',
          bytesSent: 2_000,
          frameWidth: 640,
          frameHeight: 360,
          framesPerSecond: 15,
        },
        { type: 'outbound-rtp', id: 'o2', mid: '2', bytesSent: 9_000 },
        {
          type: 'remote-inbound-rtp',
          id: 'r1',
          localId: 'o1',
          packetsLost: 3,
          fractionLost: 0.25,
          roundTripTime: 0.05,
          jitter: 0.002,
        },
        { type: 'remote-inbound-rtp', id: 'r2', localId: 'o2', packetsLost: 99, fractionLost: 1 },
      ]),
    );
    const before = { atMs: 0, bytes: 500, packets: 0, packetsLost: 0, frames: 0 };
    expect(readSent(entries, '1', 1_000, before)?.figures).toMatchObject({
      width: 640,
      height: 360,
      frameRate: 15,
      bitrateBps: 20_000,
      packetsLost: 3,
      lossRatio: 0.25,
      rttMs: 50,
      jitterMs: 2,
    });
    expect(readSent(entries, '3', 1_000, before)).toBeNull();
  });
});
