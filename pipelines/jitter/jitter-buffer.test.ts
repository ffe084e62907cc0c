import { describe, expect, test } from 'vitest';
import { H264Packetiser } from '../payload/h264-packetise.ts';
import { Vp8Packetiser } from '../payload/vp8.ts';
import type { RtpPacket } from '../rtp/packet.ts';
import { parseRtp, serializeRtp } from '../rtp/packet.ts';
import { seededRandom } from '../seeded-random.ts';
import type { AccessUnit } from './jitter-buffer.ts';
import { JitterBuffer } from './jitter-buffer.ts';

const FRAME_TICKS = 3000;

function rtp(sequenceNumber: number, timestamp: number, marker: boolean, payload: Uint8Array): RtpPacket {
  const fields = {
    marker,
    payloadType: 96,
    sequenceNumber: sequenceNumber & 0xffff,
    timestamp,
    ssrc: 1,
    payload,
  };
  return parseRtp(serializeRtp(fields));
}

/** VP8-like frames: the first byte tells key frame or not, the second is the frame's number. */
function vp8Packets(
  frames: readonly { key: boolean; packets: number }[],
  firstSequence = 65_500,
): RtpPacket[][] {
  const packetiser = new Vp8Packetiser({ maxPayloadBytes: 24, initialPictureId: 0 });
  let sequenceNumber = firstSequence;
  return frames.map(({ key, packets }, n) => {
    const frame = new Uint8Array(packets * 20).fill(9);
    frame[0] = key ? 0 : 1;
    frame[1] = n;
    return packetiser
      .packetise(frame)
      .map((payload, i, all) =>
        rtp(sequenceNumber++, (0xffff_0000 + n * FRAME_TICKS) % 2 ** 32, i === all.length - 1, payload),
      );
  });
}

/** Frame n is a key frame for n = 0 and each number in `keys`. */
function stream(count: number, packets: number, keys: readonly number[] = []): RtpPacket[][] {
  return vp8Packets(Array.from({ length: count }, (_, n) => ({ key: n === 0 || keys.includes(n), packets })));
}

/** The one frame or packet that a test names. */
function the<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new Error(`nothing at ${index}`);
  return item;
}

const numbers = (units: readonly AccessUnit[]): (number | undefined)[] => units.map((unit) => unit.data[1]);

/** Polls at every deadline up to a time, as a timer would. */
function runUntil(
  buffer: JitterBuffer,
  untilMs: number,
): { units: AccessUnit[]; nacks: number[][]; requestsAtMs: number[] } {
  const seen: { units: AccessUnit[]; nacks: number[][]; requestsAtMs: number[] } = {
    units: [],
    nacks: [],
    requestsAtMs: [],
  };
  for (let atMs = buffer.nextDeadlineMs; atMs <= untilMs; atMs = buffer.nextDeadlineMs) {
    const { units, nacks, keyFrameRequest } = buffer.poll(atMs);
    seen.units.push(...units);
    if (nacks.length > 0) seen.nacks.push([...nacks]);
    if (keyFrameRequest) seen.requestsAtMs.push(atMs);
    if (buffer.nextDeadlineMs <= atMs) throw new Error('a deadline did not move');
  }
  return seen;
}

