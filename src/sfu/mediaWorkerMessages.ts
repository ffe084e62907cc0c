/**
 * Parser of what a media worker says. The process decodes bitstreams of strangers with C libraries, so even its own messages
 * are checked before the server believes them. The types are pipelines/ipc.ts's; a test holds the two against each other.
 */
import * as v from 'valibot';
import type { FromMediaWorker } from '../../pipelines/ipc.ts';

const text = v.pipe(v.string(), v.maxLength(2048));
const number = v.pipe(v.number(), v.finite());
const error = v.object({ code: text, message: text });

const Schema = v.variant('op', [
  v.object({
    op: v.literal('ready'),
    pid: number,
    codecs: v.pipe(
      v.array(
        v.object({
          name: text,
          codec: text,
          direction: text,
          library: text,
          version: text,
          hardware: v.boolean(),
          missing: v.nullable(text),
        }),
      ),
      v.maxLength(256),
    ),
  }),
  v.variant('ok', [
    v.object({
      op: v.literal('answer'),
      requestId: number,
      ok: v.literal(true),
      localPort: v.exactOptional(number),
    }),
    v.object({ op: v.literal('answer'), requestId: number, ok: v.literal(false), error }),
  ]),
  v.object({
    op: v.literal('output-started'),
    sessionId: text,
    outputId: text,
    width: number,
    height: number,
  }),
  v.object({
    op: v.literal('session-stats'),
    sessionId: text,
    packetsIn: number,
    packetsLost: number,
    packetsForeign: number,
    packetsMalformed: number,
    framesDecoded: number,
    framesDropped: number,
    decodeErrors: number,
    keyFrameRequestsSent: number,
    decodeUsP50: number,
    fallbacks: v.pipe(v.array(text), v.maxLength(64)),
    outputs: v.pipe(
      v.array(
        v.object({
          outputId: text,
          framesEncoded: number,
          framesSkipped: number,
          keyFrames: number,
          keyFrameRequests: number,
          bytesSent: number,
          encodeUsP50: number,
          latencyMsP50: number,
          latencyMsP95: number,
          width: number,
          height: number,
          targetBps: number,
        }),
      ),
      v.maxLength(64),
    ),
  }),
  v.object({ op: v.literal('session-failed'), sessionId: text, error }),
  v.object({
    op: v.literal('log'),
    level: v.picklist(['debug', 'info', 'warn', 'error']),
    message: text,
    fields: v.record(text, v.nullable(v.union([text, number, v.boolean()]))),
  }),
  v.object({ op: v.literal('heartbeat'), cpuUsedMs: number, rssBytes: number }),
]);

/** @returns the message, or null where it is none */
export function parseFromMediaWorker(message: unknown): FromMediaWorker | null {
  const result = v.safeParse(Schema, message);
  return result.success ? result.output : null;
}
