/** The whole run: class by class, all encoders of a class taking turns within each round. */
import { mkdirSync, mkdtempSync, openSync, closeSync, rmSync, writeSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createCodecEngine } from '../../../codecs/engine.ts';
import type { CodecEngine, VideoCodecName } from '../../../codecs/types.ts';
import { BenchUsageError } from '../../report/bench.ts';
import { ClipError } from '../content/clipError.ts';
import { type Content, clipPosition, loadContent, loadOwnContent } from '../content/content.ts';
import { burstLoss, randomLoss } from '../loss/channel.ts';
import { measureResilience } from '../loss/resilience.ts';
import { MetricPool } from '../metrics/pool.ts';
import { type CodecResults, RESULTS_VERSION } from '../model.ts';
import { buildNativeEncoder } from '../native/build.ts';
import { nativeCommand } from '../native/overhead.ts';
import type { CodecBenchOptions } from '../options.ts';
import { type Peer, findPeers } from '../peers/peers.ts';
import { measurePeer } from '../peers/measure.ts';
import { fitCpuMs } from '../../transcode/cpuFit.ts';
import { type EncodeJob, encodeCommand } from './jobs.ts';
import { type Contender, PointRun, type Source, encoderConfig } from './points.ts';
import { Progress } from './progress.ts';

const SECONDS = 8;
const QUICK_SECONDS = 3;
/** Where the speeds are tried and the C program runs: the class that calls are made of. */
const MAIN_CLASS = 'camera';
/** Beside the default, by implementation. */
const SPEEDS: Readonly<Record<string, readonly number[]>> = {
  'libvpx-vp8': [-4, -6, -8, -10, -12],
  'libvpx-vp9': [5, 6, 7, 8, 9],
  openh264: [0, 1, 2],
  'libaom-av1': [7, 8, 9, 10],
  'svt-av1': [9, 10, 11, 12],
};
const LOSS_SHARE = 0.02;
const BURST_PACKETS = 4;
const SEED = 20;
const MIN_OVERHEAD_ROUNDS = 5;

type Lists = { -readonly [Key in 'points' | 'peers' | 'loss' | 'overhead']: CodecResults[Key][number][] };

export interface SuiteResult {
  readonly results: CodecResults;
  readonly skipped: readonly string[];
}

/** @throws BenchUsageError where nothing fits `--only`, or a clip cannot be read */
export async function measureCodecs(
  options: CodecBenchOptions,
  rounds: number,
  say: (line: string) => void,
): Promise<SuiteResult> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'commucat-codecs-'));
  const engine = createCodecEngine();
  const pool = new MetricPool(os.availableParallelism());
  try {
    return await new Suite(options, rounds, say, engine, pool, folder).run();
  } catch (error) {
    if (error instanceof ClipError) throw new BenchUsageError(error.message, { cause: error });
    throw error;
  } finally {
    await pool.close();
    await engine.close();
    rmSync(folder, { recursive: true });
  }
}

class Suite {
  readonly #options: CodecBenchOptions;
  readonly #rounds: number;
  readonly #say: (line: string) => void;
  readonly #engine: CodecEngine;
  readonly #pool: MetricPool;
  readonly #folder: string;
  readonly #skipped: string[] = [];
  readonly #lists: Lists = { points: [], peers: [], loss: [], overhead: [] };
  #scratch = 0;

  constructor(
    options: CodecBenchOptions,
    rounds: number,
    say: (line: string) => void,
    engine: CodecEngine,
    pool: MetricPool,
    folder: string,
  ) {
    this.#options = options;
    this.#rounds = rounds;
    this.#say = say;
    this.#engine = engine;
    this.#pool = pool;
    this.#folder = folder;
  }

