import { describe, expect, it } from 'vitest';
import { layerOf, readPath, readReceived, readSent } from './stats.ts';
import { readReport } from './stats-report.ts';

const report = (entries: readonly unknown[]): Map<number, unknown> =>
  new Map(entries.map((entry, at) => [at, entry]));

const NOTHING = {
  atMs: 0,
  bytes: 0,
  packets: 0,
  packetsLost: 0,
  frames: 0,
  jitterBufferMs: 0,
  jitterBufferCount: 0,
  layers: new Map<string, number>(),
};

describe('readReport', () => {
  it('leaves out what is no entry, and members of another type', () => {
    const entries = readReport(
      report([
        null,
        5,
        { type: 'codec', id: 'c' },
        { type: 'inbound-rtp' },
        { type: 'inbound-rtp', id: 'b', jitter: 'much', bytesReceived: 7, active: 'yes', mid: 1 },
      ]),
    );
    expect(entries).toEqual([{ type: 'inbound-rtp', id: 'b', bytesReceived: 7 }]);
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

  it('tells how long frames waited lately, and how long the picture stood still in all', () => {
    const at = (delay: number, count: number): ReturnType<typeof readReport> =>
      readReport(
        report([
          {
            ...inbound,
            jitterBufferDelay: delay,
            jitterBufferEmittedCount: count,
            freezeCount: 2,
            totalFreezesDuration: 1.5,
          },
        ]),
      );
    const first = readReceived(at(4, 100), 5, 1_000, undefined);
    expect(first?.figures.jitterBufferMs).toBe(40);
    const second = readReceived(at(5, 110), 5, 2_000, first?.sample);
    expect(second?.figures).toMatchObject({ jitterBufferMs: 100, freezeCount: 2, freezeMs: 1_500 });
    expect(readReceived(at(5, 110), 5, 3_000, second?.sample)?.figures.jitterBufferMs).toBeNull();
  });

  it('survives counters that start anew', () => {
    const before = {
      ...NOTHING,
      bytes: 9_000,
      packets: 90,
      packetsLost: 9,
      frames: 50,
      jitterBufferCount: 9,
    };
    const reading = readReceived(readReport(report([{ ...inbound, bytesReceived: 10 }])), 5, 1_000, before);
    expect(reading?.figures).toMatchObject({ bitrateBps: 0, lossRatio: 0, jitterBufferMs: null });
  });
});

describe('readSent', () => {
  it('adds up simulcast layers and takes loss from what the server reported', () => {
    const entries = readReport(
      report([
        {
          type: 'outbound-rtp',
          id: 'o1',
          mid: '1',
          rid: 'r1',
          bytesSent: 2_000,
          qualityLimitationReason: 'cpu',
          frameWidth: 640,
          frameHeight: 360,
          framesPerSecond: 15,
        },
        { type: 'outbound-rtp', id: 'o2', mid: '2', bytesSent: 9_000 },
        { type: 'outbound-rtp', id: 'o3', mid: '1', rid: 'r2', active: false, frameHeight: 720 },
        {
          type: 'outbound-rtp',
          id: 'o0',
          mid: '1',
          rid: 'r0',
          bytesSent: 1_000,
          frameWidth: 320,
          frameHeight: 180,
        },
        {
          type: 'candidate-pair',
          id: 'p1',
          nominated: true,
          state: 'succeeded',
          availableOutgoingBitrate: 900_000,
        },
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
    const before = { ...NOTHING, bytes: 500, layers: new Map([['r1', 1_000]]) };
    expect(readSent(entries, '1', 1_000, before)?.figures).toMatchObject({
      width: 640,
      height: 360,
      frameRate: 15,
      bitrateBps: 20_000,
      packetsLost: 3,
      lossRatio: 0.25,
      rttMs: 50,
      jitterMs: 2,
      limitedBy: 'cpu',
      availableOutgoingBps: 900_000,
      layers: [
        { rid: 'r0', width: 320, height: 180, bitrateBps: null, active: true },
        { rid: 'r1', width: 640, height: 360, frameRate: 15, bitrateBps: 8_000, active: true },
        { rid: 'r2', height: 720, active: false },
      ],
    });
    expect(readSent(entries, '3', 1_000, before)).toBeNull();
  });
});

describe('readPath', () => {
  const local = { type: 'local-candidate', id: 'l1', candidateType: 'host', protocol: 'udp' };
  const pair = {
    type: 'candidate-pair',
    id: 'p1',
    localCandidateId: 'l1',
    nominated: true,
    state: 'succeeded',
    currentRoundTripTime: 0.03,
  };

  it('knows direct paths and relayed ones', () => {
    expect(readPath(readReport(report([local, pair])))).toEqual({
      protocol: 'udp',
      relayed: false,
      rttMs: 30,
    });
    const relay = { ...local, candidateType: 'relay', relayProtocol: 'tls' };
    expect(readPath(readReport(report([relay, pair])))).toMatchObject({ protocol: 'tls', relayed: true });
    expect(readPath(readReport(report([local])))).toBeNull();
  });

  it('believes the transport about which of several pairs is in use', () => {
    const other = { ...pair, id: 'p2', localCandidateId: 'l2', currentRoundTripTime: 0.5 };
    const transport = { type: 'transport', id: 't', selectedCandidatePairId: 'p2' };
    expect(readPath(readReport(report([local, pair, other, transport])))).toMatchObject({ rttMs: 500 });
  });
});

describe('layerOf', () => {
  it('is known once every layer was seen', () => {
    expect(layerOf(180, [180, 360, 720], 3)).toEqual({ index: 0, count: 3 });
    expect(layerOf(718, [720, 360, 180, 718], 3)).toEqual({ index: 2, count: 3 });
    expect(layerOf(180, [180, 360], 3)).toEqual({ index: null, count: 3 });
  });

  it('says nothing where encoders made more sizes than there are layers', () => {
    expect(layerOf(360, [180, 270, 360], 2)).toEqual({ index: null, count: 2 });
    expect(layerOf(null, [180, 360], 2)).toEqual({ index: null, count: 2 });
  });

  it('needs no size where there is one layer', () => {
    expect(layerOf(null, [], 1)).toEqual({ index: 0, count: 1 });
  });
});
