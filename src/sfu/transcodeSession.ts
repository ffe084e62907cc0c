/**
 * One source that is being decoded, and the codecs made of it: a session in a media worker and the plain transport between
 * it and the router.
 *
 *   producer ─▶ consumer ─▶ [plain transport] ─▶ UDP loopback ─▶ media worker ─▶ UDP loopback ─▶ [plain transport] ─▶ producers
 *
 * What will surprise you: outputs are producers on the same plain transport that carries the input, so one pair of ports
 * does for both directions and a media worker talks to exactly one address. The session ends by itself (`ended`) when its
 * process or its source ends; `close()` ends it because nobody watches. Either way transport, consumer and producers close,
 * in this order: media worker told, transport closed (which closes the rest).
 */
import { EventEmitter } from 'node:events';
import type { types } from 'mediasoup';
import type { OutputStarted, SessionFailed, SessionStats } from '../../pipelines/ipc.ts';
import type { EncodeRate } from '../bandwidth/encodeTarget.ts';
import type { Logger } from '../observe/logger.ts';
import { type Encoding, encodingKey } from './encoding.ts';
import type { LayerSteering } from './layerSteering.ts';
import type { MediaWorkerPlace, MediaWorkerPool } from './mediaWorkerPool.ts';
import type { MediaWorkerProcess } from './mediaWorkerProcess.ts';
import { MEDIA_WORKER_CAPABILITIES, codecName, derivedRtpParameters } from './routerCodecs.ts';

export interface TranscodeSessionEvents {
  /** It ended without `close()`; the reason in words. */
  ended: [{ readonly reason: string }];
  /** The first key frame of an output has left. */
  'output-started': [Encoding & { readonly width: number; readonly height: number }];
  stats: [SessionStats];
}

export interface TranscodeOutput extends Encoding {
  readonly outputId: string;
  readonly producer: types.Producer;
  rate: EncodeRate;
}

export interface OutputLimits {
  readonly targetBps: number;
  readonly ceilingBps: number;
  readonly maxWidth: number;
  readonly maxHeight: number;
}

export interface TranscodeSessionOptions {
  readonly router: types.Router;
  readonly source: types.Producer;
  /** Sees to it that a layer is taken that is being sent. */
  readonly layers: LayerSteering;
  readonly pool: MediaWorkerPool;
  readonly callId: string;
  readonly sessionId: string;
  readonly logger: Logger;
  /** 32 random bits for SSRCs. */
  readonly randomSsrc: () => number;
}

/** The source is of a codec that no media worker decodes. */
export class NotTranscodableError extends Error {
  readonly code = 'NOT_TRANSCODABLE';
  override readonly name = 'NotTranscodableError';
}

/** A worker that was killed is replaced within this time, so a new session waits for it. */
const PLACE_WAIT_MS = 3000;
/** A key frame of a large picture in one burst. */
const SOCKET_BUFFER_BYTES = 4_194_304;
const LOOPBACK = '127.0.0.1';

export class TranscodeSession extends EventEmitter<TranscodeSessionEvents> {
  readonly #options: TranscodeSessionOptions;
  readonly #process: MediaWorkerProcess;
  readonly #release: () => void;
  readonly #transport: types.PlainTransport;
  readonly #consumer: types.Consumer;
  readonly #cname: string;
  /** By {@link encodingKey}. */
  readonly #outputs = new Map<string, TranscodeOutput>();
  readonly #listeners: (() => void)[] = [];
  /** Nobody looks at any output: nothing comes in, so nothing is decoded or encoded. */
  #idle = false;
  #closed = false;

  private constructor(
    options: TranscodeSessionOptions,
    place: MediaWorkerPlace,
    transport: types.PlainTransport,
    consumer: types.Consumer,
  ) {
    super();
    this.#options = options;
    this.#process = place.process;
    this.#release = place.release;
    this.#transport = transport;
    this.#consumer = consumer;
    this.#cname = consumer.rtpParameters.rtcp?.cname ?? options.sessionId;
    this.#listen();
  }

  /**
   * @throws NotTranscodableError, MediaWorkerGoneError, MediaWorkerRefusalError, or mediasoup's error where the source has
   *   just closed; nothing is left behind then
   */
  static async open(options: TranscodeSessionOptions): Promise<TranscodeSession> {
    const place = await options.pool.place(PLACE_WAIT_MS);
    let transport: types.PlainTransport | null = null;
    try {
      transport = await options.router.createPlainTransport({
        listenInfo: {
          protocol: 'udp',
          ip: LOOPBACK,
          sendBufferSize: SOCKET_BUFFER_BYTES,
          recvBufferSize: SOCKET_BUFFER_BYTES,
        },
        rtcpMux: true,
        comedia: false,
      });
      const consumer = await transport.consume({
        producerId: options.source.id,
        rtpCapabilities: MEDIA_WORKER_CAPABILITIES,
        paused: true,
      });
      const stream = consumer.rtpParameters.codecs[0];
      const ssrc = consumer.rtpParameters.encodings?.[0]?.ssrc;
      const codec = codecName(stream?.mimeType ?? '');
      if (stream === undefined || ssrc === undefined || codec === null || codec === 'opus') {
        throw new NotTranscodableError(`no media worker decodes ${stream?.mimeType ?? 'this source'}`);
      }
      const session = new TranscodeSession(options, place, transport, consumer);
      try {
        const answer = await place.process.request({
          op: 'open-session',
          sessionId: options.sessionId,
          callId: options.callId,
          remote: { ip: LOOPBACK, port: transport.tuple.localPort },
          input: {
            codec,
            ssrc,
            payloadType: stream.payloadType,
            ...(codec === 'H264' ? { packetizationMode: 1 } : {}),
          },
          cname: session.#cname,
        });
        await transport.connect({ ip: LOOPBACK, port: answer.localPort ?? 0 });
        options.layers.add(options.source, consumer);
      } catch (error) {
        session.close();
        throw error;
      }
      return session;
    } catch (error) {
      transport?.close();
      place.release();
      throw error;
    }
  }

