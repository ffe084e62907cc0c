/**
 * How fast the codecs are on this machine, measured in a moment: what `commucat codecs` shows.
 *
 * What will surprise you: the time is the codec thread's own, one picture after the other, so that waiting counts for nothing; on a busy
 * machine it is still only an indication. The QA bench is for figures to rely on.
 */
import { CodecError } from './errors.ts';
import { movingPicture } from './moving-picture.ts';
import type { Bps, CodecEngine, CodecInfo, EncodedVideo, Rtp90k, VideoCodecName } from './types.ts';

const WIDTH = 640;
const HEIGHT = 360;
const FRAME_RATE = 30;
const TARGET_BPS = 1_000_000 as Bps;
const TICKS = 90_000 / FRAME_RATE;
/** The first ones open the codec and are not counted. */
const WARM_UP = 5;
const COUNTED = 40;

export interface CodecSpeed {
  readonly info: CodecInfo;
  /** Pictures of 640x360 a second on one thread; null: it cannot be used here, or there is nothing to feed it with. */
  readonly framesPerSecond: number | null;
}

/**
 * Measures every video implementation of an engine, one after the other; a fraction of a second each. Hardware is measured where the
 * engine has tried it, and has no speed where it fails now.
 * @throws CodecError where software fails
 */
export async function measureSpeeds(engine: CodecEngine): Promise<readonly CodecSpeed[]> {
  const streams = new Map<VideoCodecName, readonly EncodedVideo[]>();
  const speeds = new Map<CodecInfo, number>();
  const usable = engine.probe().filter(isVideo);
  for (const info of usable.filter(({ direction }) => direction === 'encode')) {
    const stream = await unlessHardwareFails(info, () => encode(engine, info));
    if (stream === null) continue;
    if (!streams.has(info.codec)) streams.set(info.codec, stream);
    speeds.set(info, perSecond(stream.map(({ encodeUs }) => encodeUs)));
  }
  for (const info of usable.filter(({ direction }) => direction === 'decode')) {
    const stream = streams.get(info.codec);
    const tookUs =
      stream === undefined ? null : await unlessHardwareFails(info, () => decode(engine, info, stream));
    if (tookUs !== null) speeds.set(info, perSecond(tookUs));
  }
  return engine.implementations().map((info) => ({ info, framesPerSecond: speeds.get(info) ?? null }));
}

async function unlessHardwareFails<T>({ hardware }: CodecInfo, work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (hardware && error instanceof CodecError) return null;
    throw error;
  }
}

type VideoInfo = CodecInfo & { readonly codec: VideoCodecName };

function isVideo(info: CodecInfo): info is VideoInfo {
  const names: readonly string[] = ['VP8', 'VP9', 'H264', 'AV1'] satisfies VideoCodecName[];
  return names.includes(info.codec);
}

async function encode(engine: CodecEngine, info: VideoInfo): Promise<readonly EncodedVideo[]> {
  const encoder = engine.createEncoder({
    codec: info.codec,
    implementation: info.name,
    width: WIDTH,
    height: HEIGHT,
    targetBps: TARGET_BPS,
    maxFrameRate: FRAME_RATE,
  });
  const encoded: EncodedVideo[] = [];
  try {
    for (let number = 0; number < WARM_UP + COUNTED; number += 1) {
      const time = (number * TICKS) as Rtp90k;
      const frame = engine.frameFromI420(movingPicture(WIDTH, HEIGHT, number), WIDTH, HEIGHT, time);
      const unit = await encoder.encode(frame).finally(() => frame.close());
      if (unit !== null) encoded.push(unit);
    }
  } finally {
    await encoder.close();
  }
  return encoded;
}

async function decode(
  engine: CodecEngine,
  info: VideoInfo,
  stream: readonly EncodedVideo[],
): Promise<readonly number[]> {
  const decoder = engine.createDecoder(info.codec, { implementation: info.name });
  const tookUs: number[] = [];
  try {
    for (const { data, timestampRtp90k } of stream) {
      const { frame, decodeUs } = await decoder.decode(data, timestampRtp90k);
      frame?.close();
      tookUs.push(decodeUs);
    }
  } finally {
    await decoder.close();
  }
  return tookUs;
}

/** @param tookUs of each picture, those that are not counted first */
function perSecond(tookUs: readonly number[]): number {
  const counted = tookUs.slice(WARM_UP);
  return (counted.length * 1e6) / counted.reduce((sum, us) => sum + us, 0);
}
