/**
 * The transcodes of one call: for each producer that has to be decoded one session, for each codec and size wanted of it one output.
 *
 * What will surprise you:
 * - It is told what is wanted (`keep`) as often as one likes, and works towards it: nothing is awaited, and every step that
 *   finishes or fails calls `onChange`, so that the room looks again.
 * - Outputs that are no longer wanted go on while `inUse` says that somebody still watches them (make before break).
 * - A session that fails is tried again, at once at first and then more slowly; meanwhile its watchers keep their last picture.
 */
import type { types } from 'mediasoup';
import type { PayloadCodec } from '../../pipelines/ipc.ts';
import type { EncodeRate } from '../bandwidth/encodeTarget.ts';
import type { Logger } from '../observe/logger.ts';
import type { EncodeSize, SourceId } from '../plan/types.ts';
import { type Encoding, encodingKey } from '../sfu/encoding.ts';
import type { LayerSteering } from '../sfu/layerSteering.ts';
import type { MediaWorkerPool } from '../sfu/mediaWorkerPool.ts';
import { TranscodeSession } from '../sfu/transcodeSession.ts';
import type { Clock } from '../time/clock.ts';

export interface WantedTranscode extends Encoding {
  readonly sourceId: SourceId;
  readonly producer: types.Producer;
  /** Bits per second, at the start and at the most. */
  readonly targetBps: number;
  readonly ceilingBps: number;
  /** The picture as its publisher announced it: the budget was made from it, so no more is encoded. */
  readonly maxWidth: number;
  readonly maxHeight: number;
}

export interface TranscodersOptions {
  readonly layers: LayerSteering;
  readonly callId: string;
  readonly pool: MediaWorkerPool;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly randomSsrc: () => number;
  readonly onChange: () => void;
  readonly inUse: (producerId: string) => boolean;
}

interface Transcoder {
  readonly sourceId: SourceId;
  readonly producer: types.Producer;
  session: TranscodeSession | null;
  /** How many layers of its source somebody needs; 0: nobody looks. */
  input: number;
  opening: boolean;
  /** By {@link encodingKey}. */
  readonly adding: Set<string>;
  failures: number;
  /** Set while a failed session waits for its next try. */
  cancelRetry: (() => void) | null;
  /** When the session that runs now was opened. */
  openedAtMs: number;
}

/** The second failure in a row waits this long, each further one twice as long; the first does not wait. */
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5000;
/** A session that ran this long was sound; what ends it then is a first failure again. */
const SOUND_AFTER_MS = 10_000;
/**
 * So many failures in a row: it is the stream, not chance. A stream that kills decoders would otherwise be carried from
 * one media worker to the next, and cost everybody else theirs.
 */
const MAX_FAILURES = 4;
/** After this it is tried again: the stream may have changed. */
const GIVE_UP_MS = 60_000;

export class Transcoders {
  readonly #options: TranscodersOptions;
  /** By the id of the producer that is decoded. */
  readonly #transcoders = new Map<string, Transcoder>();
  /** Producers whose stream no media worker survives, or can open; each with what ends its pause. */
  readonly #hopeless = new Map<string, () => void>();
  #sessionCount = 0;
  #router: types.Router | null = null;

  constructor(options: TranscodersOptions) {
    this.#options = options;
  }

  /** The ground on which sessions stand from now on; those on another one are gone with it. */
  setRouter(router: types.Router | null): void {
    this.#closeAll();
    this.#router = router;
  }

  /** Whether transcoding this producer has failed so often that it is not tried just now. */
  isHopeless(producerId: string): boolean {
    return this.#hopeless.has(producerId);
  }

  /** The stream of this producer in this codec and size, where it exists already. */
  outputOf(producerId: string, encoding: Encoding): types.Producer | undefined {
    const output = this.#transcoders.get(producerId)?.session?.output(encoding);
    return output?.producer.closed === false ? output.producer : undefined;
  }

