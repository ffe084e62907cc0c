/**
 * One source that has to be decoded, and the streams encoded from it: datagrams in, datagrams out. Owns its decoder, its
 * outputs and one timer; the socket belongs to the caller.
 *
 * What will surprise you: decoding is shared, so an output added later begins with the last decoded picture, without asking
 * the source for anything. The source is asked for a key frame only where the decoder needs one.
 */
import { EventEmitter } from 'node:events';
import { CodecBitstreamError } from '../../codecs/errors.ts';
import type { CodecEngine, CodecFallback, DecodedVideo, VideoDecoder } from '../../codecs/types.ts';
import { MAX_QUEUED_JOBS } from '../../codecs/types.ts';
import type { RtpStreamSpec, SessionStats } from '../ipc.ts';
import type { AccessUnit } from '../jitter/jitter-buffer.ts';
import { RtpParseError } from '../rtp/errors.ts';
import { isRtcp, parseRtp } from '../rtp/packet.ts';
import { parseRtcp } from '../rtp/rtcp-parse.ts';
import type { RtcpPacket } from '../rtp/rtcp-types.ts';
import { serializeRtcp } from '../rtp/rtcp-write.ts';
import { TranscodeError } from './errors.ts';
import { FrameRateEstimator } from './frame-rate.ts';
import { InputStream } from './input-stream.ts';
import type { OutputConfig, OutputHost, SentFrame } from './output.ts';
import { TranscodeOutput } from './output.ts';
import { Pacer } from './pacer.ts';
import { Picture } from './picture.ts';
import { goodbyeDatagram, reportDatagram } from './reports.ts';
import { SampleWindow } from './samples.ts';
import { SenderClock } from './sender-clock.ts';

const REPORT_INTERVAL_MS = 1000;
/** One source in every codec and a few sizes; more is a mistake of the caller. */
const MAX_OUTPUTS = 16;
/** A decoder that fails this often in a row, opened anew each time, is unusable. */
const MAX_DECODER_FAILURES = 3;
/** How many of them the statistics show. */
const MAX_FALLBACKS = 16;

export interface SessionConfig {
  readonly input: RtpStreamSpec;
  readonly cname: string;
  /** Names us in receiver reports and feedback. */
  readonly localSsrc: number;
  readonly engine: CodecEngine;
  /** A clock that never goes back. */
  readonly nowMs: () => number;
}

export interface SessionEvents {
  /** To be sent to the peer now, in this order. */
  datagrams: [datagrams: readonly Uint8Array[]];
  outputStarted: [outputId: string, width: number, height: number];
  /** Hardware has failed and software goes on. @param outputId null: the decoder's */
  fellBack: [outputId: string | null, fallback: CodecFallback];
  /** The session cannot go on; close it. */
  failed: [error: TranscodeError];
}

export class TranscodeSession extends EventEmitter<SessionEvents> {
  readonly #config: SessionConfig;
  readonly #input: InputStream;
  readonly #clock = new SenderClock();
  readonly #frameRate = new FrameRateEstimator();
  readonly #pacer = new Pacer<SentFrame>();
  readonly #outputs = new Map<string, TranscodeOutput>();
  readonly #started = new Set<string>();
  readonly #decodeUs = new SampleWindow();
  readonly #host: OutputHost;
  #decoder: VideoDecoder;
  #decoderFailures = 0;
  /** The decoder's that was told of. */
  #fallback: CodecFallback | null = null;
  readonly #fallbacks: string[] = [];
  #lastPicture: { readonly picture: Picture; readonly atMs: number } | null = null;
  #timer: { readonly handle: NodeJS.Timeout; readonly atMs: number } | null = null;
  #reportDueMs: number;
  #closing: Promise<void> | null = null;
  #packetsForeign = 0;
  #packetsMalformed = 0;
  #framesDecoded = 0;
  #framesDropped = 0;
  #decodeErrors = 0;

