/**
 * The worker that blurs: pictures come and go as streams where the browser has them, one message each where it has not.
 *
 * What will surprise you: nothing here waits for the page. Streams run from the camera to the sender past it, so that a page
 * that is hidden or busy costs no pictures. Where it cannot keep up, the camera's stream drops pictures; none queue up.
 */
import { BlurUnavailable } from '../errors.ts';
import { BlurEffect } from './effect.ts';
import type { FromWorker, ToWorker } from './messages.ts';

let effect: BlurEffect | undefined;
let writer: WritableStreamDefaultWriter<VideoFrame> | undefined;
let input: ReadableStreamDefaultReader<VideoFrame> | undefined;
let hasEnded = false;

globalThis.addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  switch (data.type) {
    case 'start':
      void start(data.strength);
      break;
    case 'output':
      writer = data.writable.getWriter();
      // Its track was ended: there is nobody to draw for.
      writer.closed.catch(() => input?.cancel().catch(ignore));
      break;
    case 'input':
      void pump(data.readable);
      break;
    case 'picture':
      answer(data.picture, data.atMs);
      break;
    case 'restart':
      effect?.restart();
      break;
    case 'tick-every':
      // Ends with the worker, as everything here does.
      setInterval(() => say({ type: 'tick' }), data.intervalMs);
      break;
    case 'close':
      void end();
      break;
  }
});

async function start(strength: number): Promise<void> {
  try {
    effect = await BlurEffect.open(strength);
    say({ type: 'ready' });
  } catch (error) {
    fail(error);
  }
}

/** Blurs one camera until another takes its place, or it ends. */
async function pump(readable: ReadableStream<VideoFrame>): Promise<void> {
  const reader = readable.getReader();
  const before = input;
  input = reader;
  await before?.cancel().catch(ignore);
  effect?.restart();
  try {
    while (input === reader && !hasEnded) {
      const { done, value: frame } = await reader.read();
      if (done) return;
      await pass(frame, input === reader);
    }
  } catch (error) {
    fail(error);
  } finally {
    await reader.cancel().catch(ignore);
  }
}

async function pass(frame: VideoFrame, isWanted: boolean): Promise<void> {
  let blurred: VideoFrame;
  try {
    if (!isWanted || effect === undefined || writer === undefined) return;
    const size = { width: frame.displayWidth, height: frame.displayHeight };
    const canvas = effect.apply(frame, size, frame.timestamp / 1000);
    blurred = new VideoFrame(canvas, {
      timestamp: frame.timestamp,
      ...(frame.duration === null ? {} : { duration: frame.duration }),
      alpha: 'discard',
    });
  } finally {
    frame.close();
  }
  try {
    // The stream closes what it takes.
    await writer.write(blurred);
  } catch {
    blurred.close();
  }
}

function answer(picture: ImageBitmap, atMs: number): void {
  try {
    if (effect === undefined || hasEnded) return;
    const canvas = effect.apply(picture, picture, atMs);
    const blurred = canvas.transferToImageBitmap();
    say({ type: 'picture', picture: blurred }, [blurred]);
  } catch (error) {
    fail(error);
  } finally {
    picture.close();
  }
}

function fail(error: unknown): void {
  if (hasEnded) return;
  const known = error instanceof BlurUnavailable ? error : new BlurUnavailable('STOPPED', String(error));
  say({ type: 'failed', code: known.code, reason: known.message });
  void end();
}

/** Ended from outside, the worker would leave the camera's stream open at the page's end, and the camera on. */
async function end(): Promise<void> {
  if (hasEnded) return;
  hasEnded = true;
  effect?.close();
  effect = undefined;
  await Promise.all([input?.cancel().catch(ignore), writer?.abort().catch(ignore)]);
  globalThis.close();
}

function say(message: FromWorker, transfer: Transferable[] = []): void {
  globalThis.postMessage(message, { transfer });
}

function ignore(): void {
  // What is being let go may have ended already.
}
