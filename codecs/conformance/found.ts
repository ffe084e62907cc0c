/** Which implementations the conformance suites run for: all that can be used here. */
import type { CodecInfo, ImplementationName, VideoCodecName } from '../types.ts';
import { builtPaths } from '../../native/paths.ts';
import { isUsable, loadCodecs } from '../native/implementations.ts';

const VIDEO: ReadonlySet<string> = new Set<VideoCodecName>(['VP8', 'VP9', 'H264', 'AV1']);

export interface FoundVideoEncoder {
  readonly codec: VideoCodecName;
  readonly implementation: ImplementationName;
  readonly info: CodecInfo;
}

function isVideo(codec: CodecInfo['codec']): codec is VideoCodecName {
  return VIDEO.has(codec);
}

/** Read without an engine: suites are laid out before one is made. */
export function videoEncoders(): readonly FoundVideoEncoder[] {
  return loadCodecs(builtPaths().nativeLib)
    .implementations.filter(isUsable)
    .flatMap(({ info }) =>
      info.direction === 'encode' && isVideo(info.codec)
        ? [{ codec: info.codec, implementation: info.name, info }]
        : [],
    );
}
