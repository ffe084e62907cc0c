/**
 * One encoded stream out of a session: takes decoded pictures, scales and encodes the newest, packetises and answers
 * feedback.
 *
 * What will surprise you: there is room for one running and one waiting picture. A picture that comes while both places are
 * taken replaces the waiting one: an encoder that is too slow costs frame rate, never delay or memory.
 */
import type {
  CodecEngine,
  CodecFallback,
  EncodedVideo,
  Rtp90k,
  VideoEncoder,
  VideoFrame,
} from '../../codecs/types.ts';
import type { RtpStreamSpec, SessionStats } from '../ipc.ts';
import type { SenderReport } from '../rtp/rtcp-types.ts';
import { encoderConfigFor, toBps } from './encoder-config.ts';
import { TranscodeError } from './errors.ts';
import type { PictureSize } from './fit-size.ts';
import { fitSize } from './fit-size.ts';
import { OutputSchedule } from './output-schedule.ts';
import type { Picture } from './picture.ts';
import { RtpSender } from './rtp-sender.ts';
import { SampleWindow } from './samples.ts';
import type { SenderClock } from './sender-clock.ts';

const DEFAULT_FRAME_RATE = 30;
/** Rate control follows the source's frame rate once it is this far off, in parts of the rate in use. */
const FRAME_RATE_TOLERANCE = 0.15;
/** An encoder that fails this often in a row will not recover by being opened again. */
const MAX_ENCODER_FAILURES = 3;

export interface OutputConfig {
  readonly outputId: string;
  readonly stream: RtpStreamSpec;
  readonly targetBps: number;
  readonly maxWidth?: number;
  readonly maxHeight?: number;
  /** Where the counters begin that the RFCs want random. */
  readonly start: { readonly sequenceNumber: number; readonly pictureId: number };
}

/** A frame on its way through the pacer. */
export interface SentFrame {
  readonly outputId: string;
  /** Null for a picture encoded again: nothing came in, so there is no latency to measure. */
  readonly lastPacketAtMs: number | null;
  readonly keyFrame: boolean;
  readonly size: PictureSize;
}

/** What an output needs from its session. */
export interface OutputHost {
  readonly engine: CodecEngine;
  nowMs(): number;
  /** @returns false where the frame cannot be taken. */
  sendFrame(datagrams: readonly Uint8Array[], frame: SentFrame): boolean;
  /** Hardware has failed, and software goes on with a key frame. */
  fellBack(outputId: string, fallback: CodecFallback): void;
  /** The output's next deadline may have changed. */
  changed(): void;
  /** The output cannot go on. */
  failed(error: TranscodeError): void;
}

interface Job {
  readonly picture: Picture;
  readonly timestampRtp90k: Rtp90k;
  readonly repeated: boolean;
}

export class TranscodeOutput {
  readonly outputId: string;
  readonly ssrc: number;
  readonly #config: OutputConfig;
  readonly #host: OutputHost;
  readonly #sender: RtpSender;
  readonly #schedule = new OutputSchedule();
  readonly #encodeUs = new SampleWindow();
  readonly #latencyMs = new SampleWindow();
  #targetBps: number;
  #frameRate = DEFAULT_FRAME_RATE;
  #encoder: { readonly encoder: VideoEncoder; readonly size: PictureSize } | null = null;
  #encoderFailures = 0;
  /** The one that the session has been told of. */
  #fallback: CodecFallback | null = null;
  #waiting: Job | null = null;
  #running: Promise<void> | null = null;
  #closing: Promise<void> | null = null;
  #lastFirSequence: number | null = null;
  #framesEncoded = 0;
  #framesSkipped = 0;
  #keyFrames = 0;
  #keyFrameRequests = 0;

  constructor(config: OutputConfig, host: OutputHost) {
    this.outputId = config.outputId;
    this.ssrc = config.stream.ssrc;
    this.#config = config;
    this.#host = host;
    this.#targetBps = config.targetBps;
    this.#sender = new RtpSender(config.stream, config.start);
  }

