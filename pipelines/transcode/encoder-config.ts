/** What an output asks of its encoder. */
import type { Bps, VideoEncoderConfig } from '../../codecs/types.ts';
import type { RtpStreamSpec } from '../ipc.ts';
import type { PictureSize } from './fit-size.ts';
import { MAX_PAYLOAD_BYTES } from './rtp-sender.ts';

export function toBps(bitsPerSecond: number): Bps {
  return bitsPerSecond as Bps;
}

export function encoderConfigFor(
  stream: RtpStreamSpec,
  size: PictureSize,
  targetBps: number,
  maxFrameRate: number,
): VideoEncoderConfig {
  return {
    codec: stream.codec,
    width: size.width,
    height: size.height,
    targetBps: toBps(targetBps),
    maxFrameRate,
    // Packetization mode 0 has no fragments: the encoder must cut the picture into slices.
    ...(stream.codec === 'H264' && stream.packetizationMode === 0 ? { maxNalBytes: MAX_PAYLOAD_BYTES } : {}),
  };
}
