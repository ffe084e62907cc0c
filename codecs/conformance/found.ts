/** Which implementations the conformance suites run for: all that can be used here. */
import type { AudioCodecName } from '../audio-types.ts';
import type { CodecInfo, ImplementationName, VideoCodecName } from '../types.ts';
import { builtPaths } from '../../native/paths.ts';
import { isUsable, loadCodecs } from '../native/implementations.ts';
import { HOME_RATES } from './sound.ts';

export interface Found<Codec extends CodecInfo['codec']> {
  readonly codec: Codec;
  readonly implementation: ImplementationName;
  readonly info: CodecInfo;
}
export type FoundVideo = Found<VideoCodecName>;

const VIDEO: ReadonlySet<string> = new Set<VideoCodecName>(['VP8', 'VP9', 'H264', 'AV1']);
const isVideo = (codec: CodecInfo['codec']): codec is VideoCodecName => VIDEO.has(codec);
const isSound = (codec: CodecInfo['codec']): codec is AudioCodecName => Object.hasOwn(HOME_RATES, codec);

/** Software for video, in order of preference. */
export function videoFound(direction: CodecInfo['direction']): readonly FoundVideo[] {
  return found(direction, isVideo);
}

/** Software for sound. */
export function soundFound(direction: CodecInfo['direction']): readonly Found<AudioCodecName>[] {
  return found(direction, isSound);
}

/** Read without an engine: suites are laid out before one is made. */
function found<Codec extends CodecInfo['codec']>(
  direction: CodecInfo['direction'],
  isWanted: (codec: CodecInfo['codec']) => codec is Codec,
): readonly Found<Codec>[] {
  return loadCodecs(builtPaths().nativeLib)
    .implementations.filter(isUsable)
    .flatMap(({ info, isConverter }) =>
      !isConverter && !info.hardware && info.direction === direction && isWanted(info.codec)
        ? [{ codec: info.codec, implementation: info.name, info }]
        : [],
    );
}
