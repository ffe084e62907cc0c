/**
 * What the results of the connection test mean for calls. Pure.
 *
 * What will surprise you: a way for media that does not work is only a limit while another one works; and without camera and
 * microphone one can still watch and listen.
 */
import type { CheckId, CheckResult } from '../../sdk/probe.ts';

export type RowState = 'waiting' | 'running' | 'ok' | 'limited' | 'failed' | 'skipped';
export type Verdict = 'good' | 'limited' | 'bad' | 'stopped';

const WAYS: ReadonlySet<CheckId> = new Set(['udp', 'tcp', 'turn-udp', 'turn-tcp', 'turn-tls']);
/** Without these nothing goes; the ways count together. */
const NEEDED: ReadonlySet<CheckId> = new Set(['codecs', 'signalling']);
const LIMITS: ReadonlySet<CheckResult['detail']> = new Set([
  'camera-only',
  'microphone-only',
  'vp8-only',
  'h264-only',
]);

/** How one row is marked. */
export function rowState(result: CheckResult | null): RowState {
  if (result === null) return 'waiting';
  return result.state === 'ok' && LIMITS.has(result.detail) ? 'limited' : result.state;
}

export function verdictOf(results: readonly CheckResult[]): Verdict {
  const ways = results.filter(({ id }) => WAYS.has(id));
  const hasWay = ways.some(({ state }) => state === 'ok');
  if (results.some(({ id, state }) => NEEDED.has(id) && state === 'failed')) return 'bad';
  if (results.some(({ detail }) => detail === 'stopped')) return 'stopped';
  if (!hasWay) return 'bad';
  const limited = results.some((result) => {
    // TCP and relays are for where UDP is blocked; one that the server does not have is no fault.
    if (WAYS.has(result.id)) return result.state === 'failed' && result.detail !== 'not-offered';
    return rowState(result) !== 'ok';
  });
  return limited ? 'limited' : 'good';
}
