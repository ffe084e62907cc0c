import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../errors.ts';
import { decodeFrame, decodeSingleFrame, encodeFrame, maxRecordBytes } from './codec.ts';
import { channelId, FRAME_TYPE_NAMES, FrameType, isOpaqueFrameType, sequence } from './frame.ts';
import type { ControlFrame, Frame } from './frame.ts';
import { CCP1_LIMITS, UNAUTHENTICATED_LIMITS } from './limits.ts';
import { FrameDecoder } from './stream.ts';
import { frames } from './testdata/arbitrary-frames.ts';

const cases = <T extends v.GenericSchema>(schema: T) => v.pipe(v.array(schema), v.minLength(1));
const VectorFile = v.object({
  valid: cases(
    v.object({
      name: v.string(),
      hex: v.string(),
      canonical: v.boolean(),
      frame: v.object({
        type: v.picklist(FRAME_TYPE_NAMES),
        channelId: v.number(),
        sequence: v.number(),
        control: v.optional(v.unknown()),
        payload: v.optional(v.string()),
      }),
    }),
  ),
  malformed: cases(v.object({ name: v.string(), hex: v.string(), code: v.string() })),
  incomplete: cases(v.object({ name: v.string(), hex: v.string(), recordBytes: v.nullable(v.number()) })),
});
const vectors = v.parse(
  VectorFile,
  JSON.parse(readFileSync(new URL('./testdata/ccp1-vectors.json', import.meta.url), 'utf8')),
);

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The code of what a call throws, or null where it returns. */
function codeOf(call: () => unknown): string | null {
  try {
    call();
    return null;
  } catch (thrown) {
    if (thrown instanceof ProtocolError) return thrown.code;
    throw thrown;
  }
}

function complete(bytes: Uint8Array): Frame {
  const result = decodeFrame(bytes);
  if (result.status === 'incomplete') throw new Error('incomplete');
  return result.frame;
}

/** A frame as the vector file writes it. */
function written(frame: Frame): object {
  const { type, channelId: channel, sequence: number } = frame;
  const payload = frame.kind === 'control' ? { control: frame.control } : { payload: hexOf(frame.payload) };
  return { type, channelId: channel, sequence: number, ...payload };
}

const message = (payload: Uint8Array): Frame => ({
  kind: 'opaque',
  type: 'MSG',
  channelId: channelId(0),
  sequence: sequence(1),
  payload,
});
const ack = (control: ControlFrame['control']): ControlFrame => ({
  kind: 'control',
  type: 'ACK',
  channelId: channelId(0),
  sequence: sequence(1),
  control,
});

describe('vectors', () => {
  it.each(vectors.valid)('valid: $name', ({ hex, frame, canonical }) => {
    const bytes = bytesOf(hex);
    const result = decodeFrame(bytes);
    if (result.status === 'incomplete') throw new Error('incomplete');
    expect(written(result.frame)).toEqual(frame);
    expect(result.consumedBytes).toBe(bytes.length);
    expect(hexOf(encodeFrame(result.frame)) === hex).toBe(canonical);
    // Every shorter prefix is incomplete, never malformed and never a frame.
    for (let length = 0; length < bytes.length; length += 1) {
      expect(decodeFrame(bytes.subarray(0, length)).status).toBe('incomplete');
    }
  });

  it.each(vectors.malformed)('malformed: $name', ({ hex, code }) => {
    expect(codeOf(() => decodeFrame(bytesOf(hex)))).toBe(code);
  });

  it.each(vectors.malformed)('malformed, a byte at a time: $name', ({ hex, code }) => {
    const decoder = new FrameDecoder();
    const errors = [...bytesOf(hex)].map((byte) => decoder.push(Uint8Array.of(byte)).error);
    expect(errors.at(-1)?.code).toBe(code);
  });

  it.each(vectors.incomplete)('incomplete: $name', ({ hex, recordBytes }) => {
    expect(decodeFrame(bytesOf(hex))).toEqual({ status: 'incomplete', recordBytes });
  });

  it('cover every frame type and every code of the codec', () => {
    expect(new Set(vectors.valid.map(({ frame }) => frame.type))).toEqual(new Set(FRAME_TYPE_NAMES));
    expect(new Set(vectors.malformed.map(({ code }) => code))).toEqual(
      new Set([
        'InvalidFrameType',
        'InvalidControlJson',
        'UnexpectedEof',
        'VarintOverflow',
        'PayloadTooLarge',
        'FrameTooLarge',
        'ControlTooLarge',
        'ChannelIdTooLarge',
        'SequenceTooLarge',
      ]),
    );
  });
});

describe('frame types', () => {
  it('have the codes 1 to 20, three of them opaque', () => {
    expect(FRAME_TYPE_NAMES.map((name) => FrameType[name])).toEqual(
      Array.from({ length: 20 }, (_, n) => n + 1),
    );
    expect(FRAME_TYPE_NAMES.filter(isOpaqueFrameType)).toEqual(['MSG', 'VOICE_FRAME', 'VIDEO_FRAME']);
  });
});