  /** Running outputs, each with what it is made of. */
  get outputs(): readonly {
    readonly producerId: string;
    readonly sourceId: SourceId;
    readonly codec: PayloadCodec;
    readonly size: EncodeSize;
    readonly outputProducerId: string;
    /** Whether its source is being decoded just now. */
    readonly active: boolean;
  }[] {
    return [...this.#transcoders.values()].flatMap(({ sourceId, producer, session }) =>
      (session?.outputs ?? []).map((output) => ({
        producerId: producer.id,
        sourceId,
        codec: output.codec,
        size: output.size,
        outputProducerId: output.producer.id,
        active: session?.active === true,
      })),
    );
  }

  /** Works towards exactly these transcodes. */
  keep(wanted: readonly WantedTranscode[]): void {
    const router = this.#router;
    if (router === null) return;
    for (const transcode of wanted) this.#ensure(router, transcode);
    for (const [producerId, transcoder] of this.#transcoders) {
      const kept = wanted.filter(({ producer }) => producer.id === producerId).map(encodingKey);
      this.#retire(producerId, transcoder, new Set(kept));
      this.#followPause(transcoder);
    }
  }

  setRate(producerId: string, encoding: Encoding, rate: EncodeRate): void {
    this.#transcoders.get(producerId)?.session?.setRate(encoding, rate);
  }

  /** Whether this producer is decoded, or is about to be. */
  transcodes(producerId: string): boolean {
    return this.#transcoders.has(producerId);
  }

  /** Decodes at most so many layers of a source, from the smallest; with 0 it rests, and goes on as soon as there is more. */
  setInput(producerId: string, layers: number): void {
    const transcoder = this.#transcoders.get(producerId);
    if (transcoder === undefined || transcoder.input === layers) return;
    transcoder.input = layers;
    if (transcoder.session !== null) this.#applyInput(transcoder, transcoder.session);
  }

  #applyInput({ sourceId, input, producer }: Transcoder, session: TranscodeSession): void {
    const largest = producer.rtpParameters.encodings?.length ?? 1;
    this.#options.logger.debug({ sourceId, layers: input }, 'transcode input');
    session
      .setInput(Math.min(input, largest))
      .catch((error: unknown) => this.#log('the input of a transcode was not changed', error));
  }

  /** Derived streams are paused where their source is, whatever happened meanwhile. */
  #followPause({ producer, session }: Transcoder): void {
    session
      ?.setPaused(producer.paused)
      .catch((error: unknown) => this.#log('derived streams could not be paused', error));
  }

  close(): void {
    this.#closeAll();
    this.#router = null;
  }