  async run(): Promise<SuiteResult> {
    const encoders = this.#encoders();
    const seconds = this.#options.quick ? QUICK_SECONDS : SECONDS;
    const peers = new Map(encoders.map(({ info }) => [info.name, this.#peersOf(info.name)]));
    const contents = await this.#contents(seconds);
    const progress = new Progress(
      contents.reduce((sum, content) => sum + this.#work(content, encoders, peers), 0),
      this.#say,
    );
    for (const content of contents) {
      const pictures = Math.round(seconds * content.frameRate);
      const source: Source = { content, file: this.#playedFile(content, pictures), pictures };
      await this.#measurePoints(source, encoders, progress);
      for (const encoder of encoders) {
        await this.#measureLoss(source, encoder, progress);
        for (const peer of peers.get(encoder.info.name) ?? []) {
          await this.#measurePeer(source, encoder, peer, progress);
        }
        if (content.name === this.#mainClass(contents)) {
          await this.#measureOverhead(source, encoder, progress);
        }
      }
      rmSync(source.file);
    }
    return { results: this.#results(encoders, contents, seconds), skipped: this.#skipped };
  }

  /** Every encoder that the engine has here, at its default. */
  #encoders(): readonly Contender[] {
    const { encoders: only } = this.#options;
    const known = this.#engine.implementations().filter(({ direction }) => direction === 'encode');
    const video = known.filter(({ codec }) => ['VP8', 'VP9', 'H264', 'AV1'].includes(codec));
    const wanted = video.filter(
      ({ name, codec }) => only.length === 0 || only.includes(name) || only.includes(codec),
    );
    if (wanted.length === 0) {
      const names = video.map(({ name }) => name).join(', ');
      throw new BenchUsageError(`--only ${only.join(',')}: no encoder is called so; there are ${names}`);
    }
    for (const { name, missing } of wanted) {
      if (missing !== null) this.#skipped.push(`${name}: ${missing}`);
    }
    const usable = wanted.filter(({ missing }) => missing === null);
    return usable.map((info) => ({ info, codec: info.codec as VideoCodecName, speed: null }));
  }

  #peersOf(encoder: string): readonly Peer[] {
    const { peers, skipped } = findPeers(encoder);
    this.#skipped.push(...skipped);
    return peers;
  }

  async #contents(seconds: number): Promise<readonly Content[]> {
    const { inputs, contents: names } = this.#options;
    const most = seconds * 30;
    if (inputs.length > 0) {
      return Promise.all(inputs.map((file) => loadOwnContent(this.#engine, file, most)));
    }
    const contents: Content[] = [];
    for (const name of names) {
      this.#say(`reading ${name}`);
      const content = await loadContent(this.#engine, name, most);
      if ('reason' in content) this.#skipped.push(`${name}: ${content.reason}`);
      else contents.push(content);
    }
    return contents;
  }

  /** Points in units of one encode of the class; a picture's cost grows with its pixels. */
  #work(
    content: Content,
    encoders: readonly Contender[],
    peers: ReadonlyMap<string, readonly Peer[]>,
  ): number {
    const rates = content.targetsBps.length;
    const each = encoders.map((encoder) => {
      const speeds = 1 + this.#speeds(content, encoder).length;
      const overhead = content.name === MAIN_CLASS ? 2 * this.#overheadRounds() : 0;
      const peerCount = peers.get(encoder.info.name)?.length ?? 0;
      return speeds * rates * this.#rounds + 2 + peerCount * (rates + 2 * this.#rounds) + overhead;
    });
    return each.reduce((sum, units) => sum + units, 0) * unitOf(content);
  }

  #speeds(content: Content, { info }: Contender): readonly number[] {
    return this.#options.quick || content.name !== MAIN_CLASS ? [] : (SPEEDS[info.name] ?? []);
  }

  async #measurePoints(source: Source, encoders: readonly Contender[], progress: Progress): Promise<void> {
    const { content } = source;
    const runs = encoders.flatMap((encoder) =>
      [null, ...this.#speeds(content, encoder)].flatMap((speed) =>
        content.targetsBps.map((targetBps) => ({
          name: `${content.name}: ${encoder.info.name}${speed === null ? '' : ` speed ${speed}`} ${Math.round(targetBps / 1000)} kbit/s`,
          run: new PointRun({ ...encoder, speed }, source, targetBps),
        })),
      ),
    );
    const failed = new Set<PointRun>();
    for (let round = 0; round < this.#rounds; round += 1) {
      for (const { name, run } of round % 2 === 0 ? runs : [...runs].reverse()) {
        if (!failed.has(run)) {
          const done = await this.#attempt(name, () => run.round(this.#engine, this.#pool, this.#folder));
          if (!done) failed.add(run);
        }
        progress.step(unitOf(content), name);
      }
    }
    const whole = runs.filter(({ run }) => !failed.has(run));
    this.#lists.points.push(...whole.map(({ run }) => run.record()));
  }

  async #measureLoss({ content, pictures }: Source, encoder: Contender, progress: Progress): Promise<void> {
    const percent = LOSS_SHARE * 100;
    for (const [channel, lose] of [
      [`${percent} % at random`, randomLoss(LOSS_SHARE, SEED)],
      [`${percent} % in bursts of ${BURST_PACKETS}`, burstLoss(LOSS_SHARE, BURST_PACKETS, SEED)],
    ] as const) {
      const config = encoderConfig(encoder, content, middleRate(content));
      const name = `${content.name}: ${encoder.info.name} with ${channel}`;
      await this.#attempt(name, async () => {
        const result = await measureResilience(this.#engine, config, content, pictures, lose);
        this.#lists.loss.push({ content: content.name, encoder: encoder.info.name, channel, ...result });
      });
      progress.step(unitOf(content), name);
    }
  }

  async #measurePeer(source: Source, encoder: Contender, peer: Peer, progress: Progress): Promise<void> {
    const { content } = source;
    const name = `${content.name}: ${peer.tool} ${peer.settings} (${peer.encoder})`;
    const step = (): void => progress.step(unitOf(content), name);
    const tools = { engine: this.#engine, pool: this.#pool, newFolder: () => this.#newFolder() };
    await this.#attempt(name, async () => {
      this.#lists.peers.push(await measurePeer(tools, source, encoder, peer, this.#rounds, step));
    });
  }

