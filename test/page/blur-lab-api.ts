/** What the page that tries the background blur offers to the test's process. Free of DOM types, because both sides import it. */

/** Pixels of a picture, as it is watched. */
export interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Watched {
  /** Of the pictures that went in, in milliseconds. */
  readonly sentAtMs: readonly number[];
  /** Of the pictures that came out. */
  readonly receivedAtMs: readonly number[];
  /** Of the last picture that came out. */
  readonly width: number;
  readonly height: number;
  /** How much detail each region of the last picture holds: the mean of what each pixel differs from its neighbours. */
  readonly detail: readonly number[];
  readonly detailBefore: readonly number[];
  /** The last picture, PNG in base64. */
  readonly png: string;
}

export interface Scene {
  readonly width: number;
  readonly height: number;
  readonly frameRate: number;
  /** Address of H.264 in Annex B, its middle shown again and again; a moving pattern without a person where absent. */
  readonly clip?: string;
}

export interface BlurLabApi {
  /** As in a browser without streams of frames, and in a page that is hidden: its video elements do not call back. */
  pretendOldAndHidden(): void;
  /**
   * Starts a camera with a scene.
   * @param kind `streams`: frames carry chosen timestamps. `canvas`: what browsers without streams of frames have.
   */
  film(scene: Scene, kind: 'streams' | 'canvas'): Promise<void>;
  /** @returns which method blurs. @throws the code of the error. */
  blur(moduleUrl: string, strength?: number): Promise<string>;
  /** Films another scene and gives it to the running blur; the camera before goes on. */
  changeScene(scene: Scene): Promise<void>;
  /** Watches until `pictures` came out, or time is up. */
  watch(pictures: number, timeoutMs: number, regions: readonly Region[]): Promise<Watched>;
  /** Closes the blur. */
  close(): Promise<{ readonly cameras: readonly string[]; readonly blurred: string }>;
  /** The error with which the blur stopped by itself, and its track's state; null where it runs. */
  stopped(): string | null;
  /** What `blurBackground` says of a track without a picture. */
  refuse(moduleUrl: string): Promise<string[]>;
}

declare global {
  var __blurLab: BlurLabApi;
}