describe('limits', () => {
  it('hold at the byte when encoding', () => {
    // type, channel, sequence: 3 bytes; a payload_len of 16 MiB takes 4 more.
    const largest = CCP1_LIMITS.maxFrameBytes - 7;
    const record = encodeFrame(message(new Uint8Array(largest)));
    expect(record.length).toBe(CCP1_LIMITS.maxFrameBytes + 4);
    expect(complete(record)).toMatchObject({ type: 'MSG' });
    expect(codeOf(() => encodeFrame(message(new Uint8Array(largest + 1))))).toBe('FrameTooLarge');
    expect(codeOf(() => encodeFrame(message(new Uint8Array(16 * 1024 * 1024 + 1))))).toBe('PayloadTooLarge');
    const text = 'x'.repeat(CCP1_LIMITS.maxControlBytes - 2);
    expect(complete(encodeFrame(ack(text)))).toEqual(ack(text));
    expect(codeOf(() => encodeFrame(ack(`${text}x`)))).toBe('ControlTooLarge');
  });

  it('are lower before authentication, and refuse on the length alone', () => {
    const text = 'x'.repeat(UNAUTHENTICATED_LIMITS.maxControlBytes);
    const record = encodeFrame(ack(text));
    expect(codeOf(() => decodeFrame(record, UNAUTHENTICATED_LIMITS))).toBe('FrameTooLarge');
    expect(codeOf(() => decodeFrame(record.subarray(0, 3), UNAUTHENTICATED_LIMITS))).toBe('FrameTooLarge');
    expect(decodeFrame(record.subarray(0, 3)).status).toBe('incomplete');
    expect(maxRecordBytes(UNAUTHENTICATED_LIMITS)).toBe(16 * 1024 + 10);
  });

  it('hold for ids that are made here', () => {
    for (const value of [-1, 1.5, 2 ** 32, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(codeOf(() => channelId(value))).toBe('ChannelIdTooLarge');
      expect(codeOf(() => sequence(value))).toBe('SequenceTooLarge');
    }
  });
});

describe('JSON', () => {
  it('may be 127 deep and no deeper, both ways', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    const record = (json: string): Uint8Array => {
      const payload = new TextEncoder().encode(json);
      const body = [0x06, 0x00, 0x01, (payload.length & 0x7f) | 0x80, payload.length >> 7, ...payload];
      return Uint8Array.from([(body.length & 0x7f) | 0x80, body.length >> 7, ...body]);
    };
    const deepest = complete(record(nested(127)));
    expect(decodeSingleFrame(encodeFrame(deepest))).toEqual(deepest);
    expect(codeOf(() => decodeFrame(record(nested(128))))).toBe('InvalidControlJson');
    expect(codeOf(() => decodeFrame(record(nested(5000))))).toBe('InvalidControlJson');
  });

  it('refuses to send what a peer would refuse', () => {
    expect(codeOf(() => encodeFrame(ack(Number.NaN)))).toBe('InvalidControlJson');
    expect(codeOf(() => encodeFrame(ack({ a: ['\ud83d'] })))).toBe('InvalidControlJson');
    const circular: Record<string, ControlFrame['control']> = {};
    circular['self'] = circular;
    expect(codeOf(() => encodeFrame(ack(circular)))).toBe('InvalidControlJson');
  });

  it('leaves out members that are undefined', () => {
    expect(complete(encodeFrame(ack({ a: 1, b: undefined })))).toEqual(ack({ a: 1 }));
  });

  it('does not quote the input in the error', () => {
    const record = encodeFrame(message(new TextEncoder().encode('secret')));
    record[1] = FrameType.AUTH;
    expect(() => decodeFrame(record)).toThrow(/not a JSON document/);
    expect(() => decodeFrame(record)).not.toThrow(/secret/);
  });
});

describe('round trip', () => {
  it('gives every frame back, and consumes exactly its bytes', () => {
    fc.assert(
      fc.property(frames, fc.uint8Array({ maxLength: 20 }), (frame, tail) => {
        const record = encodeFrame(frame);
        const result = decodeFrame(Uint8Array.from([...record, ...tail]));
        expect(result).toEqual({ status: 'frame', frame, consumedBytes: record.length });
        expect(decodeSingleFrame(record)).toEqual(frame);
        expect(codeOf(() => decodeSingleFrame(Uint8Array.from([...record, 0])))).toBe('UnexpectedEof');
        expect(codeOf(() => decodeSingleFrame(record.subarray(0, -1)))).toBe('UnexpectedEof');
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});

describe('fuzz', () => {
  it('answers arbitrary and damaged bytes with a result or a ProtocolError, nothing else', () => {
    const damaged = fc
      .tuple(frames, fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }))
      .map(([frame, edits]) => {
        const record = encodeFrame(frame);
        for (const [at, value] of edits) record[at % record.length] = value;
        return record;
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 64 }), damaged), (bytes) => {
        let result;
        try {
          result = decodeFrame(bytes);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ProtocolError);
          return;
        }
        if (result.status === 'incomplete') return;
        expect(result.consumedBytes).toBeLessThanOrEqual(bytes.length);
        // Whatever was accepted survives our own encoder.
        expect(complete(encodeFrame(result.frame))).toEqual(result.frame);
      }),
      { seed: 2, numRuns: 5000 },
    );
  });
});

describe('the folder', () => {
  it('runs in a browser: it imports nothing of Node, and uses none of its globals', async () => {
    const entryPoints = [fileURLToPath(new URL('./index.ts', import.meta.url))];
    const { outputFiles } = await build({
      entryPoints,
      bundle: true,
      platform: 'browser',
      format: 'iife',
      write: false,
    });
    const code = outputFiles.map((file) => file.text).join('');
    expect(code).toContain('FrameTooLarge');
    expect(code).not.toMatch(/\b(Buffer|process|require|setImmediate)\b/);
  });
});
