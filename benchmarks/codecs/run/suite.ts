/** The whole run: class by class, all encoders of a class taking turns within each round. */
import { mkdirSync, mkdtempSync, openSync, closeSync, rmSync, writeSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createCodecEngine } from '../../../codecs/engine.ts';
import type { CodecEngine, VideoCodecName } from '../../../codecs/types.ts';
import { BenchUsageError } from '../../report/bench.ts';
import { ClipError } from '../content/clipError.ts';
import { clipPosition } from '../content/clipPosition.ts';
import { type Content, loadContent, loadOwnContent } from '../content/content.ts';
import { burstLoss, randomLoss } from '../loss/channel.ts';
import { measureResilience } from '../loss/resilience.ts';
import { MetricPool } from '../metrics/pool.ts';
import { type CodecResults, RESULTS_VERSION } from '../model.ts';
import { buildNativeEncoder } from '../native/build.ts';
import { nativeCommand } from '../native/overhead.ts';
import type { CodecBenchOptions } from '../options.ts';
import { type Peer, findPeers } from '../peers/peers.ts';
import { measurePeer } from '../peers/measure.ts';
import { settingName } from '../output/curves.ts';
import { peerName } from '../output/tables.ts';
import { fitCpuMs } from '../../transcode/cpuFit.ts';
import { type EncodeJob, encodeCommand } from './jobs.ts';
import { decodersOf, measureDecoders } from './decoders.ts';
import { Plan } from './plan.ts';
import { type Contender, PointRun, type Source, encoderConfig, layersName } from './points.ts';
import { Progress } from './progress.ts';

const SECONDS = 5;
const QUICK_SECONDS = 3;
const LOSS_SHARE = 0.02;
const BURST_PACKETS = 4;
const SEED = 20;

type Lists = {
  -readonly [Key in 'points' | 'decoders' | 'peers' | 'loss' | 'overhead']: CodecResults[Key][number][];
};

export interface SuiteResult {
  readonly results: CodecResults;
  readonly skipped: readonly string[];
}

/**
 * @param stop once it is aborted, the piece of work in hand is the last; what was measured until then is the result
 * @throws BenchUsageError where nothing fits `--only`, or a clip cannot be read
 */
export async function measureCodecs(
  options: CodecBenchOptions,
  rounds: number,
  say: (line: string) => void,
  stop: AbortSignal,
): Promise<SuiteResult> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'commucat-codecs-'));
  const engine = createCodecEngine();
  const pool = new MetricPool(os.availableParallelism());
  try {
    return await new Suite({ options, rounds, say, stop, engine, pool, folder }).run();
  } catch (error) {
    if (error instanceof ClipError) throw new BenchUsageError(error.message, { cause: error });
    throw error;
  } finally {
    await pool.close();
    await engine.close();
    rmSync(folder, { recursive: true });
  }
}

/** One class of content, and what is to be done with it. */
interface Task {
  readonly source: Source;
  readonly plan: Plan;
  readonly progress: Progress;
}

interface SuiteParts {
  readonly options: CodecBenchOptions;
  readonly rounds: number;
  readonly say: (line: string) => void;
  readonly stop: AbortSignal;
  readonly engine: CodecEngine;
  readonly pool: MetricPool;
  readonly folder: string;
}

class Suite {
  readonly #options: CodecBenchOptions;
  readonly #rounds: number;
  readonly #say: (line: string) => void;
  readonly #stop: AbortSignal;
  readonly #engine: CodecEngine;
  readonly #pool: MetricPool;
  readonly #folder: string;
  readonly #skipped: string[] = [];
  readonly #lists: Lists = { points: [], decoders: [], peers: [], loss: [], overhead: [] };
  #scratch = 0;

  constructor({ options, rounds, say, stop, engine, pool, folder }: SuiteParts) {
    this.#options = options;
    this.#rounds = rounds;
    this.#say = say;
    this.#stop = stop;
    this.#engine = engine;
    this.#pool = pool;
    this.#folder = folder;
  }

