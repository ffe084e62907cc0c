import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../errors.ts';
import { decodeSingleFrame, encodeFrame } from './codec.ts';
import { channelId, sequence } from './frame.ts';
import type { Frame } from './frame.ts';
import { CCP1_LIMITS, UNAUTHENTICATED_LIMITS } from './limits.ts';
import { FrameDecoder, FrameWriter, SequenceGuard } from './stream.ts';
import { frames } from './testdata/arbitrary-frames.ts';

const joined = (parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));
const ping = (byte: number): Uint8Array =>
  encodeFrame({
    kind: 'opaque',
    type: 'MSG',
    channelId: channelId(1),
    sequence: sequence(byte),
    payload: Uint8Array.of(byte),
  });

/** Pushes a stream cut at these places. */
function pushCut(decoder: FrameDecoder, stream: Uint8Array, cuts: readonly number[]): Frame[] {
  const got: Frame[] = [];
  const places = [...cuts.map((cut) => cut % (stream.length + 1)), stream.length].sort((a, b) => a - b);
  let from = 0;
  for (const to of places) {
    const { frames: some, error } = decoder.push(stream.slice(from, to));
    expect(error).toBeNull();
    got.push(...some);
    from = to;
  }
  return got;
}

describe('FrameDecoder', () => {
  it('gives the same frames however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(frames, { maxLength: 6 }), fc.array(fc.nat(), { maxLength: 12 }), (sent, cuts) => {
        const decoder = new FrameDecoder();
        expect(pushCut(decoder, joined(sent.map(encodeFrame)), cuts)).toEqual(sent);
        expect(decoder.bufferedBytes).toBe(0);
        decoder.end();
      }),
      { seed: 3, numRuns: 500 },
    );
  });

  it('takes one byte at a time', () => {
    const stream = joined([ping(1), ping(2), ping(3)]);
    const decoder = new FrameDecoder();
    const got = [...stream].flatMap((byte) => decoder.push(Uint8Array.of(byte)).frames);
    expect(got.map((frame) => frame.sequence)).toEqual([1, 2, 3]);
  });

  it('does not write over a payload that it handed out', () => {
    const decoder = new FrameDecoder();
    const got: Frame[] = [];
    for (const byte of [7, 8]) {
      const record = ping(byte);
      got.push(...decoder.push(record.slice(0, 2)).frames, ...decoder.push(record.slice(2)).frames);
    }
    expect(got).toMatchObject([{ payload: Uint8Array.of(7) }, { payload: Uint8Array.of(8) }]);
  });

  it('gives the frames before the error, and stays failed', () => {
    const decoder = new FrameDecoder();
    const bad = Uint8Array.of(0x04, 0xff, 0x00, 0x01, 0x00);
    const first = decoder.push(joined([ping(1), ping(2), bad, ping(3)]));
    expect(first.frames).toHaveLength(2);
    expect(first.error?.code).toBe('InvalidFrameType');
    const again = decoder.push(ping(4));
    expect(again.frames).toHaveLength(0);
    expect(again.error).toBe(first.error);
    decoder.end();
  });

  it('says malformed as soon as no further byte can help', () => {
    // payload_len runs past the end of a frame whose last bytes are still missing.
    const decoder = new FrameDecoder();
    expect(decoder.push(Uint8Array.of(0x90, 0x4e, 0x05, 0x00)).error).toBeNull();
    expect(decoder.push(Uint8Array.of(0x01, 0x91)).error).toBeNull();
    expect(decoder.push(Uint8Array.of(0x4e)).error?.code).toBe('UnexpectedEof');
    expect(decoder.bufferedBytes).toBe(0);
  });

  it('says incomplete at the end of the stream', () => {
    const decoder = new FrameDecoder();
    decoder.push(ping(1).subarray(0, 3));
    expect(() => {
      decoder.end();
    }).toThrow(ProtocolError);
  });

  it('takes memory as bytes arrive, not as a peer announces them', () => {
    const decoders: FrameDecoder[] = [];
    const before = process.memoryUsage().arrayBuffers;
    // 16 MiB announced by each of 200.
    const announced = Uint8Array.of(0x80, 0x80, 0x80, 0x08, 0x05, 0x00, 0x01);
    for (let n = 0; n < 200; n += 1) {
      const decoder = new FrameDecoder();
      expect(decoder.push(announced).error).toBeNull();
      decoders.push(decoder);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024);
    expect(decoders.map((decoder) => decoder.bufferedBytes)).toEqual(decoders.map(() => 7));
  });

  it('holds a stranger to lower limits until they are raised', () => {
    const large = encodeFrame({
      kind: 'opaque',
      type: 'MSG',
      channelId: channelId(1),
      sequence: sequence(1),
      payload: new Uint8Array(20_000),
    });
    const strict = new FrameDecoder(UNAUTHENTICATED_LIMITS);
    expect(strict.push(large.subarray(0, 3)).error?.code).toBe('FrameTooLarge');
    const raised = new FrameDecoder(UNAUTHENTICATED_LIMITS);
    raised.setLimits(CCP1_LIMITS);
    expect(raised.push(large).frames).toHaveLength(1);
  });

  it('carries a frame of the largest size, cut into pieces', () => {
    const payload = new Uint8Array(CCP1_LIMITS.maxFrameBytes - 7);
    payload[payload.length - 1] = 9;
    const record = new FrameWriter().opaque('MSG', channelId(0), payload);
    const decoder = new FrameDecoder();
    const got: Frame[] = [];
    for (let at = 0; at < record.length; at += 60_000) {
      got.push(...decoder.push(record.slice(at, at + 60_000)).frames);
    }
    const [frame] = got;
    expect(got).toHaveLength(1);
    expect(frame?.kind === 'opaque' && Buffer.from(frame.payload).equals(payload)).toBe(true);
  });

  it('survives fuzzing: only ProtocolErrors, and bounded memory', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 }), (pieces) => {
        const decoder = new FrameDecoder(UNAUTHENTICATED_LIMITS);
        for (const piece of pieces) decoder.push(piece);
        expect(decoder.bufferedBytes).toBeLessThanOrEqual(UNAUTHENTICATED_LIMITS.maxFrameBytes + 10);
      }),
      { seed: 4, numRuns: 2000 },
    );
  });
});

