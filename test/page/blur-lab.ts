/** A page that films a scene, blurs it, and measures what comes out. */
import '../../web/effects/breakout.ts';
import type { BlurredTrack } from '../../web/effects/blur.ts';
import type { BlurLabApi, Region, Scene } from './blur-lab-api.ts';
import { decodeClip } from './clip.ts';

interface Camera {
  readonly track: MediaStreamTrack;
  readonly sentAtMs: number[];
  /** Draws a picture of the scene again, by its place in `sentAtMs`. */
  readonly draw: (context: Context, index: number) => void;
  stop(): void;
}

type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

type Blurring = typeof import('../../web/effects/blur.ts');

const cameras: Camera[] = [];
let blurred: BlurredTrack | undefined;
let stopped: string | null = null;

async function open(scene: Scene, kind: 'streams' | 'canvas'): Promise<Camera> {
  const { width, height, frameRate } = scene;
  const clip = scene.clip === undefined ? [] : await decodeClip(scene.clip);
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d');
  if (context === null) throw new TypeError('no canvas');
  const generator =
    kind === 'streams' && typeof MediaStreamTrackGenerator === 'function'
      ? new MediaStreamTrackGenerator({ kind: 'video' })
      : undefined;
  const writer = generator?.writable.getWriter();
  const track = generator ?? canvas.captureStream().getVideoTracks()[0];
  if (track === undefined) throw new TypeError('no track');
  const sentAtMs: number[] = [];
  const draw = (into: Context, index: number): void => {
    const picture = clip[index % Math.max(1, clip.length)];
    if (picture === undefined) drawPattern(into, width, height, index);
    else drawMiddle(into, picture);
  };
  let shown = 0;
  const timer = setInterval(() => {
    draw(context, shown);
    // Not from zero, and a little uneven, so that made-up timestamps would be told apart.
    const atMs = 7000 + Math.round((shown * 1000) / frameRate) + (shown % 3);
    shown++;
    sentAtMs.push(atMs);
    if (writer === undefined) return;
    const frame = new VideoFrame(canvas, { timestamp: atMs * 1000 });
    writer.write(frame).catch(() => frame.close());
  }, 1000 / frameRate);
  const stop = (): void => {
    clearInterval(timer);
    for (const picture of clip) picture.close();
    track.stop();
  };
  return { track, sentAtMs, draw, stop };
}

/** Fills the canvas with as much of a picture's middle as its shape has room for. */
function drawMiddle(context: Context, picture: ImageBitmap): void {
  const { width, height } = context.canvas;
  const scale = Math.max(width / picture.width, height / picture.height);
  const [shownWidth, shownHeight] = [picture.width * scale, picture.height * scale];
  context.drawImage(picture, (width - shownWidth) / 2, (height - shownHeight) / 2, shownWidth, shownHeight);
}

/** Fine squares that move, all over the picture. */
function drawPattern(context: Context, width: number, height: number, shift: number): void {
  context.fillStyle = '#406080';
  context.fillRect(0, 0, width, height);
  context.fillStyle = '#e0d0a0';
  const side = 8;
  for (let y = 0; y < height; y += side) {
    for (let x = ((y / side) % 2) * side - (shift % (2 * side)); x < width; x += 2 * side) {
      context.fillRect(x, y, side, side);
    }
  }
}

function detailOf(canvas: OffscreenCanvas, { x, y, width, height }: Region): number {
  const { data } = canvas.getContext('2d')?.getImageData(x, y, width, height) ?? { data: [] };
  const luma = (column: number, row: number): number => {
    const at = 4 * (row * width + column);
    return 0.299 * (data[at] ?? 0) + 0.587 * (data[at + 1] ?? 0) + 0.114 * (data[at + 2] ?? 0);
  };
  let sum = 0;
  for (let row = 1; row < height - 1; row++) {
    for (let column = 1; column < width - 1; column++) {
      const around =
        luma(column - 1, row) + luma(column + 1, row) + luma(column, row - 1) + luma(column, row + 1);
      sum += Math.abs(4 * luma(column, row) - around);
    }
  }
  return sum / ((width - 2) * (height - 2));
}

