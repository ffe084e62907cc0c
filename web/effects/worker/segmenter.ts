/**
 * Who is person and who is background: MediaPipe's selfie segmentation, on the CPU (WebAssembly with SIMD).
 *
 * What will surprise you:
 * - MediaPipe finds its loader in a global, and would load it from an address otherwise; here it is part of the bundle.
 * - Pictures are scaled down to the network's input first: MediaPipe takes every picture through the graphics card and back,
 *   which costs by the pixel.
 * - There is a network for pictures that are wider than high and one for the others; the second is loaded when a phone is
 *   turned.
 */
import { FilesetResolver, ImageSegmenter } from '@mediapipe/tasks-vision';
import loadWasm from '@mediapipe/tasks-vision/vision_wasm_module_internal.js';
import wasmUrl from '@mediapipe/tasks-vision/vision_wasm_module_internal.wasm';
import landscapeUrl from '@mediapipe/selfie_segmentation/selfie_segmentation_landscape.tflite';
import squareUrl from '@mediapipe/selfie_segmentation/selfie_segmentation.tflite';
import { BlurUnavailable } from '../errors.ts';
import { withImageMetadata } from './model-metadata.ts';
import { networkFor, type Network } from './network.ts';

const MODEL_URLS: Readonly<Record<Network['name'], string>> = {
  landscape: landscapeUrl,
  square: squareUrl,
};

/** After a network that could not be loaded: some seconds. */
const RETRY_PICTURES = 90;

declare global {
  var ModuleFactory: ((module?: Record<string, unknown>) => Promise<Record<string, unknown>>) | undefined;
}

export interface Mask {
  readonly width: number;
  readonly height: number;
  /** From 0, background, to 1, person; valid only until `segment` returns. */
  readonly values: Float32Array;
}

export class Segmenter {
  readonly #task: ImageSegmenter;
  readonly #input: OffscreenCanvas;
  readonly #context: OffscreenCanvasRenderingContext2D;
  #network: Network;
  #isLoading = false;
  #isClosed = false;
  /** MediaPipe wants times that only grow; pictures' own times may jump with the camera. */
  #step = 0;
  #picturesUntilRetry = 0;

  private constructor(task: ImageSegmenter, context: OffscreenCanvasRenderingContext2D, network: Network) {
    this.#task = task;
    this.#context = context;
    this.#input = context.canvas;
    this.#network = network;
  }

  /** @throws BlurUnavailable */
  static async open(): Promise<Segmenter> {
    const network = networkFor(16, 9);
    const context = new OffscreenCanvas(network.width, network.height).getContext('2d', {
      willReadFrequently: true,
    });
    if (context === null) throw new BlurUnavailable('NOT_SUPPORTED', 'no canvas in a worker');
    if (!(await FilesetResolver.isSimdSupported())) {
      throw new BlurUnavailable('NOT_SUPPORTED', 'no WebAssembly SIMD');
    }
    const quiet = (): void => undefined;
    globalThis.ModuleFactory = (module) => loadWasm({ ...module, print: quiet, printErr: quiet });
    const model = await loadModel(network);
    try {
      const task = await ImageSegmenter.createFromOptions(
        { wasmLoaderPath: '', wasmBinaryPath: wasmUrl },
        {
          baseOptions: { modelAssetBuffer: model, delegate: 'CPU' },
          runningMode: 'VIDEO',
          outputCategoryMask: false,
          outputConfidenceMasks: true,
          canvas: new OffscreenCanvas(1, 1),
        },
      );
      return new Segmenter(task, context, network);
    } catch (error) {
      throw new BlurUnavailable('NOT_LOADED', `the segmentation did not start: ${String(error)}`, {
        cause: error,
      });
    }
  }

  /**
   * @param onMask called before this returns, where there is a mask.
   * @returns whether there was one: none while another network is loaded.
   */
  segment(picture: CanvasImageSource, size: PictureSize, onMask: (mask: Mask) => void): boolean {
    if (this.#isLoading || this.#isClosed) return false;
    const wanted = networkFor(size.width, size.height);
    if (wanted.name !== this.#network.name) {
      if (this.#picturesUntilRetry-- <= 0) void this.#change(wanted);
      return false;
    }
    const { width, height } = this.#network;
    this.#context.drawImage(picture, 0, 0, width, height);
    let found = false;
    this.#task.segmentForVideo(this.#input, ++this.#step, ({ confidenceMasks }) => {
      const mask = confidenceMasks?.at(-1);
      if (mask === undefined) return;
      found = true;
      onMask({ width: mask.width, height: mask.height, values: mask.getAsFloat32Array() });
    });
    return found;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#task.close();
  }

  async #change(network: Network): Promise<void> {
    this.#isLoading = true;
    try {
      const model = await loadModel(network);
      if (this.#isClosed) return;
      await this.#task.setOptions({ baseOptions: { modelAssetBuffer: model } });
      this.#network = network;
      this.#input.width = network.width;
      this.#input.height = network.height;
    } catch {
      // No mask: everything stays blurred, which is safe.
      this.#picturesUntilRetry = RETRY_PICTURES;
    } finally {
      this.#isLoading = false;
    }
  }
}

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

async function loadModel(network: Network): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const response = await fetch(MODEL_URLS[network.name]);
    if (!response.ok) throw new Error(`status ${response.status}`);
    return withImageMetadata(new Uint8Array(await response.arrayBuffer()));
  } catch (error) {
    throw new BlurUnavailable('NOT_LOADED', `the network was not loaded: ${String(error)}`, { cause: error });
  }
}
