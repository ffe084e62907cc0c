/** A file that cannot be used as a clip; the message says why and what can. */
export class ClipError extends Error {
  readonly code = 'BENCH_CLIP';
  override readonly name = 'ClipError';
}
