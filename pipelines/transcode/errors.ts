/** What a transcode session refuses, and what ends it. */

export type TranscodeErrorCode =
  | 'SESSION_CLOSED'
  | 'OUTPUT_EXISTS'
  | 'OUTPUT_UNKNOWN'
  | 'OUTPUT_LIMIT'
  | 'SSRC_IN_USE'
  | 'CODEC_UNAVAILABLE'
  | 'DECODER_FAILED'
  | 'ENCODER_FAILED';

export class TranscodeError extends Error {
  readonly code: TranscodeErrorCode;

  constructor(code: TranscodeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TranscodeError';
    this.code = code;
  }
}
