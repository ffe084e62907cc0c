/** The one error that the RTP and RTCP parsers throw: wire bytes never cause any other. */

export type RtpParseErrorCode =
  | 'RTP_TOO_SHORT'
  | 'RTP_BAD_VERSION'
  | 'RTP_BAD_CSRC_COUNT'
  | 'RTP_BAD_EXTENSION'
  | 'RTP_BAD_PADDING'
  | 'RTCP_TOO_SHORT'
  | 'RTCP_BAD_VERSION'
  | 'RTCP_BAD_LENGTH'
  | 'RTCP_BAD_PADDING'
  | 'RTCP_BAD_REPORT'
  | 'RTCP_BAD_SDES'
  | 'RTCP_BAD_BYE'
  | 'RTCP_BAD_FEEDBACK';

/** A datagram that is not what RFC 3550, RFC 4585 or RFC 5104 describe; drop and count it. */
export class RtpParseError extends Error {
  readonly code: RtpParseErrorCode;

  constructor(code: RtpParseErrorCode, message: string) {
    super(message);
    this.name = 'RtpParseError';
    this.code = code;
  }
}

/** A caller asked for a packet that the wire format cannot hold (a program error, never caused by received bytes). */
export class RtpWriteError extends Error {
  readonly code = 'RTP_FIELD_OUT_OF_RANGE';

  constructor(message: string) {
    super(message);
    this.name = 'RtpWriteError';
  }
}