describe('jitter buffer, VP8', () => {
  test('a unit leaves with its marker packet, without any delay', () => {
    const buffer = new JitterBuffer('VP8', 0);
    const left: [number, number | undefined][] = [];
    stream(4, 3).forEach((frame, n) => {
      frame.forEach((packet, i) => {
        const atMs = n * 33 + i;
        expect(buffer.push(packet, atMs).outcome).toBe('accepted');
        for (const unit of buffer.poll(atMs).units) left.push([atMs, unit.data[1]]);
      });
    });
    expect(left).toEqual([
      [2, 0],
      [35, 1],
      [68, 2],
      [101, 3],
    ]);
    expect(buffer.nextDeadlineMs).toBe(Infinity);
  });

  test('without a marker it leaves with the next timestamp', () => {
    const buffer = new JitterBuffer('VP8', 0);
    const [first, second] = stream(2, 2).map((frame) =>
      frame.map((packet) => ({ ...packet, marker: false })),
    );
    for (const packet of first ?? []) buffer.push(packet, 0);
    expect(buffer.poll(0).units).toEqual([]);
    buffer.push(the(second ?? [], 0), 33);
    const { units } = buffer.poll(33);
    expect(numbers(units)).toEqual([0]);
    expect(units[0]).toMatchObject({ keyFrame: true, timestampRtp90k: 0xffff_0000, lastArrivalMs: 0 });
  });

  test('reordering and duplicates change nothing but the time of leaving', () => {
    const random = seededRandom(21);
    const buffer = new JitterBuffer('VP8', 0);
    const packets = stream(100, 4).flat();
    const arrivals = packets
      .flatMap((packet, i) =>
        random.next() < 0.2
          ? [
              { packet, at: i },
              { packet, at: i + 9 * random.next() },
            ]
          : [{ packet, at: i }],
      )
      .map(({ packet, at }) => ({ packet, atMs: at + (random.next() < 0.3 ? random.next() * 8 : 0) }))
      .sort((a, b) => a.atMs - b.atMs);
    const seen: (number | undefined)[] = [];
    for (const { packet, atMs } of arrivals) {
      buffer.push(packet, atMs);
      const { units, keyFrameRequest } = buffer.poll(atMs);
      seen.push(...numbers(units));
      expect(keyFrameRequest).toBe(false);
    }
    expect(seen).toEqual(Array.from({ length: 100 }, (_, n) => n));
    expect(buffer.statistics).toEqual({ packetsAbandoned: 0, unitsDropped: 0, unitsMalformed: 0 });
  });

  test('timestamps are unwrapped', () => {
    const buffer = new JitterBuffer('VP8', 0);
    for (const packet of stream(30, 1).flat()) buffer.push(packet, 0);
    const timestamps = buffer.poll(0).units.map((unit) => unit.timestampRtp90k as number);
    expect(timestamps).toEqual(Array.from({ length: 30 }, (_, n) => 0xffff_0000 + n * FRAME_TICKS));
  });

  test('a missing packet is asked for, waited for, and repairs the stream', () => {
    const buffer = new JitterBuffer('VP8', 0);
    const frames = stream(4, 3);
    const missing = the(the(frames, 1), 1);
    for (const packet of frames.flat()) if (packet !== missing) buffer.push(packet, 100);
    expect(numbers(buffer.poll(100).units)).toEqual([0]);
    expect(runUntil(buffer, 190).nacks).toEqual([
      [missing.sequenceNumber],
      [missing.sequenceNumber],
      [missing.sequenceNumber],
    ]);
    buffer.push(missing, 195);
    const { units, keyFrameRequest } = buffer.poll(195);
    expect(numbers(units)).toEqual([1, 2, 3]);
    expect(units[0]?.lastArrivalMs).toBe(195);
    expect(keyFrameRequest).toBe(false);
  });

  test('one that never comes is given up after a bounded time: PLI at once, again every 500 ms, nothing before a key frame', () => {
    const buffer = new JitterBuffer('VP8', 0);
    const frames = stream(60, 3, [50]);
    const lost = the(the(frames, 1), 0);
    for (const packet of frames.slice(0, 40).flat()) if (packet !== lost) buffer.push(packet, 100);
    buffer.poll(100);
    const seen = runUntil(buffer, 1400);
    expect(seen.units).toEqual([]);
    expect(seen.nacks.length).toBeLessThanOrEqual(5);
    expect(seen.requestsAtMs).toEqual([280, 780, 1280]);
    for (const packet of frames.slice(40).flat()) buffer.push(packet, 1450);
    expect(numbers(buffer.poll(1450).units)).toEqual([50, 51, 52, 53, 54, 55, 56, 57, 58, 59]);
    expect(buffer.nextDeadlineMs).toBe(Infinity);
    expect(buffer.statistics).toMatchObject({ packetsAbandoned: 1, unitsDropped: 49 });
    // Too late to be of use.
    expect(buffer.push(lost, 1500).outcome).toBe('late');
  });

  test('a whole key frame does not wait for what is missing before it', () => {
    const buffer = new JitterBuffer('VP8', 0);
    const frames = stream(6, 3, [3]);
    for (const packet of the(frames, 0)) buffer.push(packet, 0);
    buffer.poll(0);
    for (const packet of the(frames, 1).slice(1)) buffer.push(packet, 33);
    for (const packet of [...the(frames, 3), ...the(frames, 4)]) buffer.push(packet, 40);
    expect(buffer.poll(40).units).toEqual([]);
    // 20 ms after the hole was seen.
    const { units } = runUntil(buffer, 53);
    expect(numbers(units)).toEqual([3, 4]);
  });

  test('the wait grows with slow recoveries and stays within bounds', () => {
    const waited = (recoveryMs: number): number => {
      const buffer = new JitterBuffer('VP8', 0);
      const frames = stream(200, 1);
      let nowMs = 0;
      for (let n = 0; n + 2 < 150; n += 2) {
        buffer.push(the(the(frames, n), 0), nowMs);
        buffer.push(the(the(frames, n + 2), 0), nowMs);
        buffer.poll(nowMs);
        nowMs += recoveryMs;
        buffer.push(the(the(frames, n + 1), 0), nowMs);
        buffer.poll(nowMs);
      }
      buffer.push(the(the(frames, 160), 0), nowMs);
      buffer.poll(nowMs);
      const [requestAtMs = NaN] = runUntil(buffer, nowMs + 1000).requestsAtMs;
      return requestAtMs - nowMs;
    };
    expect(waited(2)).toBe(120);
    expect(waited(100)).toBe(200);
    expect(waited(115)).toBe(230);
  });

  test('a stream that begins without a key frame asks for one', () => {
    const buffer = new JitterBuffer('VP8', 0);
    for (const packet of stream(5, 2).slice(1).flat()) buffer.push(packet, 10);
    expect(buffer.poll(10)).toMatchObject({ units: [], keyFrameRequest: true });
    expect(new JitterBuffer('VP8', 0).nextDeadlineMs).toBe(500);
  });

  test('a decoder that failed gets nothing before the next key frame, and asks again at most every 200 ms', () => {
    const buffer = new JitterBuffer('VP8', 0);
    const frames = stream(12, 1, [8]);
    const seen: (number | undefined)[] = [];
    const requestsAtMs: number[] = [];
    frames.forEach((frame, n) => {
      for (const packet of frame) buffer.push(packet, n * 33);
      const { units, keyFrameRequest } = buffer.poll(n * 33);
      seen.push(...numbers(units));
      if (keyFrameRequest) requestsAtMs.push(n * 33);
      if (n === 3 || n === 8) buffer.requireKeyFrame(n * 33);
    });
    expect(seen).toEqual([0, 1, 2, 3, 8]);
    expect(requestsAtMs).toEqual([4 * 33, 4 * 33 + 7 * 33]);
  });

  test('a picture that nothing refers to is lost without harm', () => {
    const buffer = new JitterBuffer('VP8', 0);
    const frames = stream(5, 3).map((frame, n) =>
      n === 2
        ? frame.map((packet) => ({
            ...packet,
            payload: packet.payload.map((byte, i) => (i === 0 ? byte | 0x20 : byte)),
          }))
        : frame,
    );
    const lost = the(the(frames, 2), 1);
    for (const packet of frames.flat()) if (packet !== lost) buffer.push(packet, 0);
    const units = [...buffer.poll(0).units];
    const seen = runUntil(buffer, 1000);
    expect(numbers([...units, ...seen.units])).toEqual([0, 1, 3, 4]);
    expect(seen.requestsAtMs).toEqual([]);
  });

  test('padding packets are passed over', () => {
    const buffer = new JitterBuffer('VP8', 0);
    const [first, second] = vp8Packets([{ key: true, packets: 2 }]).concat(
      vp8Packets([{ key: false, packets: 2 }], 65_504),
    );
    const padding = [65_502, 65_503].map((sequence) => rtp(sequence, 0xffff_0000, false, new Uint8Array(0)));
    for (const packet of [...(first ?? []), ...padding]) buffer.push(packet, 0);
    for (const packet of second ?? []) buffer.push({ ...packet, timestamp: 0xffff_0bb8 }, 0);
    expect(buffer.poll(0).units.length).toBe(2);
  });

  test('a far jump needs a second packet, and then restarts the stream', () => {
    const buffer = new JitterBuffer('VP8', 0);
    for (const packet of stream(3, 2).flat()) buffer.push(packet, 0);
    buffer.poll(0);
    const restarted = vp8Packets(
      [
        { key: true, packets: 3 },
        { key: false, packets: 1 },
      ],
      20_000,
    ).flat();
    expect(restarted.map((packet) => buffer.push(packet, 10).outcome)).toEqual([
      'probation',
      'restarted',
      'accepted',
      'accepted',
    ]);
    expect(buffer.poll(10).units).toEqual([]);
    const [next] = vp8Packets([{ key: true, packets: 1 }], 20_004).flat();
    if (next === undefined) throw new Error('no packet');
    buffer.push({ ...next, timestamp: 0xffff_9000 }, 20);
    expect(buffer.poll(20).units.length).toBe(1);
  });

  test('memory stays bounded whatever comes', () => {
    const buffer = new JitterBuffer('VP8', 0);
    const first = the(stream(1, 1).flat(), 0);
    buffer.push(first, 0);
    buffer.poll(0);
    // One endless unit, then a hole before every packet.
    for (let i = 1; i < 20_000; i++) {
      buffer.push(
        { ...first, marker: false, sequenceNumber: (first.sequenceNumber + (i < 5000 ? i : 2 * i)) & 0xffff },
        0,
      );
      buffer.poll(0);
    }
    expect(buffer.statistics.unitsDropped).toBeGreaterThan(1);
    runUntil(buffer, 400);
  });

  test('random loss, order and damage: units come whole, in order, and only with all they depend on', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = seededRandom(seed);
      const keys = [20, 45, 70];
      const frames = stream(100, 3, keys);
      const arrivals = frames
        .flatMap((frame, n) =>
          frame.map((packet, i) => ({
            packet,
            atMs: n * 33 + i + (random.next() < 0.1 ? random.next() * 60 : 0),
          })),
        )
        .filter(() => random.next() > 0.04)
        .sort((a, b) => a.atMs - b.atMs);
      const buffer = new JitterBuffer('VP8', 0);
      const units: AccessUnit[] = [];
      for (const { packet, atMs } of arrivals) {
        units.push(...runUntil(buffer, atMs).units);
        buffer.push(
          random.next() < 0.01 ? { ...packet, payload: packet.payload.subarray(0, 2) } : packet,
          atMs,
        );
        units.push(...buffer.poll(atMs).units);
      }
      units.push(...runUntil(buffer, 5000).units);
      let last = -1;
      for (const unit of units) {
        const n = unit.data[1] ?? -1;
        expect(unit.data.length).toBe(60);
        expect(n).toBeGreaterThan(last);
        expect(unit.keyFrame || n === last + 1).toBe(true);
        last = n;
      }
      expect(units.length).toBeGreaterThan(0);
    }
  });
});

