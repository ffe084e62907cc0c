/**
 * What a viewer sees of a stream whose packets get lost, with encoder and decoder live at both ends.
 *
 * The receiver does as a call does: an access unit that is not whole is not decoded, later ones are, and a key frame is asked for, which
 * reaches the encoder after three pictures (100 ms at 30). Nothing is sent again: this measures the codec, not the repair of packets.
 */
import type {
  CodecEngine,
  Rtp90k,
  VideoDecoder,
  VideoEncoderConfig,
  VideoFrame,
} from '../../../codecs/types.ts';
import { CodecBitstreamError } from '../../../codecs/errors.ts';
import { clipPosition } from '../content/clipPosition.ts';
import type { Content } from '../content/content.ts';
import { planesOf } from '../metrics/planes.ts';
import { meanSquaredError, psnrDb } from '../metrics/psnr.ts';
import type { Channel } from './channel.ts';

export const PACKET_BYTES = 1200;
const REQUEST_PICTURES = 3;
/** Luma PSNR against the same stream without loss, below which a picture counts as damaged. */
const DAMAGED_DB = 40;

export interface Resilience {
  readonly pictures: number;
  readonly packets: number;
  readonly lostPackets: number;
  /** Pictures in whose time nothing new was shown. */
  readonly frozen: number;
  /** Pictures that were shown, and visibly differ from those without loss. */
  readonly damaged: number;
  readonly keyFrames: number;
}

export async function measureResilience(
  engine: CodecEngine,
  config: VideoEncoderConfig,
  content: Content,
  pictures: number,
  channel: Channel,
): Promise<Resilience> {
  const encoder = engine.createEncoder(config);
  const [viewer, witness] = [engine.createDecoder(config.codec), engine.createDecoder(config.codec)];
  const counts = { pictures, packets: 0, lostPackets: 0, frozen: 0, damaged: 0, keyFrames: 0 };
  /** When a request that is under way arrives. */
  let requestAt: number | null = null;
  try {
    for (let number = 0; number < pictures; number += 1) {
      const keyFrame = number === requestAt;
      if (keyFrame) requestAt = null;
      const frame = sourceFrame(engine, content, number);
      const unit = await encoder.encode(frame, { keyFrame });
      frame.close();
      if (unit === null) continue;
      if (unit.keyFrame) counts.keyFrames += 1;
      const packets = Math.ceil(unit.data.length / PACKET_BYTES);
      const lost = Array.from({ length: packets }, () => channel()).filter(Boolean).length;
      counts.packets += packets;
      counts.lostPackets += lost;
      const whole = await show(witness, unit.data, number);
      const seen = lost > 0 ? { frame: null, broken: true } : await show(viewer, unit.data, number);
      if (seen.broken) requestAt ??= number + REQUEST_PICTURES;
      if (seen.frame === null) counts.frozen += 1;
      else if (whole.frame !== null && differs(seen.frame, whole.frame)) counts.damaged += 1;
      seen.frame?.close();
      whole.frame?.close();
    }
  } finally {
    await Promise.all([encoder.close(), viewer.close(), witness.close()]);
  }
  return counts;
}

interface Shown {
  readonly frame: VideoFrame | null;
  readonly broken: boolean;
}

async function show(decoder: VideoDecoder, data: Uint8Array, number: number): Promise<Shown> {
  try {
    const { frame, corrupt } = await decoder.decode(data, (number * 3000) as Rtp90k);
    return { frame, broken: corrupt };
  } catch (error) {
    if (error instanceof CodecBitstreamError) return { frame: null, broken: true };
    throw error;
  }
}

function sourceFrame(engine: CodecEngine, content: Content, number: number): VideoFrame {
  const { width, height, frameRate, pictures } = content;
  const picture = pictures[clipPosition(number, pictures.length)];
  if (picture === undefined) throw new RangeError('a clip without pictures');
  return engine.frameFromI420(picture, width, height, Math.round((number * 90_000) / frameRate) as Rtp90k);
}

function differs(a: VideoFrame, b: VideoFrame): boolean {
  const [left] = planesOf(a.toI420(), a.width, a.height);
  const [right] = planesOf(b.toI420(), b.width, b.height);
  return psnrDb(meanSquaredError(left, right)) < DAMAGED_DB;
}