async function toBase64(canvas: OffscreenCanvas): Promise<string> {
  const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

async function load(moduleUrl: string): Promise<Blurring> {
  // The address is known only when it runs; what lies there is what this type describes.
  return (await import(moduleUrl)) as Blurring;
}

const api: BlurLabApi = {
  pretendOldAndHidden() {
    Reflect.deleteProperty(globalThis, 'MediaStreamTrackGenerator');
    HTMLVideoElement.prototype.requestVideoFrameCallback = (): number => 0;
  },

  async film(scene, kind) {
    cameras.push(await open(scene, kind));
  },

  async blur(moduleUrl, strength) {
    const { blurBackground } = await load(moduleUrl);
    const camera = cameras.at(-1);
    if (camera === undefined) throw new TypeError('no camera');
    blurred = await blurBackground(camera.track, {
      ...(strength === undefined ? {} : { strength }),
      onStopped: ({ code }) => {
        stopped = `${code} ${blurred?.track.readyState ?? ''}`;
      },
    });
    return blurred.method;
  },

  async changeScene(scene) {
    const camera = await open(scene, 'streams');
    cameras.push(camera);
    await blurred?.setSource(camera.track);
  },

  async watch(pictures, timeoutMs, regions) {
    const camera = cameras.at(-1);
    if (blurred === undefined || camera === undefined || MediaStreamTrackProcessor === undefined) {
      throw new TypeError('nothing to watch');
    }
    const { readable } = new MediaStreamTrackProcessor({ track: blurred.track, maxBufferSize: 8 });
    const reader = readable.getReader();
    const timer = setTimeout(() => void reader.cancel(), timeoutMs);
    const receivedAtMs: number[] = [];
    const last = new OffscreenCanvas(1, 1);
    const context = last.getContext('2d', { willReadFrequently: true });
    while (receivedAtMs.length < pictures) {
      const { done, value: frame } = await reader.read();
      if (done) break;
      receivedAtMs.push(frame.timestamp / 1000);
      if (receivedAtMs.length === pictures) {
        last.width = frame.displayWidth;
        last.height = frame.displayHeight;
        context?.drawImage(frame, 0, 0);
      }
      frame.close();
    }
    clearTimeout(timer);
    await reader.cancel();
    // The same picture as it went in; where its time was lost on the way, the latest.
    const index = camera.sentAtMs.indexOf(receivedAtMs.at(-1) ?? 0);
    const before = new OffscreenCanvas(last.width, last.height);
    const beforeContext = before.getContext('2d');
    if (beforeContext !== null) camera.draw(beforeContext, index < 0 ? camera.sentAtMs.length - 1 : index);
    return {
      sentAtMs: camera.sentAtMs,
      receivedAtMs,
      width: last.width,
      height: last.height,
      detail: regions.map((region) => detailOf(last, region)),
      detailBefore: regions.map((region) => detailOf(before, region)),
      png: await toBase64(last),
    };
  },

  async close() {
    blurred?.close();
    blurred?.close();
    const states = {
      cameras: cameras.map(({ track }) => track.readyState),
      blurred: blurred?.track.readyState ?? '',
    };
    for (const camera of cameras.splice(0)) camera.stop();
    await Promise.resolve();
    return states;
  },

  stopped() {
    return stopped;
  },

  async refuse(moduleUrl) {
    const { blurBackground, BlurUnavailable } = await load(moduleUrl);
    const audio = new AudioContext();
    const sound = audio.createMediaStreamDestination().stream.getAudioTracks();
    const ended = document.createElement('canvas').captureStream().getVideoTracks();
    for (const track of ended) track.stop();
    const codes: string[] = [];
    for (const track of [...sound, ...ended]) {
      await blurBackground(track).catch((error: unknown) => {
        codes.push(error instanceof BlurUnavailable ? error.code : String(error));
      });
    }
    await audio.close();
    return codes;
  },
};

globalThis.__blurLab = api;
