/**
 * Results that were kept, read back: what a baseline must hold before anything is compared with it.
 *
 * What will surprise you: of another version is told apart from damaged, since the first needs a new run and the second a look at the file.
 */
import * as v from 'valibot';
import { type CodecResults, RESULTS_VERSION } from '../model.ts';

export class BaselineError extends Error {
  readonly code = 'BENCH_BASELINE';
  override readonly name = 'BaselineError';
}

const number = v.pipe(v.number(), v.finite());
const share = v.pipe(number, v.minValue(0));
const numbers = v.array(number);
/** One a round, and there is a round. */
const rounds = v.pipe(v.array(share), v.minLength(1));
const codec = v.picklist(['VP8', 'VP9', 'H264', 'AV1']);
const latency = v.object({ p50: share, p99: share });

const quality = {
  psnrDb: v.tuple([number, number, number]),
  ssim: v.tuple([number, number, number]),
  msSsim: v.nullable(number),
};
const Rd = v.object({ ...quality, targetBps: share, bps: share });

const Point = v.object({
  ...Rd.entries,
  content: v.string(),
  kind: v.picklist(['camera', 'screen']),
  encoder: v.string(),
  codec,
  speed: v.nullable(number),
  layers: v.nullable(v.string()),
  pictures: share,
  frameRate: share,
  encodeMs: rounds,
  decodeMs: rounds,
  latencyMs: latency,
  decodeLatencyMs: latency,
  rateError: v.nullable(number),
  firstKeyFrameBytes: share,
  keyFrames: share,
  skipped: share,
  encodePeakKib: share,
  decodePeakKib: share,
});

const Decoder = v.object({
  content: v.string(),
  codec,
  encoder: v.string(),
  targetBps: share,
  decoder: v.string(),
  pictures: share,
  decodeMs: rounds,
  latencyMs: latency,
  peakKib: share,
  digest: v.string(),
});

const Peer = v.object({
  content: v.string(),
  tool: v.picklist(['ffmpeg', 'GStreamer']),
  encoder: v.string(),
  settings: v.picklist(['alike', 'defaults']),
  effort: v.nullable(number),
  cpuMs: numbers,
  ourCpuMs: numbers,
  points: v.array(Rd),
});

const Loss = v.object({
  content: v.string(),
  encoder: v.string(),
  channel: v.string(),
  pictures: share,
  packets: share,
  lostPackets: share,
  frozen: share,
  damaged: share,
  keyFrames: share,
});

const Overhead = v.object({
  encoder: v.string(),
  content: v.string(),
  oursMs: rounds,
  nativeMs: rounds,
});

const Results = v.object({
  version: v.literal(RESULTS_VERSION),
  conditions: v.record(v.string(), v.union([v.string(), number])),
  points: v.array(Point),
  decoders: v.array(Decoder),
  peers: v.array(Peer),
  loss: v.array(Loss),
  overhead: v.array(Overhead),
});

/** What --json prints holds the results under `details`. */
const Printed = v.object({ details: v.unknown() });
const Versioned = v.object({ version: v.number() });

/** @throws BaselineError where the text is none of ours, of another version, or damaged; the message says which and where */
export function parseBaseline(text: string): CodecResults {
  const file = parsed(text);
  const printed = v.safeParse(Printed, file);
  const kept = printed.success ? printed.output.details : file;
  const versioned = v.safeParse(Versioned, kept);
  if (!versioned.success) throw new BaselineError('the baseline holds no results of this bench');
  const { version } = versioned.output;
  if (version !== RESULTS_VERSION) {
    throw new BaselineError(
      `the baseline is of version ${version}, and version ${RESULTS_VERSION} is what can be compared: measure it anew`,
    );
  }
  const results = v.safeParse(Results, kept);
  if (results.success) return results.output;
  const [issue] = results.issues;
  throw new BaselineError(
    `the baseline is damaged at ${v.getDotPath(issue) ?? 'its root'}: ${issue.message}`,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new BaselineError('the baseline is no JSON', { cause });
  }
}