  async run(): Promise<SuiteResult> {
    const encoders = this.#encoders();
    const seconds = this.#options.quick ? QUICK_SECONDS : SECONDS;
    const peers = new Map(encoders.map(({ info }) => [info.name, this.#peersOf(info.name)]));
    const contents = await this.#contents(seconds);
    const pictures = ({ frameRate }: Content): number => Math.round(seconds * frameRate);
    const plan = new Plan(this.#engine, contents, {
      quick: this.#options.quick,
      rounds: this.#rounds,
      pictures,
    });
    const total = contents.flatMap((content) =>
      encoders.map((encoder) => plan.work(content, encoder, peers.get(encoder.info.name) ?? [])),
    );
    const progress = new Progress(
      total.reduce((sum, units) => sum + units, 0),
      this.#say,
      () => performance.now(),
    );
    for (const content of contents) {
      if (this.#isEnding()) break;
      const source: Source = {
        content,
        file: this.#playedFile(content, pictures(content)),
        pictures: pictures(content),
      };
      const task = { source, plan, progress };
      await this.#measurePoints(task, encoders);
      for (const encoder of encoders) {
        await this.#measureDecoders(task, encoder);
        if (plan.hasLoss(content)) await this.#measureLoss(task, encoder);
        for (const peer of plan.peers(content, peers.get(encoder.info.name) ?? [])) {
          await this.#measurePeer(task, encoder, peer);
        }
        if (plan.overheadRounds(content) > 0) await this.#measureOverhead(task, encoder);
      }
      rmSync(source.file);
    }
    if (this.#isEnding()) this.#skipped.push('the rest: the run was ended early');
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
    return usable.map((info) => ({ info, codec: info.codec as VideoCodecName, speed: null, layers: null }));
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

  async #measurePoints({ source, plan, progress }: Task, encoders: readonly Contender[]): Promise<void> {
    const { content } = source;
    const runs = encoders.flatMap((encoder) =>
      plan.points(content, encoder).map((point) => {
        const { contender, targetBps, rounds, takesRate } = point;
        const { speed, layers } = contender;
        const setting = settingName({
          encoder: encoder.info.name,
          speed,
          layers: layers === null ? null : layersName(layers),
        });
        const name = `${content.name}: ${setting} ${Math.round(targetBps / 1000)} kbit/s`;
        const work = plan.roundWork(content, encoder);
        const once = plan.onceWork(content, encoder, point);
        const part = progress.part(rounds * work + once, name);
        const run = new PointRun(contender, source, targetBps, takesRate);
        return { name, part, work, once, rounds, run };
      }),
    );
    const failed = new Set<PointRun>();
    for (let round = 0; round < plan.rounds(content); round += 1) {
      for (const { name, part, work, once, rounds, run } of round % 2 === 0 ? runs : [...runs].reverse()) {
        if (round >= rounds || failed.has(run) || this.#isEnding()) continue;
        const done = await this.#attempt(name, () => run.round(this.#engine, this.#pool, this.#folder));
        if (done) part.step(round === 0 ? work + once : work);
        else failed.add(run);
      }
    }
    for (const { part } of runs) part.end();
    const whole = runs.filter(({ run }) => run.hasRound && !failed.has(run));
    this.#lists.points.push(...whole.map(({ run }) => run.record()));
  }

  async #measureDecoders({ source, plan, progress }: Task, encoder: Contender): Promise<void> {
    const { content } = source;
    const decoders = decodersOf(this.#engine, encoder);
    const rounds = plan.rounds(content);
    const work = plan.decodeWork(content);
    const name = `${content.name}: decoders of ${encoder.info.name}`;
    const part = progress.part(decoders.length * (rounds + 1) * work, name);
    await this.#attempt(name, async () => {
      const target = middleRate(content);
      const step = (): void => part.step(work);
      this.#lists.decoders.push(
        ...(await measureDecoders(decoders, source, encoder, target, rounds, this.#folder, step)),
      );
    });
    part.end();
  }

  async #measureLoss({ source, plan, progress }: Task, encoder: Contender): Promise<void> {
    const { content, pictures } = source;
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
      progress.step(plan.lossWork(content, encoder), name);
    }
  }

  async #measurePeer({ source, plan, progress }: Task, encoder: Contender, peer: Peer): Promise<void> {
    const { content } = source;
    const name = `${content.name}: ${peerName(peer)}`;
    const part = progress.part(plan.peerWork(content, encoder), name);
    const steps = {
      point: (): void => part.step(plan.peerPointWork(content, encoder)),
      fit: (): void => part.step(plan.fitWork(content, encoder)),
    };
    const tools = { engine: this.#engine, pool: this.#pool, newFolder: () => this.#newFolder() };
    await this.#attempt(name, async () => {
      this.#lists.peers.push(await measurePeer(tools, source, encoder, peer, plan.peerRounds, steps));
    });
    part.end();
  }

  /** Asked anew each time: it may change while something is awaited. */
  #isEnding(): boolean {
    return this.#stop.aborted;
  }

  /** One encoder or peer that fails is left out, with the reason, and the others go on. */
  async #attempt(name: string, work: () => Promise<void>): Promise<boolean> {
    if (this.#isEnding()) return false;
    try {
      await work();
      return true;
    } catch (error) {
      // From a terminal the interruption has ended the child too.
      if (this.#isEnding()) return false;
      const message = error instanceof Error ? error.message : String(error);
      // Of a process that failed, the line that names the error says more than the command.
      const reason = /^\w*Error.*$/m.exec(message)?.[0] ?? message.split('\n').at(0) ?? '';
      this.#skipped.push(`${name}: ${reason}`);
      return false;
    }
  }

  async #measureOverhead({ source, plan, progress }: Task, encoder: Contender): Promise<void> {
    const { content, file, pictures } = source;
    const { info } = encoder;
    const name = `${content.name}: ${info.name} beside the C program`;
    const rounds = plan.overheadRounds(content);
    const work = plan.fitWork(content, encoder);
    const part = progress.part(2 * rounds * work, name);
    const job = (length: number): EncodeJob => ({
      config: encoderConfig(encoder, content, middleRate(content)),
      input: file,
      pictures: length,
    });
    await this.#attempt(name, async () => {
      const built = await buildNativeEncoder(info.name);
      if ('reason' in built) throw new RangeError(built.reason);
      const [oursMs = [], nativeMs = []] = await fitCpuMs(
        [(length) => encodeCommand(job(length)), (length) => nativeCommand(built.program, info, job(length))],
        pictures,
        rounds,
        () => part.step(work),
      );
      this.#lists.overhead.push({ encoder: info.name, content: content.name, oursMs, nativeMs });
    });
    part.end();
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

/** The second of the rates: what a call at this size would take. */
function middleRate({ targetsBps }: Content): number {
  return targetsBps[Math.floor((targetsBps.length - 1) / 2)] ?? 0;
}