  constructor(config: SessionConfig) {
    super();
    this.#config = config;
    const nowMs = config.nowMs();
    this.#input = new InputStream(config.input, config.localSsrc, nowMs);
    this.#decoder = config.engine.createDecoder(config.input.codec);
    this.#reportDueMs = nowMs + REPORT_INTERVAL_MS;
    this.#host = {
      engine: config.engine,
      nowMs: config.nowMs,
      sendFrame: (datagrams, frame) => this.#sendFrame(datagrams, frame),
      fellBack: (outputId, fallback) => this.#fellBack(outputId, fallback),
      changed: () => this.#arm(),
      failed: (error) => void this.emit('failed', error),
    };
    this.#arm();
  }

  /** Takes one datagram from the peer, whatever it holds: what is not ours is counted and dropped. */
  receive(datagram: Uint8Array): void {
    if (this.#closing !== null) return;
    try {
      if (isRtcp(datagram)) {
        for (const packet of parseRtcp(datagram)) this.#receiveRtcp(packet);
      } else {
        const packet = parseRtp(datagram);
        if (this.#input.owns(packet)) this.#input.push(packet, this.#config.nowMs());
        else this.#packetsForeign++;
      }
    } catch (error) {
      if (!(error instanceof RtpParseError)) throw error;
      this.#packetsMalformed++;
      return;
    }
    this.#stepInput();
    this.#arm();
  }

  /**
   * Adds a stream; it begins with the last decoded picture where there is one.
   * @throws TranscodeError where the id or SSRC is taken, there are too many, or the codec is not there.
   */
  addOutput(config: OutputConfig): void {
    if (this.#closing !== null) throw new TranscodeError('SESSION_CLOSED', 'the session is closing');
    if (this.#outputs.has(config.outputId)) {
      throw new TranscodeError('OUTPUT_EXISTS', `output ${config.outputId} exists`);
    }
    if (this.#outputs.size >= MAX_OUTPUTS) {
      throw new TranscodeError('OUTPUT_LIMIT', `a session has at most ${MAX_OUTPUTS} outputs`);
    }
    const { codec, ssrc } = config.stream;
    if (
      ssrc === this.#config.input.ssrc ||
      [...this.#outputs.values()].some((output) => output.ssrc === ssrc)
    ) {
      throw new TranscodeError('SSRC_IN_USE', `SSRC ${ssrc} is in use in this session`);
    }
    if (!this.#config.engine.probe().some((info) => info.codec === codec && info.direction === 'encode')) {
      throw new TranscodeError('CODEC_UNAVAILABLE', `no encoder for ${codec}`);
    }
    const output = new TranscodeOutput(config, this.#host);
    this.#outputs.set(config.outputId, output);
    const framesPerSecond = this.#frameRate.framesPerSecond;
    if (framesPerSecond !== null) output.setSourceFrameRate(framesPerSecond);
    if (this.#lastPicture !== null) output.startFrom(this.#lastPicture.picture, this.#lastPicture.atMs);
  }

  /**
   * Ends a stream with a BYE.
   * @throws TranscodeError where there is none of that id.
   */
  async removeOutput(outputId: string): Promise<void> {
    const output = this.#output(outputId);
    this.#outputs.delete(outputId);
    this.#started.delete(outputId);
    await output.close();
    this.#pacer.remove(outputId);
    if (this.#closing === null) this.emit('datagrams', [goodbyeDatagram(this.#config, [output.ssrc])]);
  }

  /**
   * @param paceBps what it may send at beyond a small burst; null: at once
   * @throws TranscodeError where there is no such output.
   */
  setOutputRate(outputId: string, targetBps: number, paceBps: number | null): void {
    this.#output(outputId).setTargetBps(targetBps);
    this.#pacer.setRate(outputId, paceBps);
  }

  /** A datagram came from somebody else, and was dropped before it reached us. */
  countForeign(): void {
    this.#packetsForeign++;
  }

  statistics(): Omit<SessionStats, 'op' | 'sessionId'> {
    const { unitsDropped, packetsMalformed, ...input } = this.#input.statistics;
    const [decodeUsP50 = 0] = this.#decodeUs.percentiles([0.5]);
    return {
      ...input,
      packetsForeign: this.#packetsForeign,
      packetsMalformed: this.#packetsMalformed + packetsMalformed,
      framesDecoded: this.#framesDecoded,
      framesDropped: this.#framesDropped + unitsDropped,
      decodeErrors: this.#decodeErrors,
      decodeUsP50,
      fallbacks: [...this.#fallbacks],
      outputs: [...this.#outputs.values()].map((output) => output.statistics()),
    };
  }

  /** Says BYE, waits for running codec jobs and frees everything. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer.handle);
    this.#timer = null;
    const outputs = [...this.#outputs.values()];
    this.emit('datagrams', [
      goodbyeDatagram(
        this.#config,
        outputs.map((output) => output.ssrc),
      ),
    ]);
    const closed = await Promise.allSettled([
      ...outputs.map((output) => output.close()),
      this.#decoder.close(),
    ]);
    this.#outputs.clear();
    this.#lastPicture?.picture.release();
    this.#lastPicture = null;
    const failure = closed.find((result) => result.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
  }

  #output(outputId: string): TranscodeOutput {
    const output = this.#outputs.get(outputId);
    if (output === undefined) throw new TranscodeError('OUTPUT_UNKNOWN', `there is no output ${outputId}`);
    return output;
  }

  #outputOfSsrc(ssrc: number): TranscodeOutput | undefined {
    for (const output of this.#outputs.values()) if (output.ssrc === ssrc) return output;
    return undefined;
  }

  #receiveRtcp(packet: RtcpPacket): void {
    const nowMs = this.#config.nowMs();
    switch (packet.type) {
      case 'sender-report':
        if (packet.ssrc !== this.#config.input.ssrc) break;
        // The first mapping lets our streams report at once, not only with the next interval.
        if (this.#clock.read(nowMs) === null) this.#reportDueMs = nowMs;
        this.#clock.observe(packet, nowMs);
        this.#input.senderReport(packet, nowMs);
        break;
      case 'picture-loss-indication':
        this.#outputOfSsrc(packet.mediaSsrc)?.requestKeyFrame();
        break;
      case 'full-intra-request':
        for (const entry of packet.entries) {
          this.#outputOfSsrc(entry.ssrc)?.fullIntraRequest(entry.commandSequence);
        }
        break;
      case 'generic-nack': {
        const datagrams = this.#outputOfSsrc(packet.mediaSsrc)?.resend(packet.sequenceNumbers) ?? [];
        if (datagrams.length > 0) this.emit('datagrams', datagrams);
        break;
      }
      default:
    }
  }

  #stepInput(): void {
    const { units, feedback } = this.#input.step(this.#config.nowMs());
    if (feedback.length > 0) this.emit('datagrams', [serializeRtcp(feedback)]);
    for (const unit of units) this.#decode(unit);
  }

  #decode(unit: AccessUnit): void {
    const decoder = this.#decoder;
    if (decoder.queuedJobs >= MAX_QUEUED_JOBS) {
      // Decoding fell behind: what follows depends on this unit, so only a key frame can go on.
      this.#framesDropped++;
      this.#input.requireKeyFrame(this.#config.nowMs());
      return;
    }
    decoder.decode(unit.data, unit.timestampRtp90k).then(
      (decoded) => this.#decoded(decoded, unit),
      (error: unknown) => this.#decodeFailed(error, decoder),
    );
  }

  #decoded(decoded: DecodedVideo, unit: AccessUnit): void {
    this.#decoderFailures = 0;
    this.#noticeFallback();
    this.#decodeUs.add(decoded.decodeUs);
    if (decoded.corrupt) {
      this.#decodeErrors++;
      this.#input.requireKeyFrame(this.#config.nowMs());
    }
    // A damaged picture would be encoded as if it were sound; watchers keep the last sound one instead.
    if (decoded.frame === null || decoded.corrupt || this.#closing !== null) {
      decoded.frame?.close();
      this.#arm();
      return;
    }
    this.#framesDecoded++;
    this.#frameRate.pictureArrived(decoded.frame.timestampRtp90k);
    const framesPerSecond = this.#frameRate.framesPerSecond;
    const picture = new Picture(decoded.frame, unit.lastArrivalMs);
    this.#lastPicture?.picture.release();
    this.#lastPicture = { picture, atMs: this.#config.nowMs() };
    for (const output of this.#outputs.values()) {
      if (framesPerSecond !== null) output.setSourceFrameRate(framesPerSecond);
      output.offer(picture);
    }
  }

  #decodeFailed(error: unknown, decoder: VideoDecoder): void {
    if (this.#closing !== null || decoder !== this.#decoder) return;
    this.#decodeErrors++;
    this.#input.requireKeyFrame(this.#config.nowMs());
    this.#arm();
    if (error instanceof CodecBitstreamError) return;
    if (++this.#decoderFailures >= MAX_DECODER_FAILURES) {
      const reason = error instanceof Error ? error.message : String(error);
      this.emit('failed', new TranscodeError('DECODER_FAILED', `decoder: ${reason}`, { cause: error }));
      return;
    }
    this.#decoder = this.#config.engine.createDecoder(this.#config.input.codec);
    decoder.close().catch((closeError: unknown) => {
      this.emit(
        'failed',
        new TranscodeError('DECODER_FAILED', 'a failed decoder could not be closed', { cause: closeError }),
      );
    });
  }

  #noticeFallback(): void {
    const { fallback } = this.#decoder;
    if (fallback === null || fallback === this.#fallback) return;
    this.#fallback = fallback;
    this.#fellBack(null, fallback);
  }

  #fellBack(outputId: string | null, fallback: CodecFallback): void {
    const { from, to, reason } = fallback;
    this.#fallbacks.push(`${outputId ?? 'decoder'}: ${from} failed, ${to} goes on (${reason})`);
    if (this.#fallbacks.length > MAX_FALLBACKS) this.#fallbacks.shift();
    this.emit('fellBack', outputId, fallback);
  }

  #sendFrame(datagrams: readonly Uint8Array[], frame: SentFrame): boolean {
    const taken = this.#pacer.enqueue(frame.outputId, datagrams, frame);
    this.#sendPaced();
    return taken;
  }

  #sendPaced(): void {
    const { datagrams, finished } = this.#pacer.take(this.#config.nowMs());
    if (datagrams.length > 0) this.emit('datagrams', datagrams);
    for (const frame of finished) {
      const output = this.#outputs.get(frame.outputId);
      if (output === undefined) continue;
      output.frameSent(frame);
      if (!frame.keyFrame || this.#started.has(frame.outputId)) continue;
      this.#started.add(frame.outputId);
      this.emit('outputStarted', frame.outputId, frame.size.width, frame.size.height);
      // A receiver can relate sound and picture only after the first report.
      this.#report();
    }
  }

  #report(): void {
    const nowMs = this.#config.nowMs();
    this.#reportDueMs = nowMs + REPORT_INTERVAL_MS;
    const senderReports = [...this.#outputs.values()].flatMap(
      (output) => output.senderReport(this.#clock) ?? [],
    );
    this.emit('datagrams', [reportDatagram(this.#config, senderReports, this.#input.reportBlocks(nowMs))]);
  }

  /** One timer for everything that is due without a datagram coming. */
  #arm(): void {
    if (this.#closing !== null) return;
    let atMs = Math.min(this.#reportDueMs, this.#pacer.nextDeadlineMs, this.#input.nextDeadlineMs);
    for (const output of this.#outputs.values()) atMs = Math.min(atMs, output.nextDeadlineMs);
    if (this.#timer !== null) {
      if (this.#timer.atMs <= atMs) return;
      clearTimeout(this.#timer.handle);
    }
    const handle = setTimeout(() => this.#onTimer(), Math.max(0, Math.ceil(atMs - this.#config.nowMs())));
    this.#timer = { handle, atMs };
  }

  #onTimer(): void {
    this.#timer = null;
    const nowMs = this.#config.nowMs();
    if (nowMs >= this.#pacer.nextDeadlineMs) this.#sendPaced();
    if (nowMs >= this.#input.nextDeadlineMs) this.#stepInput();
    for (const output of this.#outputs.values()) {
      if (nowMs >= output.nextDeadlineMs) output.onDeadline(this.#lastPicture?.picture ?? null);
    }
    if (nowMs >= this.#reportDueMs) this.#report();
    this.#arm();
  }
}
