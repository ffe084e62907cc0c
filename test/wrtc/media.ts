/**
 * The test signals on wrtc: a camera and a microphone that send pattern and tone, and the same scoring of what arrives as
 * in a browser.
 *
 * What will surprise you: everything here runs on the process's one thread. A test that keeps it busy shows up as late
 * pictures and clicks in the tone; the microphone sends what it owes in a burst when it gets its turn again.
 */
import { readBarcode, stampTimeMs } from '../signal/barcode.ts';
import { contentPsnrDb, drawPattern, pictureBytes } from '../signal/pattern.ts';
import type { FrameLog, FrameSample } from '../signal/score.ts';
import {
  analyzeRecording,
  floatFromPcm16,
  pcm16FromFloat,
  toneSamples,
  type ToneReport,
} from '../signal/tone.ts';
import { passMs } from '../harness/wait.ts';
import { loadWrtc, type WrtcSink, type WrtcTrack, type WrtcVideoFrame } from './wrtc.ts';

const SAMPLE_RATE_HZ = 48_000;
const CHUNK_MS = 10;
/** The microphone forgets what it owes beyond this, ms. */
const MAX_OWED_MS = 200;
const AMPLITUDE = 0.25;

export interface WrtcSource {
  readonly track: WrtcTrack;
  close(): void;
}

/** A camera that films the pattern until it is closed. */
export function openWrtcCamera(options: {
  readonly stream: number;
  readonly width: number;
  readonly height: number;
  readonly frameRate: number;
}): WrtcSource {
  const { width, height, stream } = options;
  const source = new (loadWrtc().nonstandard.RTCVideoSource)();
  const data = new Uint8Array(pictureBytes(width, height));
  let frame = 0;
  const stop = everyTurn(1000 / options.frameRate, () => {
    drawPattern(data, width, height, { frame, timeMs: stampTimeMs(Date.now()), stream });
    frame += 1;
    source.onFrame({ width, height, data });
  });
  return owned(source.createTrack(), stop);
}

/** A microphone on which a sine of -15 dBFS sounds until it is closed. */
export function openWrtcMicrophone(toneHz: number): WrtcSource {
  const source = new (loadWrtc().nonstandard.RTCAudioSource)();
  const count = (SAMPLE_RATE_HZ * CHUNK_MS) / 1000;
  let firstSample = 0;
  const stop = everyTurn(CHUNK_MS, (dueTurns) => {
    for (let turn = 0; turn < Math.min(dueTurns, MAX_OWED_MS / CHUNK_MS); turn += 1) {
      const tone = { frequencyHz: toneHz, sampleRateHz: SAMPLE_RATE_HZ, amplitude: AMPLITUDE };
      const samples = pcm16FromFloat(toneSamples({ ...tone, firstSample, count }), 1);
      firstSample += count;
      source.onData({
        samples,
        sampleRate: SAMPLE_RATE_HZ,
        bitsPerSample: 16,
        channelCount: 1,
        numberOfFrames: count,
      });
    }
  });
  return owned(source.createTrack(), stop);
}

/** Reads barcodes, and how good the pictures are, off a video track from now on. */
export class WrtcFrameProbe {
  readonly #sink: WrtcSink;
  readonly #psnrEvery: number;
  readonly #samples: FrameSample[] = [];
  readonly #startedAtMs = stampTimeMs(Date.now());
  #unreadable = 0;
  #width = 0;
  #height = 0;
  #closed: FrameLog | undefined;

  /** @param psnrEvery compare one picture in so many with the pattern; 0 none. */
  constructor(track: WrtcTrack, psnrEvery = 1) {
    this.#psnrEvery = psnrEvery;
    const sink = new (loadWrtc().nonstandard.RTCVideoSink)(track);
    sink.onframe = ({ frame }): void => this.#take(frame);
    this.#sink = sink;
  }

  /** What was read so far, with the window ending now. */
  read(): FrameLog {
    return {
      samples: [...this.#samples],
      unreadable: this.#unreadable,
      // The sink is called for every picture.
      unseen: 0,
      startedAtMs: this.#startedAtMs,
      stoppedAtMs: stampTimeMs(Date.now()),
      width: this.#width,
      height: this.#height,
    };
  }

  /** Lets go of the track. */
  close(): FrameLog {
    if (this.#closed === undefined) {
      this.#closed = this.read();
      this.#sink.stop();
    }
    return this.#closed;
  }

  #take({ width, height, data }: WrtcVideoFrame): void {
    if (this.#closed !== undefined) return;
    this.#width = width;
    this.#height = height;
    const stamp = readBarcode(data, width, width, height);
    if (stamp === null) {
      this.#unreadable += 1;
      return;
    }
    const compare = this.#psnrEvery > 0 && this.#samples.length % this.#psnrEvery === 0;
    this.#samples.push({
      ...stamp,
      receivedAtMs: stampTimeMs(Date.now()),
      psnrDb: compare ? contentPsnrDb(data, width, width, height, stamp) : null,
    });
  }
}

/** Listens to an audio track. Less than 160 ms of sound gives a report without a tone. */
export async function recordWrtcTone(track: WrtcTrack, durationMs: number): Promise<ToneReport> {
  const sink = new (loadWrtc().nonstandard.RTCAudioSink)(track);
  const pieces: Float32Array[] = [];
  let sampleRateHz = SAMPLE_RATE_HZ;
  sink.ondata = (data): void => {
    sampleRateHz = data.sampleRate;
    pieces.push(floatFromPcm16(data.samples, data.channelCount));
  };
  try {
    await passMs(durationMs);
  } finally {
    sink.stop();
  }
  return analyzeRecording(pieces, sampleRateHz);
}

/**
 * Calls back once per turn, reckoned from the start so that lateness does not add up.
 * @param act gets how many turns have come due since it last ran.
 * @returns what ends it.
 */
function everyTurn(intervalMs: number, act: (dueTurns: number) => void): () => void {
  const startMs = performance.now();
  let done = 0;
  let timer: NodeJS.Timeout | undefined;
  const run = (): void => {
    const due = Math.floor((performance.now() - startMs) / intervalMs) + 1;
    if (due > done) act(due - done);
    done = Math.max(done, due);
    timer = setTimeout(run, Math.max(0, startMs + done * intervalMs - performance.now()));
  };
  run();
  return () => clearTimeout(timer);
}

function owned(track: WrtcTrack, stop: () => void): WrtcSource {
  return {
    track,
    close(): void {
      stop();
      track.stop();
    },
  };
}
