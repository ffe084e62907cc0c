/**
 * ffmpeg and GStreamer with the same codec libraries, reading the same raw file.
 *
 * "alike": the options that real-time calls need and the peer offers, as near to the plugin's as they reach (codecs that ffmpeg is not
 * built with are left out). "defaults": nothing but the rate and one thread, and the effort where the default one is too slow for a call.
 *
 * What will surprise you: peers may not skip pictures, even where ours does, since what they write no longer says which picture it is.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { hasElements } from '../../transcode/gstreamer.ts';
import { readIvf } from '../../../codecs/media-files.ts';
import type { PeerRecord } from '../model.ts';

export interface PeerJob {
  readonly width: number;
  readonly height: number;
  readonly frameRate: number;
  readonly bps: number;
  readonly input: string;
  readonly pictures: number;
  /** An empty folder; absent: the stream is thrown away. */
  readonly output?: string;
}

export interface Peer extends Pick<PeerRecord, 'tool' | 'encoder' | 'settings' | 'effort'> {
  command(job: PeerJob): readonly string[];
  /** The access units that a command with this output folder has written. */
  units(folder: string): readonly Uint8Array[];
}

type Options = (job: PeerJob) => string;

/** By the name of our implementation; ffmpeg's encoder and its options. */
const FFMPEG: Readonly<Record<string, Options>> = {
  'libvpx-vp8': (job) =>
    `-c:v libvpx -deadline realtime -cpu-used -8 ${cbr(job)} -qmin 2 -qmax 56 -static-thresh 1 -rc_init_occupancy ${job.bps / 2}`,
  'libvpx-vp9': (job) => `-c:v libvpx-vp9 -deadline realtime -cpu-used 7 ${cbr(job)} -aq-mode 3`,
  'libaom-av1': (job) => `-c:v libaom-av1 -usage realtime -cpu-used 8 ${cbr(job)} -aq-mode 3`,
  'svt-av1': ({ bps }) => `-c:v libsvtav1 -preset 10 -b:v ${bps} -svtav1-params pred-struct=1:rc=2:lp=1`,
};

interface GstreamerOptions {
  readonly alike: Options;
  /** The rate, one thread, and the effort where one is given. */
  readonly defaults: Options;
  /**
   * Where the default does not keep up with real time (good quality at effort 0, VP9 with 25 pictures of look-ahead: 0.1 to 4 s for each
   * picture of 1280x720): our effort in its real-time mode, all else being its default. Absent: the default is fast.
   */
  readonly effort?: { readonly value: number; readonly options: string };
}

const GSTREAMER: Readonly<Record<string, GstreamerOptions>> = {
  'libvpx-vp8': {
    alike: ({ bps }) =>
      `vp8enc threads=1 deadline=1 cpu-used=-8 end-usage=cbr target-bitrate=${bps} keyframe-max-dist=99999 keyframe-mode=disabled min-quantizer=2 max-quantizer=56 undershoot=100 overshoot=15 buffer-initial-size=500 buffer-optimal-size=600 buffer-size=1000 static-threshold=1`,
    defaults: ({ bps }) => `vp8enc threads=1 target-bitrate=${bps}`,
    effort: { value: -8, options: 'deadline=1 cpu-used=-8' },
  },
  'libvpx-vp9': {
    alike: ({ bps }) =>
      `vp9enc threads=1 deadline=1 cpu-used=7 end-usage=cbr lag-in-frames=0 target-bitrate=${bps} keyframe-max-dist=99999 keyframe-mode=disabled`,
    defaults: ({ bps }) => `vp9enc threads=1 target-bitrate=${bps}`,
    effort: { value: 7, options: 'deadline=1 lag-in-frames=0 cpu-used=7' },
  },
  openh264: {
    alike: ({ bps }) =>
      `openh264enc multi-thread=1 bitrate=${bps} rate-control=bitrate complexity=low gop-size=0 adaptive-quantization=false background-detection=false scene-change-detection=false`,
    defaults: ({ bps }) => `openh264enc multi-thread=1 bitrate=${bps}`,
  },
  'libaom-av1': {
    alike: ({ bps }) =>
      `av1enc threads=1 usage-profile=realtime cpu-used=8 end-usage=cbr lag-in-frames=0 target-bitrate=${Math.round(bps / 1000)} keyframe-max-dist=9999 min-quantizer=2 max-quantizer=58`,
    defaults: ({ bps }) => `av1enc threads=1 target-bitrate=${Math.round(bps / 1000)}`,
    // Its default for the largest quantiser is 0: without loss, at seventy times the rate that is asked for.
    effort: { value: 8, options: 'usage-profile=realtime cpu-used=8 max-quantizer=63' },
  },
};