describe('FrameWriter', () => {
  it('counts from 1 in each direction, over all types and channels', () => {
    const writer = new FrameWriter();
    const records = [
      writer.control('HELLO', channelId(0), { a: 1 }),
      writer.opaque('MSG', channelId(7), Uint8Array.of(1)),
      writer.control('ACK', channelId(7), { ack: 2 }),
    ];
    expect(records.map((record) => decodeSingleFrame(record).sequence)).toEqual([1, 2, 3]);
    expect(writer.nextSequence).toBe(4);
  });

  it('uses up no number for a frame that cannot be encoded', () => {
    const writer = new FrameWriter();
    expect(() => writer.control('ACK', channelId(0), Number.NaN)).toThrow(/InvalidControlJson/);
    expect(() => writer.opaque('MSG', channelId(0), new Uint8Array(17 * 1024 * 1024))).toThrow(
      /PayloadTooLarge/,
    );
    expect(decodeSingleFrame(writer.control('ACK', channelId(0), 1)).sequence).toBe(1);
  });

  it('uses the last number once, then refuses', () => {
    const writer = new FrameWriter(sequence(4294967294));
    const send = (): number => decodeSingleFrame(writer.control('ACK', channelId(0), null)).sequence;
    expect([send(), send()]).toEqual([4294967294, 4294967295]);
    expect(writer.nextSequence).toBeNull();
    expect(send).toThrow(/SequenceExhausted/);
    expect(send).toThrow(/SequenceExhausted/);
  });
});

describe('SequenceGuard', () => {
  it('lets numbers rise, with gaps, and refuses repeats, steps back and zero', () => {
    const guard = new SequenceGuard();
    for (const value of [1, 2, 5, 4294967295]) guard.accept(sequence(value));
    expect(() => {
      guard.accept(sequence(4294967295));
    }).toThrow(/SequenceNotIncreasing/);
    expect(() => {
      new SequenceGuard().accept(sequence(0));
    }).toThrow(/SequenceNotIncreasing/);
  });
});