  get mediaWorkerPid(): number | null {
    return this.#process.pid;
  }

  output(encoding: Encoding): TranscodeOutput | undefined {
    return this.#outputs.get(encodingKey(encoding));
  }

  get outputs(): readonly TranscodeOutput[] {
    return [...this.#outputs.values()];
  }

  /**
   * One more codec or size of this source; the decode is shared.
   * @param limits where its bitrate starts, what it may grow to, and the largest picture (a larger one is scaled down)
   */
  async addOutput({ codec, size }: Encoding, limits: OutputLimits): Promise<TranscodeOutput> {
    const { targetBps, ceilingBps, maxWidth, maxHeight } = limits;
    const ssrc = this.#options.randomSsrc();
    const rtpParameters = derivedRtpParameters(codec, ssrc, this.#cname, ceilingBps);
    // The producer first: mediasoup drops RTP of an SSRC that it does not know.
    const producer = await this.#transport.produce({
      kind: 'video',
      rtpParameters,
      paused: this.#options.source.paused,
    });
    const outputId = `${this.#options.sessionId}:${codec}:${size}`;
    try {
      await this.#process.request({
        op: 'add-output',
        sessionId: this.#options.sessionId,
        outputId,
        stream: {
          codec,
          ssrc,
          payloadType: rtpParameters.codecs[0]?.payloadType ?? 0,
          ...(codec === 'H264' ? { packetizationMode: 1 } : {}),
        },
        targetBps,
        maxWidth,
        maxHeight,
      });
    } catch (error) {
      producer.close();
      throw error;
    }
    const rate = { targetBps, paceBps: null };
    const output: TranscodeOutput = { codec, size, outputId, producer, rate };
    this.#outputs.set(encodingKey(output), output);
    if (this.#consumer.paused && !this.#idle) await this.#consumer.resume();
    return output;
  }

  async removeOutput(encoding: Encoding): Promise<void> {
    const output = this.output(encoding);
    if (output === undefined) return;
    this.#outputs.delete(encodingKey(encoding));
    output.producer.close();
    if (!this.#closed) {
      await this.#process.request({
        op: 'remove-output',
        sessionId: this.#options.sessionId,
        outputId: output.outputId,
      });
    }
  }

  /**
   * Takes so many layers of the source at the most, from the smallest; with 0 nothing at all, until more is wanted, which
   * begins with a key frame.
   */
  async setInput(layers: number): Promise<void> {
    if (layers > 0) this.#options.layers.want(this.#consumer.id, layers - 1);
    const idle = layers === 0;
    if (idle === this.#idle || this.#closed) return;
    this.#idle = idle;
    // Before the first output nothing flows anyhow.
    if (this.#outputs.size === 0) return;
    await (idle ? this.#consumer.pause() : this.#consumer.resume());
  }

  /** Whether the source is being decoded. */
  get active(): boolean {
    return !this.#closed && !this.#consumer.paused;
  }

  setRate(encoding: Encoding, rate: EncodeRate): void {
    const output = this.output(encoding);
    if (output === undefined) return;
    const { targetBps, paceBps } = output.rate;
    if (targetBps === rate.targetBps && paceBps === rate.paceBps) return;
    output.rate = rate;
    this.#process.setOutputRate(this.#options.sessionId, output.outputId, rate);
  }

  /** The publisher paused or resumed: mediasoup tells the watchers of derived streams too. */
  async setPaused(paused: boolean): Promise<void> {
    const differing = this.outputs.filter(({ producer }) => !producer.closed && producer.paused !== paused);
    await Promise.all(differing.map(({ producer }) => (paused ? producer.pause() : producer.resume())));
  }

  /** Nobody watches: ends everything; idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const stop of this.#listeners) stop();
    const { sessionId, logger, callId } = this.#options;
    this.#process.request({ op: 'close-session', sessionId }).catch((error: unknown) => {
      // A process that is gone has no session to close.
      logger.debug({ callId, sessionId, error: String(error) }, 'session was not closed by its media worker');
    });
    this.#transport.close();
    this.#outputs.clear();
    this.#release();
  }

  #listen(): void {
    const { sessionId, source } = this.#options;
    const process = this.#process;
    const onDied = ({ reason }: { readonly reason: string }): void => this.#end(`media worker ${reason}`);
    const onFailed = (message: SessionFailed): void => {
      if (message.sessionId === sessionId) this.#end(`${message.error.code}: ${message.error.message}`);
    };
    const onStats = (message: SessionStats): void => {
      if (message.sessionId === sessionId) this.emit('stats', message);
    };
    const onStarted = (message: OutputStarted): void => {
      if (message.sessionId !== sessionId) return;
      const output = this.outputs.find(({ outputId }) => outputId === message.outputId);
      if (output !== undefined) {
        const { codec, size } = output;
        this.emit('output-started', { codec, size, width: message.width, height: message.height });
      }
    };
    process
      .on('died', onDied)
      .on('session-failed', onFailed)
      .on('session-stats', onStats)
      .on('output-started', onStarted);
    this.#listeners.push(() => {
      process.off('died', onDied).off('session-failed', onFailed);
      process.off('session-stats', onStats).off('output-started', onStarted);
    });
    const onSourceClosed = (): void => this.#end('the source ended');
    source.observer.once('close', onSourceClosed);
    this.#listeners.push(() => source.observer.off('close', onSourceClosed));
  }

  #end(reason: string): void {
    if (this.#closed) return;
    this.close();
    this.emit('ended', { reason });
  }
}