/** Which peers of an encoder are installed, and why others are not. */
export function findPeers(encoder: string): { readonly peers: readonly Peer[]; readonly skipped: string[] } {
  const peers: Peer[] = [];
  const skipped: string[] = [];
  const ffmpeg = FFMPEG[encoder];
  if (ffmpeg !== undefined) {
    const name = /-c:v (\S+)/.exec(ffmpeg(NO_JOB))?.[1] ?? '';
    if (ffmpegEncoders().has(name)) {
      peers.push({
        tool: 'ffmpeg',
        encoder,
        settings: 'alike',
        effort: null,
        command: ffmpegCommand(ffmpeg),
        units: ivfUnits,
      });
    } else {
      skipped.push(`ffmpeg with ${name} is not installed: no comparison of ${encoder} with it`);
    }
  }
  const gstreamer = GSTREAMER[encoder];
  if (gstreamer !== undefined) {
    const element = gstreamer.defaults(NO_JOB).split(' ')[0] ?? '';
    if (hasElements(['rawvideoparse', element, 'multifilesink'])) {
      const add = (settings: PeerRecord['settings'], options: Options, effort: number | null): void => {
        const command = gstreamerCommand(options, encoder === 'openh264');
        peers.push({ tool: 'GStreamer', encoder, settings, effort, command, units: fileUnits });
      };
      const { alike, defaults, effort } = gstreamer;
      add('alike', alike, null);
      add('defaults', (job) => `${defaults(job)} ${effort?.options ?? ''}`.trim(), effort?.value ?? null);
    } else {
      skipped.push(`GStreamer with ${element} is not installed: no comparison of ${encoder}`);
    }
  }
  if (peers.length === 0 && skipped.length === 0) skipped.push(`${encoder}: no peer uses its library`);
  return { peers, skipped };
}

const IVF = 'out.ivf';
const NO_JOB: PeerJob = { width: 0, height: 0, frameRate: 1, bps: 1, input: '', pictures: 0 };

function cbr({ bps }: PeerJob): string {
  // A buffer of one second that is controlled tightly, no look-ahead, no key frames unasked.
  return `-b:v ${bps} -minrate ${bps} -maxrate ${bps} -bufsize ${bps} -undershoot-pct 100 -overshoot-pct 15 -lag-in-frames 0 -g 99999 -threads 1`;
}

function ffmpegCommand(options: Options): Peer['command'] {
  return (job) => {
    const { width, height, frameRate, input, pictures, output } = job;
    const raw = `-f rawvideo -pix_fmt yuv420p -s ${width}x${height} -r ${frameRate}`;
    return [
      ...`ffmpeg -hide_banner -loglevel error -y ${raw} -i`.split(' '),
      input,
      ...`-frames:v ${pictures} ${options(job)}`.split(' '),
      ...(output === undefined ? ['-f', 'null', '-'] : ['-f', 'ivf', path.join(output, IVF)]),
    ];
  };
}

/** GStreamer has no writer of IVF: each access unit becomes a file of its own. */
function gstreamerCommand(options: Options, isH264: boolean): Peer['command'] {
  return (job) => {
    const { width, height, input, pictures, output } = job;
    const [num, den] = fraction(job.frameRate);
    const bytes = (width * height * 3) / 2;
    const raw = `rawvideoparse format=i420 width=${width} height=${height} framerate=${num}/${den}`;
    const caps = isH264 ? ['video/x-h264,stream-format=byte-stream,alignment=au', '!'] : [];
    return [
      'gst-launch-1.0',
      '-q',
      'filesrc',
      `location=${input}`,
      ...`blocksize=${bytes} num-buffers=${pictures} ! ${raw} ! ${options(job)} !`.split(' '),
      ...(output === undefined
        ? ['fakesink']
        : [...caps, 'multifilesink', `location=${path.join(output, '%06d.unit')}`]),
    ];
  };
}

function ivfUnits(folder: string): readonly Uint8Array[] {
  return readIvf(readFileSync(path.join(folder, IVF))).frames;
}

function fileUnits(folder: string): readonly Uint8Array[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.unit'))
    .sort()
    .map((name) => readFileSync(path.join(folder, name)));
}

function fraction(frameRate: number): readonly [number, number] {
  return Number.isInteger(frameRate) ? [frameRate, 1] : [Math.round(frameRate * 1001), 1001];
}

let knownEncoders: ReadonlySet<string> | undefined;
function ffmpegEncoders(): ReadonlySet<string> {
  if (knownEncoders === undefined) {
    try {
      const text = execFileSync('ffmpeg', ['-hide_banner', '-encoders'], { encoding: 'utf8', stdio: 'pipe' });
      knownEncoders = new Set(Array.from(text.matchAll(/^ V\S+ (\S+)/gm), ([, name = '']) => name));
    } catch {
      knownEncoders = new Set();
    }
  }
  return knownEncoders;
}
