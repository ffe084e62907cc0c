/**
 * Frames over a connection: bytes pushed in as they come, and frames numbered as they go out.
 *
 * What will surprise you:
 * - {@link FrameDecoder.push} never throws on bad bytes: it returns the frames before them and the error. From then on the
 *   stream has no known frame boundary, so the decoder stays failed.
 * - Memory follows the bytes that have arrived, not the length that a peer announced.
 * - The payload of an opaque frame may be a view of the pushed bytes: push a buffer that is not written to again.
 */
import { ProtocolError } from '../errors.ts';
import { decodeFrame, encodeFrame } from './codec.ts';
import { sequence } from './frame.ts';
import type { ChannelId, ControlFrameType, Frame, JsonValue, OpaqueFrameType, Sequence } from './frame.ts';
import { CCP1_LIMITS, MAX_U32 } from './limits.ts';
import type { FrameLimits } from './limits.ts';

/** What one push gave. */
export interface PushResult {
  readonly frames: readonly Frame[];
  /** Set once the stream is malformed; the connection is then to be closed. */
  readonly error: ProtocolError | null;
}

/** Turns a stream of bytes, cut anywhere, into frames. */
export class FrameDecoder {
  #limits: FrameLimits;
  /** Bytes of a frame that has not fully arrived: `#buffer[0.. #length]`. Never written again once it was handed out. */
  #buffer: Uint8Array = new Uint8Array(0);
  #length = 0;
  #error: ProtocolError | null = null;

  /** @param limits what the peer is held to; the protocol's own where absent */
  constructor(limits: FrameLimits = CCP1_LIMITS) {
    this.#limits = limits;
  }

  /** Other limits from the next byte on, for example once the peer is authenticated. */
  setLimits(limits: FrameLimits): void {
    this.#limits = limits;
  }

  /** Bytes held for a frame that has not fully arrived. */
  get bufferedBytes(): number {
    return this.#length;
  }

  /**
   * Takes the next bytes of the stream.
   * @returns every frame that is complete now, in order, and the error that ended the stream, if one did
   */
  push(bytes: Uint8Array): PushResult {
    const frames: Frame[] = [];
    if (this.#error !== null) return { frames, error: this.#error };
    try {
      let rest = bytes;
      while (rest.length > 0) {
        const taken = this.#length === 0 ? this.#takeWhole(rest, frames) : this.#takePart(rest, frames);
        rest = rest.subarray(taken);
      }
    } catch (thrown) {
      if (!(thrown instanceof ProtocolError)) throw thrown;
      this.#error = thrown;
      this.#release();
    }
    return { frames, error: this.#error };
  }

  /**
   * Says that the stream has ended.
   * @throws {ProtocolError} UnexpectedEof where it ended inside a frame
   */
  end(): void {
    if (this.#error === null && this.#length > 0) {
      throw new ProtocolError('UnexpectedEof', `the stream ends ${this.#length} bytes into a frame`);
    }
  }

  /** Decodes straight from the pushed bytes; keeps what is not complete. Returns how many bytes it took. */
  #takeWhole(bytes: Uint8Array, frames: Frame[]): number {
    const result = decodeFrame(bytes, this.#limits);
    if (result.status === 'frame') {
      frames.push(result.frame);
      return result.consumedBytes;
    }
    this.#append(bytes, result.recordBytes);
    return bytes.length;
  }

  /** Adds to a frame that is not complete, but no byte of the one after it. Returns how many bytes it took. */
  #takePart(bytes: Uint8Array, frames: Frame[]): number {
    const known = decodeFrame(this.#buffer.subarray(0, this.#length), this.#limits);
    const recordBytes = known.status === 'incomplete' ? known.recordBytes : null;
    // While even the length is not known, one byte at a time is enough to know it, and takes no byte too many.
    const wanted = recordBytes === null ? 1 : recordBytes - this.#length;
    const taken = Math.min(wanted, bytes.length);
    this.#append(bytes.subarray(0, taken), recordBytes);
    const result = decodeFrame(this.#buffer.subarray(0, this.#length), this.#limits);
    if (result.status === 'frame') {
      frames.push(result.frame);
      this.#release();
    }
    return taken;
  }

  #append(bytes: Uint8Array, recordBytes: number | null): void {
    const needed = this.#length + bytes.length;
    if (needed > this.#buffer.length) {
      // Doubling keeps the copies linear; the announced length only ever lowers the size.
      const doubled = Math.max(2 * this.#buffer.length, needed, 64);
      const grown = new Uint8Array(
        recordBytes === null ? doubled : Math.max(needed, Math.min(doubled, recordBytes)),
      );
      grown.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = grown;
    }
    this.#buffer.set(bytes, this.#length);
    this.#length = needed;
  }

  #release(): void {
    // A new buffer, since a frame's payload may be a view of the old one.
    this.#buffer = new Uint8Array(0);
    this.#length = 0;
  }
}

/** Numbers and encodes the frames of one direction of a connection: 1, 2, 3 and so on, each once. */
export class FrameWriter {
  #last = 0;

  /** @param firstSequence the number of the first frame; 1 where absent */
  constructor(firstSequence: Sequence = sequence(1)) {
    this.#last = firstSequence - 1;
  }

  /** The number that the next frame will have, or null where none is left. */
  get nextSequence(): Sequence | null {
    return this.#last >= MAX_U32 ? null : sequence(this.#last + 1);
  }

  /**
   * Encodes a frame with a JSON payload.
   * @throws {ProtocolError} SequenceExhausted, or as `encodeFrame`; no number is used up then
   */
  control(type: ControlFrameType, channelId: ChannelId, control: JsonValue): Uint8Array {
    return this.#write({ kind: 'control', type, channelId, sequence: this.#next(), control });
  }

  /**
   * Encodes a frame with a payload of bytes.
   * @throws {ProtocolError} SequenceExhausted, or as `encodeFrame`; no number is used up then
   */
  opaque(type: OpaqueFrameType, channelId: ChannelId, payload: Uint8Array): Uint8Array {
    return this.#write({ kind: 'opaque', type, channelId, sequence: this.#next(), payload });
  }

  #next(): Sequence {
    const next = this.nextSequence;
    if (next === null) throw new ProtocolError('SequenceExhausted', `${MAX_U32} frames were sent`);
    return next;
  }

  #write(frame: Frame): Uint8Array {
    const bytes = encodeFrame(frame);
    this.#last = frame.sequence;
    return bytes;
  }
}

/** Checks the numbers of incoming frames: each must be greater than the one before; gaps are allowed. */
export class SequenceGuard {
  #last = 0;

  /** @throws {ProtocolError} SequenceNotIncreasing */
  accept(received: Sequence): void {
    if (received <= this.#last) {
      throw new ProtocolError('SequenceNotIncreasing', `sequence ${received} after ${this.#last}`);
    }
    this.#last = received;
  }
}