  /** Takes a picture of the source; the caller keeps its own reference. */
  offer(picture: Picture): void {
    if (this.#schedule.pictureArrived(picture.frame.timestampRtp90k, this.#host.nowMs())) {
      this.#submit({ picture, timestampRtp90k: picture.frame.timestampRtp90k, repeated: false });
    } else {
      this.#framesSkipped++;
    }
  }

  /** Begins with the last picture of the source, so that the first watcher need not wait for the next one. */
  startFrom(picture: Picture, arrivedAtMs: number): void {
    const timestamp = this.#schedule.startFrom(
      picture.frame.timestampRtp90k,
      arrivedAtMs,
      this.#host.nowMs(),
    );
    this.#submit({ picture, timestampRtp90k: timestamp, repeated: true });
  }

  requestKeyFrame(): void {
    this.#keyFrameRequests++;
    this.#schedule.requestKeyFrame();
  }

  /** RFC 5104 section 4.3.1.2: a command repeated under the same sequence number is one command. */
  fullIntraRequest(commandSequence: number): void {
    if (this.#lastFirSequence === commandSequence) return;
    this.#lastFirSequence = commandSequence;
    this.requestKeyFrame();
  }

  resend(sequenceNumbers: readonly number[]): Uint8Array[] {
    return this.#sender.resend(sequenceNumbers, this.#host.nowMs());
  }

  setTargetBps(targetBps: number): void {
    this.#targetBps = targetBps;
    this.#encoder?.encoder.update({ targetBps: toBps(targetBps) });
  }

  setSourceFrameRate(framesPerSecond: number): void {
    this.#schedule.setInterval(1000 / framesPerSecond);
    if (Math.abs(framesPerSecond - this.#frameRate) < this.#frameRate * FRAME_RATE_TOLERANCE) return;
    this.#frameRate = framesPerSecond;
    this.#encoder?.encoder.update({ maxFrameRate: framesPerSecond });
  }

  /** When `onDeadline` is to be called; Infinity while a picture is being worked on, which will do as well. */
  get nextDeadlineMs(): number {
    return this.#running === null ? this.#schedule.nextDeadlineMs : Infinity;
  }

  /** @param lastPicture the source's newest picture, to be encoded again where a watcher waits and no new one comes. */
  onDeadline(lastPicture: Picture | null): void {
    if (lastPicture === null || this.#running !== null) return;
    const timestampRtp90k = this.#schedule.takeRepeat(this.#host.nowMs());
    if (timestampRtp90k !== null) this.#submit({ picture: lastPicture, timestampRtp90k, repeated: true });
  }

  /** The last packet of a frame has left. */
  frameSent(frame: SentFrame): void {
    if (frame.lastPacketAtMs !== null) this.#latencyMs.add(this.#host.nowMs() - frame.lastPacketAtMs);
  }

  /** @returns null while nothing was sent, or the capture clock is not known. */
  senderReport(clock: SenderClock): Omit<SenderReport, 'reports'> | null {
    const reading = this.#sender.packetCount === 0 ? null : clock.read(this.#host.nowMs());
    if (reading === null) return null;
    const { packetCount, octetCount } = this.#sender;
    return { type: 'sender-report', ssrc: this.ssrc, ...reading, packetCount, octetCount };
  }

  statistics(): SessionStats['outputs'][number] {
    const [encodeUsP50 = 0] = this.#encodeUs.percentiles([0.5]);
    const [latencyMsP50 = 0, latencyMsP95 = 0] = this.#latencyMs.percentiles([0.5, 0.95]);
    return {
      outputId: this.outputId,
      framesEncoded: this.#framesEncoded,
      framesSkipped: this.#framesSkipped,
      keyFrames: this.#keyFrames,
      keyFrameRequests: this.#keyFrameRequests,
      bytesSent: this.#sender.bytesSent,
      encodeUsP50,
      latencyMsP50,
      latencyMsP95,
      width: this.#encoder?.size.width ?? 0,
      height: this.#encoder?.size.height ?? 0,
      targetBps: this.#targetBps,
    };
  }

  /** Waits for the running job; nothing is sent afterwards. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#waiting?.picture.release();
    this.#waiting = null;
    await this.#running;
    await this.#closeEncoder();
  }

  #submit(job: Job): void {
    if (this.#closing !== null) return;
    if (this.#waiting !== null) {
      this.#waiting.picture.release();
      this.#framesSkipped++;
    }
    job.picture.acquire();
    this.#waiting = job;
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    for (let job = this.#takeWaiting(); job !== null; job = this.#takeWaiting()) {
      try {
        await this.#encode(job);
        this.#encoderFailures = 0;
      } catch (error) {
        await this.#encoderFailed(error);
      } finally {
        job.picture.release();
      }
    }
    this.#running = null;
    this.#host.changed();
  }

  #takeWaiting(): Job | null {
    const job = this.#closing === null ? this.#waiting : null;
    if (job !== null) this.#waiting = null;
    return job;
  }

  async #encode(job: Job): Promise<void> {
    const source = job.picture.frame;
    const size = fitSize(source, this.#config.stream.codec, this.#config);
    const encoder = await this.#encoderFor(size);
    const sameSize = size.width === source.width && size.height === source.height;
    const frame = sameSize
      ? source
      : await this.#host.engine.transform(source, { width: size.width, height: size.height });
    let encoded: EncodedVideo | null;
    let keyFrameAsked: boolean;
    try {
      [encoded, keyFrameAsked] = await this.#encodeFrame(encoder, frame);
    } finally {
      if (!sameSize) frame.close();
    }
    if (this.#closing !== null) return;
    if (encoded === null) {
      this.#framesSkipped++;
      if (keyFrameAsked) this.#schedule.keyFrameMissed();
      return;
    }
    this.#send(encoded, job, size);
  }

  async #encodeFrame(encoder: VideoEncoder, frame: VideoFrame): Promise<[EncodedVideo | null, boolean]> {
    const nowMs = this.#host.nowMs();
    const keyFrame = this.#schedule.keyFrameDue(nowMs);
    if (keyFrame) this.#schedule.keyFrameSubmitted(nowMs);
    const encoded = await encoder.encode(frame, { keyFrame });
    if (encoder.fallback !== null && encoder.fallback !== this.#fallback) {
      this.#fallback = encoder.fallback;
      this.#host.fellBack(this.outputId, encoder.fallback);
    }
    return [encoded, keyFrame];
  }

  #send(encoded: EncodedVideo, job: Job, size: PictureSize): void {
    this.#framesEncoded++;
    this.#encodeUs.add(encoded.encodeUs);
    if (encoded.keyFrame) this.#keyFrames++;
    const datagrams = this.#sender.packetise(encoded.data, job.timestampRtp90k);
    const taken = this.#host.sendFrame(datagrams, {
      outputId: this.outputId,
      lastPacketAtMs: job.repeated ? null : job.picture.lastPacketAtMs,
      keyFrame: encoded.keyFrame,
      size,
    });
    if (!taken) {
      this.#framesSkipped++;
      this.#schedule.keyFrameMissed();
    }
  }

  /** Another picture size needs another encoder, whose first picture is a key frame. */
  async #encoderFor(size: PictureSize): Promise<VideoEncoder> {
    const current = this.#encoder;
    if (current !== null && current.size.width === size.width && current.size.height === size.height) {
      return current.encoder;
    }
    await this.#closeEncoder();
    const encoder = this.#host.engine.createEncoder(
      encoderConfigFor(this.#config.stream, size, this.#targetBps, this.#frameRate),
    );
    this.#encoder = { encoder, size };
    return encoder;
  }

  async #closeEncoder(): Promise<void> {
    const encoder = this.#encoder?.encoder;
    this.#encoder = null;
    await encoder?.close();
  }

  async #encoderFailed(cause: unknown): Promise<void> {
    await this.#closeEncoder();
    if (this.#closing !== null) return;
    this.#schedule.keyFrameMissed();
    if (++this.#encoderFailures < MAX_ENCODER_FAILURES) return;
    const reason = cause instanceof Error ? cause.message : String(cause);
    this.#host.failed(
      new TranscodeError(
        'ENCODER_FAILED',
        `output ${this.outputId}: ${this.#config.stream.codec} encoder: ${reason}`,
        {
          cause,
        },
      ),
    );
  }
}
