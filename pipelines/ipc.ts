/**
 * What the server process and a media worker (child process) say to each other: control only, never media.
 *
 * One tagged union per direction, sent over Node's IPC channel. A session is one source that has to be decoded; its outputs
 * are the codecs that somebody watches. Media itself travels as RTP over loopback UDP between the session's socket and one
 * mediasoup plain transport, which carries the source to us (a consumer) and the results back (producers).
 */

/** The video codecs that travel as RTP between the router and media workers. */
export const PAYLOAD_CODECS = ['VP8', 'VP9', 'H264', 'AV1'] as const;
export type PayloadCodec = (typeof PAYLOAD_CODECS)[number];

export interface RtpStreamSpec {
  readonly codec: PayloadCodec;
  readonly ssrc: number;
  readonly payloadType: number;
  /** H.264 only, RFC 6184 section 6. */
  readonly packetizationMode?: 0 | 1;
}

export interface OpenSession {
  readonly op: 'open-session';
  readonly requestId: number;
  readonly sessionId: string;
  /** Appears in every log line, so that one call can be followed through all processes. */
  readonly callId: string;
  /** mediasoup's plain transport (rtcp-mux): datagrams from any other address are dropped and counted. */
  readonly remote: { readonly ip: string; readonly port: number };
  readonly input: RtpStreamSpec;
  /** CNAME of the captured stream, repeated in our RTCP so that receivers keep lips in sync (RFC 3550 section 6.5.1). */
  readonly cname: string;
}
export interface CloseSession {
  readonly op: 'close-session';
  readonly requestId: number;
  readonly sessionId: string;
}
export interface AddOutput {
  readonly op: 'add-output';
  readonly requestId: number;
  readonly sessionId: string;
  readonly outputId: string;
  readonly stream: RtpStreamSpec;
  readonly targetBps: number;
  /** Larger pictures are scaled down to fit, keeping the aspect ratio; absent: the source's size. */
  readonly maxWidth?: number;
  readonly maxHeight?: number;
}
export interface RemoveOutput {
  readonly op: 'remove-output';
  readonly requestId: number;
  readonly sessionId: string;
  readonly outputId: string;
}
/** Follows what the watchers' networks carry; no answer. */
export interface SetOutputRate {
  readonly op: 'set-output-rate';
  readonly sessionId: string;
  readonly outputId: string;
  readonly targetBps: number;
  /** What it may send at beyond a small burst, because a watcher's network is narrow; absent: at once. */
  readonly paceBps?: number;
}
/** Finish and exit with code 0; no answer. */
export interface Stop {
  readonly op: 'stop';
}
export type ToMediaWorker = OpenSession | CloseSession | AddOutput | RemoveOutput | SetOutputRate | Stop;
export type MediaWorkerRequest = Extract<ToMediaWorker, { readonly requestId: number }>;

/** Sent once: codecs probed, ready for sessions. */
export interface Ready {
  readonly op: 'ready';
  readonly pid: number;
  /** Everything that the engine knows, what is missing here too. */
  readonly codecs: readonly WorkerCodec[];
}
/** What `CodecInfo` of the codec engine says, as words: the server trusts none of it further than to show it. */
export interface WorkerCodec {
  readonly name: string;
  readonly codec: string;
  readonly direction: string;
  readonly library: string;
  readonly version: string;
  readonly hardware: boolean;
  /** Why it cannot be used here, in words; null where it can. */
  readonly missing: string | null;
}
export interface Answer {
  readonly op: 'answer';
  readonly requestId: number;
  readonly ok: true;
  /** For open-session: the UDP port on 127.0.0.1 that mediasoup's transport must connect to. */
  readonly localPort?: number;
}
export interface Refusal {
  readonly op: 'answer';
  readonly requestId: number;
  readonly ok: false;
  readonly error: { readonly code: string; readonly message: string };
}
/** The first key frame of an output has left: its producer has something to show. */
export interface OutputStarted {
  readonly op: 'output-started';
  readonly sessionId: string;
  readonly outputId: string;
  readonly width: number;
  readonly height: number;
}
/** Every second for every session. */
export interface SessionStats {
  readonly op: 'session-stats';
  readonly sessionId: string;
  readonly packetsIn: number;
  readonly packetsLost: number;
  readonly packetsForeign: number;
  readonly packetsMalformed: number;
  readonly framesDecoded: number;
  readonly framesDropped: number;
  readonly decodeErrors: number;
  readonly keyFrameRequestsSent: number;
  readonly decodeUsP50: number;
  /** Hardware codecs that have failed since the session began, each with the reason and what took over, in words; the latest ones. */
  readonly fallbacks: readonly string[];
  readonly outputs: readonly {
    readonly outputId: string;
    readonly framesEncoded: number;
    readonly framesSkipped: number;
    readonly keyFrames: number;
    readonly keyFrameRequests: number;
    readonly bytesSent: number;
    readonly encodeUsP50: number;
    /** Last packet of a frame in → last packet of it out. */
    readonly latencyMsP50: number;
    readonly latencyMsP95: number;
    readonly width: number;
    readonly height: number;
    readonly targetBps: number;
  }[];
}
/** A session that cannot go on (socket lost, codec unusable); the server opens another one. */
export interface SessionFailed {
  readonly op: 'session-failed';
  readonly sessionId: string;
  readonly error: { readonly code: string; readonly message: string };
}
/** Lines for the server's log. */
export interface LogLine {
  readonly op: 'log';
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, string | number | boolean | null>>;
}
/** Sent every second; a worker silent for long is taken for hung and killed. */
export interface Heartbeat {
  readonly op: 'heartbeat';
  readonly cpuUsedMs: number;
  readonly rssBytes: number;
}
export type FromMediaWorker =
  Ready | Answer | Refusal | OutputStarted | SessionStats | SessionFailed | LogLine | Heartbeat;
