/** The peer: GStreamer's vp8dec and openh264enc, the same two libraries that our engine uses. */
import { execFileSync } from 'node:child_process';
import { CLIP } from './clip.ts';

export type Complexity = 'low' | 'medium';

/** @returns the version, or null where GStreamer or one of the elements is missing */
export function gstreamerVersion(): string | null {
  if (!hasElements(['ivfparse', 'vp8dec', 'openh264enc'])) return null;
  try {
    return (
      /GStreamer (\S+)/.exec(execFileSync('gst-launch-1.0', ['--version'], { encoding: 'utf8' }))?.[1] ??
      'unknown'
    );
  } catch {
    return null;
  }
}

/** Whether GStreamer is here with all of these. */
export function hasElements(elements: readonly string[]): boolean {
  try {
    for (const element of elements) {
      execFileSync('gst-inspect-1.0', ['--exists', element], { stdio: 'ignore' });
    }
    return true;
  } catch {
    return false;
  }
}

/** @param output Annex B file; absent: the encoded stream is thrown away */
export function gstreamerCommand(input: string, complexity: Complexity, output?: string): readonly string[] {
  const encoder = `openh264enc bitrate=${CLIP.bps} rate-control=bitrate complexity=${complexity} multi-thread=1 gop-size=0`;
  const sink =
    output === undefined
      ? 'fakesink'
      : `video/x-h264,stream-format=byte-stream ! filesink location=${output}`;
  return [
    'gst-launch-1.0',
    '-q',
    ...`filesrc location=${input} ! ivfparse ! vp8dec threads=1 ! ${encoder} ! ${sink}`.split(' '),
  ];
}