  /** One encoder or peer that fails is left out, with the reason, and the others go on. */
  async #attempt(name: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      // Of a process that failed, the line that names the error says more than the command.
      const reason = /^\w*Error.*$/m.exec(message)?.[0] ?? message.split('\n').at(0) ?? '';
      this.#skipped.push(`${name}: ${reason}`);
      return false;
    }
  }

  async #measureOverhead(source: Source, encoder: Contender, progress: Progress): Promise<void> {
    const { content, file, pictures } = source;
    const { info } = encoder;
    const built = await buildNativeEncoder(info.name);
    if ('reason' in built) {
      this.#skipped.push(`binding overhead of ${info.name}: ${built.reason}`);
      return;
    }
    const job = (length: number): EncodeJob => ({
      config: encoderConfig(encoder, content, middleRate(content)),
      input: file,
      pictures: length,
    });
    const name = `${content.name}: ${info.name} beside the C program`;
    await this.#attempt(name, async () => {
      const [oursMs = [], nativeMs = []] = await fitCpuMs(
        [(length) => encodeCommand(job(length)), (length) => nativeCommand(built.program, info, job(length))],
        pictures,
        this.#overheadRounds(),
        () => progress.step(unitOf(content), name),
      );
      this.#lists.overhead.push({ encoder: info.name, content: content.name, oursMs, nativeMs });
    });
  }

  #overheadRounds(): number {
    return this.#options.quick ? this.#rounds : Math.max(this.#rounds, MIN_OVERHEAD_ROUNDS);
  }

  #mainClass(contents: readonly Content[]): string | undefined {
    return (contents.find(({ name }) => name === MAIN_CLASS) ?? contents[0])?.name;
  }

  #newFolder(): string {
    const folder = path.join(this.#folder, `peer-${(this.#scratch += 1)}`);
    mkdirSync(folder);
    return folder;
  }

  #playedFile({ name, pictures: clip }: Content, pictures: number): string {
    const file = path.join(this.#folder, `${name}.i420`);
    const sink = openSync(file, 'w');
    for (let number = 0; number < pictures; number += 1) {
      writeSync(sink, clip[clipPosition(number, clip.length)] ?? new Uint8Array());
    }
    closeSync(sink);
    return file;
  }

  #results(encoders: readonly Contender[], contents: readonly Content[], seconds: number): CodecResults {
    return {
      version: RESULTS_VERSION,
      conditions: {
        rounds: this.#rounds,
        seconds,
        threads: '1 for each encoder',
        encoders: encoders.map(({ info }) => `${info.name} (${info.library} ${info.version})`).join(', '),
        contents: contents
          .map(
            ({ name, width, height, frameRate }) =>
              `${name} ${width}x${height} at ${Number(frameRate.toFixed(2))}`,
          )
          .join(', '),
        processor: `${os.cpus()[0]?.model ?? 'unknown'}, ${os.availableParallelism()} cores`,
        node: process.version,
        anchor: 'BD figures of speeds: the default; of peers: the peer; of --compare: the baseline',
      },
      ...this.#lists,
    };
  }
}

function unitOf({ width, height, frameRate }: Content): number {
  return (width * height * frameRate) / 1e6;
}

/** The second of the rates: what a call at this size would take. */
function middleRate({ targetsBps }: Content): number {
  return targetsBps[Math.floor((targetsBps.length - 1) / 2)] ?? 0;
}
