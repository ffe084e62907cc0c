/**
 * What can go wrong with a codec, one class per kind. Each has a stable `code` for logs, metrics and the wire.
 */

/** The base of all of them, for `instanceof` at a boundary. */
export abstract class CodecError extends Error {
  abstract readonly code: string;
  /** The library's own number, where it gave one. */
  readonly detail: number | undefined;

  constructor(message: string, detail?: number) {
    super(message);
    this.name = new.target.name;
    this.detail = detail;
  }
}

/** An argument that no codec could work with: the caller's mistake. */
export class CodecParameterError extends CodecError {
  readonly code = 'CODEC_PARAMETER';
}

/** The library cannot decode the access unit: ask for a key frame and go on with the same decoder. */
export class CodecBitstreamError extends CodecError {
  readonly code = 'CODEC_BITSTREAM';
}

/** The codec has as many jobs as it takes: drop this picture, or wait for one of the others. */
export class CodecQueueFullError extends CodecError {
  readonly code = 'CODEC_QUEUE_FULL';
}

/** The codec or its engine was closed, before the call or while the job was queued. */
export class CodecClosedError extends CodecError {
  readonly code = 'CODEC_CLOSED';
}

/** A frame that was closed already. */
export class StaleHandleError extends CodecError {
  readonly code = 'CODEC_STALE_HANDLE';
}

/** The library, or memory, failed for a reason that is not the caller's: close the codec and open another. */
export class CodecLibraryError extends CodecError {
  readonly code: string = 'CODEC_LIBRARY';
}

/** The hardware does not answer any more: for now nothing else will work on it either. */
export class CodecDeviceLostError extends CodecLibraryError {
  override readonly code = 'CODEC_DEVICE_LOST';
}

/** The hardware has as many encoders or decoders at work as it takes. */
export class CodecSessionLimitError extends CodecLibraryError {
  override readonly code = 'CODEC_SESSION_LIMIT';
}

/** The native library is missing, or is not the one that this source belongs to: set-up has to run again. */
export class CodecLibraryMissingError extends CodecError {
  readonly code = 'CODEC_LIBRARY_MISSING';
}
