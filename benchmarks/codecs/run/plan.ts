/**
 * What is run on which class, how often, and about how much work that is.
 *
 * One class, the camera's, is measured from all sides: speeds, layers, peers, the price of the binding, and every timing
 * as often as there are rounds. The others show how quality, rate, memory and speed change with the content, and take a third of the rounds.
 */
import type { CodecEngine, LayerCounts } from '../../../codecs/types.ts';
import type { Content } from '../content/content.ts';
import type { Peer } from '../peers/peers.ts';
import { decodersOf } from './decoders.ts';
import { type Contender, RATE_S } from './points.ts';

/** The class that calls are made of. */
export const MAIN_CLASS = 'camera';
const LOSS_TOO = 'webcam';

/** Beside the default, by implementation: slower and faster ones. */
const SPEEDS: Readonly<Record<string, readonly number[]>> = {
  'libvpx-vp8': [-4, -6, -10],
  'libvpx-vp9': [5, 7, 8, 9],
  openh264: [1, 2],
  'libaom-av1': [7, 9, 10],
  'svt-av1': [9, 11, 12],
};

/** What calls use, as far as an encoder can. */
const LAYERS: readonly LayerCounts[] = [
  { spatial: 1, temporal: 3 },
  { spatial: 3, temporal: 3 },
];

/** Of fits: the difference of two runs is noisier than either. */
const MIN_FIT_ROUNDS = 5;
/** About what a picture of 1280x720 costs, ms; only for the remaining time. */
const ENCODE_MS: Readonly<Record<string, number>> = { openh264: 6, 'libvpx-vp8': 11 };
const OTHER_ENCODE_MS = 20;
const DECODE_MS = 4;
const QUALITY_MS = 8;
/** A process of its own, shared among the pictures of one run. */
const START_MS = 2;
const ALL_PIXELS = 1280 * 720;

/** One encoder at one setting on one class, and how often. */
export interface PointPlan {
  readonly contender: Contender;
  readonly targetBps: number;
  readonly rounds: number;
  /** Whether its rate is judged, by a longer run. */
  readonly takesRate: boolean;
}

export interface PlanOptions {
  readonly quick: boolean;
  readonly rounds: number;
  /** Pictures of a run, by class. */
  readonly pictures: (content: Content) => number;
}

export class Plan {
  readonly #contents: readonly Content[];
  readonly #engine: CodecEngine;
  readonly #options: PlanOptions;

  constructor(engine: CodecEngine, contents: readonly Content[], options: PlanOptions) {
    this.#engine = engine;
    this.#contents = contents;
    this.#options = options;
  }

  /** Without the camera: the first class that there is. */
  isMain({ name }: Content): boolean {
    const main = this.#contents.find((content) => content.name === MAIN_CLASS) ?? this.#contents[0];
    return main?.name === name;
  }

  points(content: Content, encoder: Contender): readonly PointPlan[] {
    const { quick } = this.#options;
    const main = this.isMain(content) && !quick;
    const { info } = encoder;
    const speeds = main ? (SPEEDS[info.name] ?? []) : [];
    const layers = main
      ? LAYERS.filter(
          ({ spatial, temporal }) => spatial <= info.spatialLayers && temporal <= info.temporalLayers,
        )
      : [];
    const rounds = this.rounds(content);
    const variants: readonly (readonly [Contender, number])[] = [
      [encoder, rounds],
      ...speeds.map((speed) => [{ ...encoder, speed }, rounds] as const),
      ...layers.map((counts) => [{ ...encoder, layers: counts }, Math.ceil(rounds / 3)] as const),
    ];
    return variants.flatMap(([contender, times]) =>
      content.targetsBps.map((targetBps) => ({
        contender,
        targetBps,
        rounds: times,
        takesRate: contender === encoder && !quick,
      })),
    );
  }

  /** Of timings. */
  rounds(content: Content): number {
    const { rounds } = this.#options;
    return this.isMain(content) ? rounds : Math.ceil(rounds / 3);
  }

  overheadRounds(content: Content): number {
    const { quick, rounds } = this.#options;
    if (!this.isMain(content)) return 0;
    return quick ? rounds : Math.max(rounds, MIN_FIT_ROUNDS);
  }

  peers(content: Content, peers: readonly Peer[]): readonly Peer[] {
    return this.isMain(content) ? peers : [];
  }

  hasLoss(content: Content): boolean {
    return this.isMain(content) || content.name === LOSS_TOO;
  }

  /** Of everything on one class, in ms of one core, roughly. */
  work(content: Content, encoder: Contender, peers: readonly Peer[]): number {
    const rounds = this.rounds(content);
    const points = this.points(content, encoder).reduce(
      (sum, point) =>
        sum + point.rounds * this.roundWork(content, encoder) + this.onceWork(content, encoder, point),
      0,
    );
    const loss = this.hasLoss(content) ? 2 * this.lossWork(content, encoder) : 0;
    const beside = this.peers(content, peers).length * this.peerWork(content, encoder);
    const overhead = 2 * this.overheadRounds(content) * this.fitWork(content, encoder);
    const decoders = decodersOf(this.#engine, encoder).length * (rounds + 1) * this.decodeWork(content);
    return points + loss + beside + overhead + decoders;
  }

  encodeWork(content: Content, { info }: Contender): number {
    return this.#ms(content, (ENCODE_MS[info.name] ?? OTHER_ENCODE_MS) + START_MS);
  }

  decodeWork(content: Content): number {
    return this.#ms(content, DECODE_MS + START_MS);
  }

  qualityWork(content: Content): number {
    return this.#ms(content, QUALITY_MS);
  }

  /** What is done of a point once, whatever the rounds. */
  onceWork(content: Content, { info }: Contender, { takesRate }: PointPlan): number {
    const longMs = (ENCODE_MS[info.name] ?? OTHER_ENCODE_MS) * RATE_S * content.frameRate;
    const rate = takesRate ? ((content.width * content.height) / ALL_PIXELS) * longMs : 0;
    return this.qualityWork(content) + rate;
  }

  roundWork(content: Content, encoder: Contender): number {
    return this.encodeWork(content, encoder) + this.decodeWork(content);
  }

  lossWork(content: Content, encoder: Contender): number {
    return this.encodeWork(content, encoder) + 2 * this.decodeWork(content);
  }

  /** One value of a fit: a run, and one of a third of the length. */
  fitWork(content: Content, encoder: Contender): number {
    return (this.encodeWork(content, encoder) * 4) / 3;
  }

  /** Of the CPU beside a peer's. */
  get peerRounds(): number {
    const { quick, rounds } = this.#options;
    return quick ? rounds : Math.max(rounds, MIN_FIT_ROUNDS);
  }

  peerWork(content: Content, encoder: Contender): number {
    const points = content.targetsBps.length * this.peerPointWork(content, encoder);
    return points + 2 * this.peerRounds * this.fitWork(content, encoder);
  }

  peerPointWork(content: Content, encoder: Contender): number {
    return this.encodeWork(content, encoder) + this.qualityWork(content);
  }

  #ms(content: Content, eachMs: number): number {
    return ((content.width * content.height) / ALL_PIXELS) * this.#options.pictures(content) * eachMs;
  }
}
