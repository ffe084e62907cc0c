/** Traces as mahimahi writes them (Netravali et al., USENIX ATC 2015): each line is the millisecond at which one 1500-byte packet may leave. */
import type { Capacity } from './config.ts';

/** A file that is no trace; the message says which line. */
export class TraceError extends Error {
  readonly code = 'TRACE';
  override readonly name = 'TraceError';
}

/**
 * @param text of the file; empty lines are passed over
 * @throws TraceError for a line that is no whole number of milliseconds or goes back, and for a trace without length
 */
export function parseTrace(text: string): Capacity {
  const opportunitiesMs: number[] = [];
  let lastMs = 0;
  let lineNumber = 0;
  for (const line of text.split('\n')) {
    lineNumber += 1;
    const trimmed = line.trim();
    if (trimmed === '') continue;
    const ms = Number(trimmed);
    if (!/^\d+$/.test(trimmed) || ms < lastMs || ms > 0xffff_ffff) {
      throw new TraceError(`line ${lineNumber}: ${JSON.stringify(trimmed.slice(0, 40))} after ${lastMs} ms`);
    }
    opportunitiesMs.push(ms);
    lastMs = ms;
  }
  if (lastMs === 0) throw new TraceError('a trace that has no length');
  return { kind: 'trace', opportunitiesMs: Uint32Array.from(opportunitiesMs) };
}
