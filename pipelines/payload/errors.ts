/** What the payload formats refuse: received payloads that break their RFC, and units that cannot be sent as asked. */

export type PayloadErrorCode =
  | 'PAYLOAD_EMPTY'
  | 'VP8_DESCRIPTOR_TRUNCATED'
  | 'VP8_UNEXPECTED_START'
  | 'VP9_DESCRIPTOR_TRUNCATED'
  | 'VP9_TOO_MANY_REFERENCES'
  | 'VP9_UNEXPECTED_START'
  | 'VP9_HEADER_INVALID'
  | 'AV1_TRUNCATED'
  | 'AV1_FRAGMENT_ORDER'
  | 'AV1_OBU_INVALID'
  | 'AV1_NO_OBU'
  | 'H264_TRUNCATED'
  | 'H264_FORBIDDEN_BIT'
  | 'H264_UNSUPPORTED_NAL_TYPE'
  | 'H264_FRAGMENT_ORDER'
  | 'H264_PARAMETER_SETS_MISSING'
  | 'H264_NAL_TOO_LARGE'
  | 'H264_NO_NAL'
  | 'PACKETISER_PARAMETER';

export class PayloadError extends Error {
  readonly code: PayloadErrorCode;

  constructor(code: PayloadErrorCode, message: string) {
    super(message);
    this.name = 'PayloadError';
    this.code = code;
  }
}
