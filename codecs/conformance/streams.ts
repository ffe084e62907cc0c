/** Streams of the moving picture for the suites: encoded, decoded in part, and held against their sources. */
import type {
  CodecEngine,
  EncodeOptions,
  EncodedVideo,
  VideoEncoder,
  VideoEncoderConfig,
  VideoFrame,
} from '../types.ts';
import { bps, lumaPsnrDb, movingPicture, rtp90k } from './pictures.ts';
import type { FoundVideo } from './found.ts';

export const WIDTH = 320;
export const HEIGHT = 180;
export const FRAME_RATE = 30;
export const TICKS = 90_000 / FRAME_RATE;

export type Found = Pick<FoundVideo, 'codec' | 'implementation'>;

export function createEncoder(
  engine: CodecEngine,
  { codec, implementation }: Found,
  more: Partial<VideoEncoderConfig> = {},
): VideoEncoder {
  return engine.createEncoder({
    codec,
    implementation,
    width: WIDTH,
    height: HEIGHT,
    targetBps: bps(600_000),
    maxFrameRate: FRAME_RATE,
    ...more,
  });
}

export function picture(engine: CodecEngine, number: number, width = WIDTH, height = HEIGHT): VideoFrame {
  return engine.frameFromI420(movingPicture(width, height, number), width, height, rtp90k(number * TICKS));
}

/** Encodes one picture; its number is in its time stamp. */
export async function encodePicture(
  engine: CodecEngine,
  encoder: VideoEncoder,
  number: number,
  options?: EncodeOptions,
  size: readonly [number, number] = [WIDTH, HEIGHT],
): Promise<EncodedVideo | null> {
  const frame = picture(engine, number, ...size);
  try {
    return await encoder.encode(frame, options);
  } finally {
    frame.close();
  }
}

/** Pictures `from` to `to`, without those that were skipped. */
export async function encodePictures(
  engine: CodecEngine,
  encoder: VideoEncoder,
  from: number,
  to: number,
  optionsOf: (number: number) => EncodeOptions = () => ({}),
): Promise<EncodedVideo[]> {
  const units: EncodedVideo[] = [];
  for (let i = from; i < to; i++) {
    const unit = await encodePicture(engine, encoder, i, optionsOf(i));
    if (unit !== null) units.push(unit);
  }
  return units;
}

/** Pictures `from` to `to` of a scene, without those that were skipped. @param scene as `movingPicture` */
export async function encodeScene(
  engine: CodecEngine,
  encoder: VideoEncoder,
  [from, to]: readonly [number, number],
  scene: typeof movingPicture = movingPicture,
  [width, height]: readonly [number, number] = [WIDTH, HEIGHT],
): Promise<EncodedVideo[]> {
  const units: EncodedVideo[] = [];
  for (let i = from; i < to; i++) {
    const frame = engine.frameFromI420(scene(width, height, i), width, height, rtp90k(i * TICKS));
    const encoded = await encoder.encode(frame).finally(() => frame.close());
    if (encoded !== null) units.push(encoded);
  }
  return units;
}

export const numberOf = ({ timestampRtp90k }: Pick<EncodedVideo, 'timestampRtp90k'>): number =>
  timestampRtp90k / TICKS;

export interface Shown {
  readonly number: number;
  readonly width: number;
  readonly height: number;
  readonly corrupt: boolean;
  readonly i420: Uint8Array;
}

/** Decodes with a decoder of its own. @throws where a picture does not come */
export async function decodeAll(
  engine: CodecEngine,
  { codec }: Found,
  units: readonly Pick<EncodedVideo, 'data' | 'timestampRtp90k'>[],
): Promise<Shown[]> {
  const decoder = engine.createDecoder(codec);
  const shown: Shown[] = [];
  for (const unit of units) {
    const { frame, corrupt } = await decoder.decode(unit.data, unit.timestampRtp90k);
    if (frame === null) throw new Error(`picture ${numberOf(unit)} did not come`);
    const { width, height } = frame;
    shown.push({ number: numberOf(unit), width, height, corrupt, i420: frame.toI420() });
    frame.close();
  }
  await decoder.close();
  return shown;
}

/** How far a decoded picture's luma is from its source, in dB. */
export function psnrDb({ number, width, height, i420 }: Shown): number {
  return lumaPsnrDb(i420, movingPicture(width, height, number), width, height);
}

/** Bits a second of pictures that came at {@link FRAME_RATE}. */
export function bitrate(units: readonly EncodedVideo[], pictures: number): number {
  return (units.reduce((sum, { data }) => sum + data.length * 8, 0) * FRAME_RATE) / pictures;
}
