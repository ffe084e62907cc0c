/** What transcoding VP8 to H.264 costs beside GStreamer with the same libraries, and what it adds to the delay of a call. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createCodecEngine } from '../../codecs/engine.ts';
import type { CodecEngine } from '../../codecs/types.ts';
import type { Bench } from '../report/bench.ts';
import { type Claim, atMost } from '../report/claims.ts';
import type { BenchReport, Table } from '../report/report.ts';
import { median, quantile } from '../report/statistics.ts';
import { CLIP, type Clip, makeClip } from './clip.ts';
import { fitCpuMs } from './cpuFit.ts';
import { cpuSeconds } from './cpuTime.ts';
import { gstreamerCommand, gstreamerVersion } from './gstreamer.ts';
import { addedLatenciesMs } from './latency.ts';
import { qualityOf } from './quality.ts';

/** Two lengths: the difference is the work, what both share is start-up. The long one is the whole clip. */
const SHORT = 100;
const LONG = 300;

export const transcodeBench: Bench = {
  name: 'transcode',
  summary: 'VP8 → H.264: CPU beside GStreamer with the same libraries, and added latency',
  defaultRounds: 10,
  run: measureTranscode,
};

interface Contender {
  readonly name: string;
  command(input: string, output?: string): readonly string[];
}

const OURS: Contender = {
  name: 'CommuCat',
  command: (input, output) => [
    process.execPath,
    path.join(import.meta.dirname, 'ownEngine.ts'),
    input,
    ...(output === undefined ? [] : [output]),
  ],
};
const GSTREAMER: readonly Contender[] = (['low', 'medium'] as const).map((complexity) => ({
  name: `GStreamer, complexity ${complexity}`,
  command: (input, output) => gstreamerCommand(input, complexity, output),
}));

async function measureTranscode(rounds: number, say: (line: string) => void): Promise<BenchReport> {
  const folder = mkdtempSync(path.join(tmpdir(), 'commucat-bench-'));
  const engine = createCodecEngine();
  try {
    say('encoding the clip');
    const clip = await makeClip(engine, [SHORT, LONG], folder);
    const version = gstreamerVersion();
    const contenders = version === null ? [OURS] : [OURS, ...GSTREAMER];
    const cpu = await measureCpu(contenders, clip, rounds, say);
    const quality = await qualityTable(engine, contenders, clip, folder);
    say('one live transcode, in real time');
    const latenciesMs = await addedLatenciesMs(clip.frames);
    return {
      bench: 'transcode',
      tables: [cpu.table, quality, latencyTable(latenciesMs)],
      claims: [...cpu.claims, atMost('transcode.added-latency-p50-ms', median(latenciesMs), 20, 'ms', 1)],
      conditions: {
        rounds,
        clip: clip.content,
        picture: `${CLIP.width}x${CLIP.height} at ${CLIP.frameRate}, ${CLIP.bps / 1000} kbit/s`,
        gstreamer: version ?? 'absent',
      },
      skipped:
        version === null
          ? ['GStreamer with ivfparse, vp8dec and openh264enc is not installed: no comparison']
          : [],
    };
  } finally {
    await engine.close();
    rmSync(folder, { recursive: true });
  }
}

/** CPU for each picture, fitted over the two lengths; contenders take turns. */
async function measureCpu(
  contenders: readonly Contender[],
  clip: Clip,
  rounds: number,
  say: (line: string) => void,
): Promise<{ readonly table: Table; readonly claims: readonly Claim[] }> {
  const fitted = await fitCpuMs(
    contenders.map(
      (contender) => (pictures) => contender.command(clip.files.get(pictures === SHORT ? SHORT : LONG) ?? ''),
    ),
    clip.frames.length,
    rounds,
    (at, cpuMs, round) =>
      say(`round ${round + 1} of ${rounds}: ${contenders[at]?.name ?? ''} ${cpuMs.toFixed(2)} ms a picture`),
    SHORT,
  );
  const samples = new Map(contenders.map((contender, at) => [contender, fitted[at] ?? []]));
  const ours = samples.get(OURS) ?? [];
  const [low] = GSTREAMER;
  const peer = low === undefined ? undefined : samples.get(low);
  return {
    table: {
      title: 'CPU for each picture, ms (user and system, start-up fitted out)',
      columns: ['what', 'median', 'lowest', 'highest', 'ours against it'],
      rows: [...samples].map(([{ name }, list]) => [
        name,
        median(list).toFixed(2),
        Math.min(...list).toFixed(2),
        Math.max(...list).toFixed(2),
        pairedRatio(ours, list).toFixed(2),
      ]),
    },
    claims: peer === undefined ? [] : [atMost('transcode.cpu-vs-gstreamer', pairedRatio(ours, peer), 1, 'x')],
  };
}

/** Median over the rounds of the ratio within each round: a machine that is slower for a while is so for both. */
function pairedRatio(ours: readonly number[], theirs: readonly number[]): number {
  return median(ours.map((value, round) => value / (theirs[round] ?? Number.NaN)));
}

async function qualityTable(
  engine: CodecEngine,
  contenders: readonly Contender[],
  clip: Clip,
  folder: string,
): Promise<Table> {
  const rows: (readonly (string | number)[])[] = [];
  for (const [index, contender] of contenders.entries()) {
    const file = path.join(folder, `out-${index}.h264`);
    await cpuSeconds(contender.command(clip.files.get(LONG) ?? '', file));
    const { pictures, kbps, psnrDb } = await qualityOf(engine, file, clip.frames);
    rows.push([contender.name, pictures, kbps.toFixed(0), psnrDb.toFixed(2)]);
  }
  return { title: 'What comes out', columns: ['what', 'pictures', 'kbit/s', 'PSNR dB'], rows };
}

function latencyTable(latenciesMs: readonly number[]): Table {
  return {
    title: 'Added latency of one live transcode, last packet in to last packet out, ms',
    columns: ['pictures', 'p50', 'p95', 'p99'],
    rows: [
      [latenciesMs.length, ...[0.5, 0.95, 0.99].map((share) => quantile(latenciesMs, share).toFixed(1))],
    ],
  };
}
