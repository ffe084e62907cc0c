/** The engine's whole process beside the C program's, taking turns. */
import { checkedSettings } from '../../../codecs/native/encoder-config.ts';
import type { CodecInfo } from '../../../codecs/types.ts';
import type { EncodeJob } from '../run/jobs.ts';

/** @param info of the encoder that the job names */
export function nativeCommand(program: string, info: CodecInfo, job: EncodeJob): readonly string[] {
  const { config, input, pictures, output } = job;
  return [
    program,
    info.name,
    checkedSettings(config, info).join(','),
    String(config.maxFrameRate),
    input,
    String(pictures),
    ...(output === undefined ? [] : [output]),
  ];
}
