/**
 * Records a track's sound in the page and measures its tone there, so that only the figures cross to the test's process.
 *
 * What will surprise you: Chromium pulls a remote track's sound only while some media element plays it, so a page that
 * attached the track nowhere is recorded as silence.
 */
import { analyzeRecording, type ToneReport } from '../signal/tone.ts';
import { audioDataOf } from './chromium.ts';

/** 10 ms each: as much as a page may be busy for without losing sound. */
const MAX_WAITING_PIECES = 300;

/**
 * @param durationMs how long to listen; what did not arrive in that time is missing from the recording.
 * @returns a report of no blocks where less than 160 ms of sound arrived.
 */
export async function recordTone(track: MediaStreamTrack, durationMs: number): Promise<ToneReport> {
  const own = track.clone();
  const reader = audioDataOf(own, MAX_WAITING_PIECES).getReader();
  const pieces: Float32Array[] = [];
  let sampleRateHz = 48_000;
  const timer = setTimeout(() => {
    void reader.cancel();
  }, durationMs);
  try {
    for (;;) {
      const { value } = await reader.read();
      if (value === undefined) break;
      const piece = new Float32Array(value.numberOfFrames);
      value.copyTo(piece, { planeIndex: 0, format: 'f32-planar' });
      sampleRateHz = value.sampleRate;
      value.close();
      pieces.push(piece);
    }
  } finally {
    clearTimeout(timer);
    own.stop();
  }
  return analyzeRecording(pieces, sampleRateHz);
}
