/**
 * Draws one picture: the background scaled down and blurred without the person in it, then the person on top. WebGL 2.
 *
 * What will surprise you:
 * - The person is left out before the blur and the rest weighted up again, so that no halo of hair and shirt surrounds her.
 * - Lines run downwards in all textures and upwards only in what is shown; nothing is flipped while it is uploaded.
 */
import { BlurUnavailable } from '../errors.ts';
import { BACKGROUND_LINES, gaussianWeights, sigmaOf } from './gaussian.ts';
import { BLUR, COMPOSE, COVER, REDUCE } from './shaders.ts';
import type { PictureSize } from './segmenter.ts';

interface Program {
  readonly program: WebGLProgram;
  readonly at: (name: string) => WebGLUniformLocation | null;
}

interface Target {
  readonly texture: WebGLTexture;
  readonly framebuffer: WebGLFramebuffer;
}

/** Texture units. */
const UNIT = { picture: 0, mask: 1, blurred: 2 } as const;

export class Compositor {
  readonly #canvas: OffscreenCanvas;
  readonly #gl: WebGL2RenderingContext;
  readonly #picture: WebGLTexture;
  readonly #mask: WebGLTexture;
  readonly #small: readonly [Target, Target];
  readonly #reduce: Program;
  readonly #blur: Program;
  readonly #compose: Program;
  #smallSize: PictureSize = { width: 0, height: 0 };
  #isClosed = false;