  #ensure(router: types.Router, wanted: WantedTranscode): void {
    const { producer } = wanted;
    if (this.#hopeless.has(producer.id)) return;
    let transcoder = this.#transcoders.get(producer.id);
    if (transcoder === undefined) {
      transcoder = {
        sourceId: wanted.sourceId,
        producer,
        session: null,
        input: Infinity,
        opening: false,
        adding: new Set(),
        failures: 0,
        cancelRetry: null,
        openedAtMs: 0,
      };
      this.#transcoders.set(producer.id, transcoder);
    }
    if (transcoder.cancelRetry !== null || transcoder.opening) return;
    if (transcoder.session === null) {
      this.#open(router, transcoder).catch((error: unknown) => this.#failed(transcoder, error));
    } else if (
      transcoder.session.output(wanted) === undefined &&
      !transcoder.adding.has(encodingKey(wanted))
    ) {
      this.#add(transcoder, transcoder.session, wanted).catch((error: unknown) =>
        this.#failed(transcoder, error),
      );
    }
  }

  async #open(router: types.Router, transcoder: Transcoder): Promise<void> {
    const { callId, layers, pool, logger, randomSsrc, clock } = this.#options;
    transcoder.opening = true;
    this.#sessionCount += 1;
    const sessionId = `${callId}-${this.#sessionCount}`;
    const startedAtMs = clock.nowMs();
    try {
      const session = await TranscodeSession.open({
        router,
        source: transcoder.producer,
        layers,
        pool,
        callId,
        sessionId,
        logger,
        randomSsrc,
      });
      if (this.#transcoders.get(transcoder.producer.id) !== transcoder) {
        session.close();
        return;
      }
      transcoder.session = session;
      transcoder.openedAtMs = clock.nowMs();
      if (transcoder.input !== Infinity) this.#applyInput(transcoder, session);
      session.once('ended', ({ reason }) => {
        const fields = { sessionId, sourceId: transcoder.sourceId, reason };
        transcoder.session = null;
        transcoder.adding.clear();
        if (transcoder.producer.closed) {
          this.#transcoders.delete(transcoder.producer.id);
          logger.info(fields, 'transcode ends with its source');
          this.#options.onChange();
        } else {
          if (clock.nowMs() - transcoder.openedAtMs > SOUND_AFTER_MS) transcoder.failures = 0;
          this.#failed(transcoder, new Error(reason));
        }
      });
      session.on('output-started', ({ codec, size, width, height }) => {
        const tookMs = Math.round(clock.nowMs() - startedAtMs);
        logger.info(
          { sessionId, sourceId: transcoder.sourceId, to: codec, size, width, height, tookMs },
          'transcode delivers',
        );
      });
      session.on('stats', (stats) =>
        logger.debug({ sourceId: transcoder.sourceId, stats }, 'transcode statistics'),
      );
      logger.info(
        { sessionId, sourceId: transcoder.sourceId, mediaWorkerPid: session.mediaWorkerPid },
        'transcode opened',
      );
    } finally {
      transcoder.opening = false;
    }
    this.#options.onChange();
  }

  async #add(transcoder: Transcoder, session: TranscodeSession, wanted: WantedTranscode): Promise<void> {
    const key = encodingKey(wanted);
    transcoder.adding.add(key);
    try {
      await session.addOutput(wanted, wanted);
    } finally {
      transcoder.adding.delete(key);
    }
    this.#options.onChange();
  }

  #failed(transcoder: Transcoder, error: unknown): void {
    const { producer, sourceId } = transcoder;
    if (this.#transcoders.get(producer.id) !== transcoder) return;
    if (producer.closed) {
      this.#drop(producer.id, transcoder);
      return;
    }
    transcoder.failures += 1;
    transcoder.session?.close();
    transcoder.session = null;
    if (transcoder.failures >= MAX_FAILURES) {
      this.#options.logger.error(
        { sourceId, error: String(error) },
        'transcode given up: it fails again and again',
      );
      this.#hopeless.set(
        producer.id,
        this.#options.clock.after(GIVE_UP_MS, () => {
          this.#hopeless.delete(producer.id);
          this.#options.onChange();
        }),
      );
      this.#drop(producer.id, transcoder);
      this.#options.onChange();
      return;
    }
    const delayMs =
      transcoder.failures === 1
        ? 0
        : Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (transcoder.failures - 2));
    this.#options.logger.warn({ sourceId, delayMs, error: String(error) }, 'transcode failed, trying again');
    transcoder.cancelRetry = this.#options.clock.after(delayMs, () => {
      transcoder.cancelRetry = null;
      this.#options.onChange();
    });
  }

  #retire(producerId: string, transcoder: Transcoder, wanted: ReadonlySet<string>): void {
    const session = transcoder.session;
    for (const output of session?.outputs ?? []) {
      if (wanted.has(encodingKey(output)) || this.#options.inUse(output.producer.id)) continue;
      this.#options.logger.info(
        { sourceId: transcoder.sourceId, to: output.codec, size: output.size },
        'transcode ends: nobody watches it',
      );
      session?.removeOutput(output).catch((error: unknown) => this.#log('an output was not removed', error));
    }
    if (
      wanted.size === 0 &&
      (session === null || session.outputs.length === 0) &&
      transcoder.adding.size === 0
    ) {
      this.#drop(producerId, transcoder);
    }
  }

  #drop(producerId: string, transcoder: Transcoder): void {
    this.#transcoders.delete(producerId);
    transcoder.cancelRetry?.();
    transcoder.session?.removeAllListeners();
    transcoder.session?.close();
  }

  #closeAll(): void {
    for (const [producerId, transcoder] of this.#transcoders) this.#drop(producerId, transcoder);
    for (const cancel of this.#hopeless.values()) cancel();
    this.#hopeless.clear();
  }

  #log(message: string, error: unknown): void {
    this.#options.logger.warn({ error: String(error) }, message);
  }
}
