/** Why a background cannot be blurred. */

export type BlurProblem =
  /** The track is no video, or has ended. */
  | 'NO_PICTURE'
  /** The browser lacks what is needed; `message` names it. */
  | 'NOT_SUPPORTED'
  /** The segmentation could not be loaded: the server is out of reach, or its files are not those of this page. */
  | 'NOT_LOADED'
  /** It ran and stopped; the blurred track is ended, so that no sharp picture goes out instead. */
  | 'STOPPED';

export class BlurUnavailable extends Error {
  override readonly name = 'BlurUnavailable';
  readonly code: BlurProblem;

  constructor(code: BlurProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