  /**
   * @param strength 0 to 1.
   * @throws BlurUnavailable where there is no WebGL 2.
   */
  constructor(strength: number) {
    this.#canvas = new OffscreenCanvas(16, 16);
    const gl = this.#canvas.getContext('webgl2', {
      alpha: false,
      antialias: false,
      depth: false,
      stencil: false,
      preserveDrawingBuffer: false,
    });
    if (gl === null) throw new BlurUnavailable('NOT_SUPPORTED', 'no WebGL 2');
    this.#gl = gl;
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    this.#picture = createTexture(gl);
    this.#mask = createTexture(gl);
    this.#small = [createTarget(gl), createTarget(gl)];
    const weights = gaussianWeights(sigmaOf(strength));
    this.#reduce = link(gl, cover('down'), REDUCE);
    this.#blur = link(gl, cover('down'), BLUR.replaceAll('TAPS', String(weights.length)));
    this.#compose = link(gl, cover('up'), COMPOSE);
    for (const program of [this.#reduce, this.#blur, this.#compose]) {
      gl.useProgram(program.program);
      for (const [name, unit] of Object.entries(UNIT)) gl.uniform1i(program.at(name), unit);
    }
    gl.useProgram(this.#blur.program);
    gl.uniform1fv(this.#blur.at('weights'), weights);
    this.setMask(new Uint8Array(1), { width: 1, height: 1 });
  }

  /** Whether the graphics card gave up on us. */
  get isLost(): boolean {
    return this.#gl.isContextLost();
  }

  /** @param values 0, background, to 255, person; used for all pictures until the next. */
  setMask(values: Uint8Array<ArrayBuffer>, { width, height }: PictureSize): void {
    const gl = this.#gl;
    gl.activeTexture(gl.TEXTURE0 + UNIT.mask);
    gl.bindTexture(gl.TEXTURE_2D, this.#mask);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8, width, height, 0, gl.RED, gl.UNSIGNED_BYTE, values);
  }

  /** @returns a canvas of `size`, valid until the next call. */
  draw(picture: VideoFrame | ImageBitmap, size: PictureSize): OffscreenCanvas {
    const gl = this.#gl;
    this.#resize(size);
    gl.activeTexture(gl.TEXTURE0 + UNIT.picture);
    gl.bindTexture(gl.TEXTURE_2D, this.#picture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, picture);

    const { width, height } = this.#smallSize;
    const [first, second] = this.#small;
    gl.viewport(0, 0, width, height);
    gl.useProgram(this.#reduce.program);
    gl.uniform2f(this.#reduce.at('texel'), 1 / width, 1 / height);
    this.#into(first);

    gl.useProgram(this.#blur.program);
    gl.activeTexture(gl.TEXTURE0 + UNIT.picture);
    gl.bindTexture(gl.TEXTURE_2D, first.texture);
    gl.uniform2f(this.#blur.at('stride'), 1 / width, 0);
    this.#into(second);
    gl.bindTexture(gl.TEXTURE_2D, second.texture);
    gl.uniform2f(this.#blur.at('stride'), 0, 1 / height);
    this.#into(first);

    gl.bindTexture(gl.TEXTURE_2D, this.#picture);
    gl.activeTexture(gl.TEXTURE0 + UNIT.blurred);
    gl.bindTexture(gl.TEXTURE_2D, first.texture);
    gl.viewport(0, 0, size.width, size.height);
    gl.useProgram(this.#compose.program);
    this.#into(null);
    // A texture that is both read and drawn to would be an error of the next picture.
    gl.bindTexture(gl.TEXTURE_2D, null);
    return this.#canvas;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const gl = this.#gl;
    for (const texture of [this.#picture, this.#mask, ...this.#small.map((one) => one.texture)]) {
      gl.deleteTexture(texture);
    }
    for (const { framebuffer } of this.#small) gl.deleteFramebuffer(framebuffer);
    for (const { program } of [this.#reduce, this.#blur, this.#compose]) gl.deleteProgram(program);
    // Browsers allow a handful of contexts; without this ours would count until it is collected.
    gl.getExtension('WEBGL_lose_context')?.loseContext();
  }

  #into(target: Target | null): void {
    const gl = this.#gl;
    gl.bindFramebuffer(gl.FRAMEBUFFER, target?.framebuffer ?? null);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  #resize(size: PictureSize): void {
    if (this.#canvas.width === size.width && this.#canvas.height === size.height) return;
    this.#canvas.width = size.width;
    this.#canvas.height = size.height;
    const short = Math.min(size.width, size.height);
    const scale = Math.min(1, BACKGROUND_LINES / short);
    const width = Math.max(1, Math.round(size.width * scale));
    const height = Math.max(1, Math.round(size.height * scale));
    this.#smallSize = { width, height };
    const gl = this.#gl;
    for (const { texture } of this.#small) {
      gl.bindTexture(gl.TEXTURE_2D, texture);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, width, height, 0, gl.RGBA, gl.UNSIGNED_BYTE, null);
    }
  }
}

function cover(lines: 'up' | 'down'): string {
  return COVER.replace('FLIP', lines === 'up' ? '1.0 -' : '');
}

function createTexture(gl: WebGL2RenderingContext): WebGLTexture {
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  return texture;
}

function createTarget(gl: WebGL2RenderingContext): Target {
  const texture = createTexture(gl);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, 1, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, null);
  const framebuffer = gl.createFramebuffer();
  gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
  return { texture, framebuffer };
}

function link(gl: WebGL2RenderingContext, vertex: string, fragment: string): Program {
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, vertex],
    [gl.FRAGMENT_SHADER, fragment],
  ] as const) {
    const shader = gl.createShader(type);
    if (shader === null) throw new BlurUnavailable('NOT_SUPPORTED', 'the graphics context is lost');
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    // Kept by the program for as long as that needs it.
    gl.deleteShader(shader);
  }
  gl.linkProgram(program);
  if (gl.getProgramParameter(program, gl.LINK_STATUS) !== true) {
    throw new BlurUnavailable('NOT_SUPPORTED', `WebGL: ${gl.getProgramInfoLog(program) ?? 'no reason'}`);
  }
  const places = new Map<string, WebGLUniformLocation | null>();
  return {
    program,
    at: (name) => {
      if (!places.has(name)) places.set(name, gl.getUniformLocation(program, name));
      return places.get(name) ?? null;
    },
  };
}