describe('jitter buffer, H.264', () => {
  const SPS = [0x67, 0x42, 0xe0, 0x1f, 0x8c, 0x68];
  const PPS = [0x68, 0xce, 0x3c, 0x80];
  const nal = (header: number, bytes: number, n: number): number[] => [
    header,
    0x88,
    1 + n,
    ...Array.from({ length: bytes }, () => 7),
  ];
  const startCoded = (...nals: number[][]): Uint8Array =>
    Uint8Array.from(nals.flatMap((bytes) => [0, 0, 0, 1, ...bytes]));

  function h264Packets(count: number, keys: readonly number[]): RtpPacket[][] {
    const packetiser = new H264Packetiser({ maxPayloadBytes: 30, packetizationMode: 1 });
    let sequenceNumber = 100;
    return Array.from({ length: count }, (_, n) => {
      const unit = keys.includes(n) ? startCoded(SPS, PPS, nal(0x65, 80, n)) : startCoded(nal(0x41, 50, n));
      return packetiser
        .packetise(unit)
        .map((payload, i, all) => rtp(sequenceNumber++, n * FRAME_TICKS, i === all.length - 1, payload));
    });
  }
  const sizes = (units: readonly AccessUnit[]): string =>
    units.map((unit) => (unit.keyFrame ? 'K' : 'd')).join('');

  test('whole units in order; a key frame beyond a hole only with its parameter sets', () => {
    const buffer = new JitterBuffer('H264', 0);
    const frames = h264Packets(6, [0, 3]);
    for (const packet of the(frames, 0)) buffer.push(packet, 0);
    expect(sizes(buffer.poll(0).units)).toBe('K');
    // All of frame 1 and 2, and the STAP-A of frame 3, are missing.
    for (const packet of [...the(frames, 3).slice(1), ...the(frames, 4)]) buffer.push(packet, 40);
    expect(buffer.poll(75).units).toEqual([]);
    buffer.push(the(the(frames, 3), 0), 76);
    expect(sizes(buffer.poll(76).units)).toBe('Kd');
  });

  test('after the wait, an IDR goes on with the parameter sets known from before', () => {
    const buffer = new JitterBuffer('H264', 0);
    const frames = h264Packets(6, [0, 3]);
    for (const packet of the(frames, 0)) buffer.push(packet, 0);
    buffer.poll(0);
    for (const packet of [...the(frames, 3).slice(1), ...the(frames, 4)]) buffer.push(packet, 40);
    const { units } = runUntil(buffer, 1000);
    expect(sizes(units)).toBe('Kd');
    expect([...(units[0]?.data.subarray(4, 10) ?? [])]).toEqual(SPS);
  });
});
