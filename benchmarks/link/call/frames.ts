/** From what a viewer's page read off its pictures to frames on a link's clock. Pure. */
import { elapsedMs, stampTimeMs } from '../../../test/signal/barcode.ts';
import type { FrameLog, FrameSample } from '../../../test/signal/score.ts';
import { msToUs } from '../../../pipelines/link/link.ts';
import type { FrameRecord } from '../quality/frames.ts';

/**
 * Pictures are numbered, so those that never came are known, and were captured between their neighbours, evenly. Their sizes are not
 * known here: 0 bytes. Pictures of other streams are left out.
 * @param startedAtMs time 0 of the records, in ms since 1970
 */
export function framesOf(log: FrameLog, stream: number, startedAtMs: number): readonly FrameRecord[] {
  const zeroMs = stampTimeMs(startedAtMs);
  const since = (timeMs: number): number => elapsedMs(zeroMs, timeMs);
  const seen = log.samples
    .filter((sample) => sample.stream === stream)
    .sort((a, b) => a.frame - b.frame || since(a.receivedAtMs) - since(b.receivedAtMs));
  const frames: FrameRecord[] = [];
  let before: FrameSample | undefined;
  for (const sample of seen) {
    const missing = before === undefined ? 0 : sample.frame - before.frame - 1;
    // The same number again: the picture was repeated.
    if (missing < 0) continue;
    for (let index = 1; index <= missing; index += 1) {
      const [fromMs, toMs] = [since(before?.timeMs ?? 0), since(sample.timeMs)];
      const captureMs = fromMs + ((toMs - fromMs) * index) / (missing + 1);
      frames.push({ captureUs: msToUs(captureMs), displayUs: null, bytes: 0 });
    }
    frames.push({
      captureUs: msToUs(since(sample.timeMs)),
      displayUs: msToUs(since(sample.receivedAtMs)),
      bytes: 0,
      ...(sample.psnrDb === null ? {} : { psnrDb: sample.psnrDb }),
    });
    before = sample;
  }
  return frames;
}
