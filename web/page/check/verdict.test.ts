import { describe, expect, it } from 'vitest';
import { CHECKS, type CheckResult } from '../../sdk/probe.ts';
import { isKey } from '../words/translate.ts';
import { meaningOf } from './check-row.tsx';
import { reportOf } from './report.ts';
import { rowState, verdictOf } from './verdict.ts';

const GOOD: readonly CheckResult[] = [
  { id: 'secure-context', state: 'ok', rttMs: null, detail: 'secure' },
  { id: 'devices', state: 'ok', rttMs: null, detail: 'camera-and-microphone' },
  { id: 'codecs', state: 'ok', rttMs: null, detail: 'vp8-and-h264' },
  { id: 'signalling', state: 'ok', rttMs: 3, detail: 'connected' },
  { id: 'udp', state: 'ok', rttMs: 12.34, detail: 'connected' },
  { id: 'tcp', state: 'ok', rttMs: null, detail: 'connected' },
  { id: 'turn-udp', state: 'skipped', rttMs: null, detail: 'no-relay' },
  { id: 'turn-tcp', state: 'skipped', rttMs: null, detail: 'no-relay' },
  { id: 'turn-tls', state: 'skipped', rttMs: null, detail: 'no-relay' },
];

function but(...changes: readonly CheckResult[]): readonly CheckResult[] {
  return GOOD.map((one) => changes.find(({ id }) => id === one.id) ?? one);
}

describe('the verdict', () => {
  it('is good without relays that the server does not have', () => {
    expect(verdictOf(GOOD)).toBe('good');
  });

  it('is limited where something is missing that calls go without', () => {
    expect(verdictOf(but({ id: 'udp', state: 'failed', rttMs: null, detail: 'no-path' }))).toBe('limited');
    expect(verdictOf(but({ id: 'devices', state: 'failed', rttMs: null, detail: 'no-devices' }))).toBe(
      'limited',
    );
    expect(verdictOf(but({ id: 'codecs', state: 'ok', rttMs: null, detail: 'vp8-only' }))).toBe('limited');
    expect(
      verdictOf(but({ id: 'secure-context', state: 'failed', rttMs: null, detail: 'insecure-page' })),
    ).toBe('limited');
  });

  it('is bad without server, codec or any way for media', () => {
    expect(verdictOf(but({ id: 'signalling', state: 'failed', rttMs: null, detail: 'unreachable' }))).toBe(
      'bad',
    );
    expect(verdictOf(but({ id: 'codecs', state: 'failed', rttMs: null, detail: 'no-video-codec' }))).toBe(
      'bad',
    );
    expect(
      verdictOf(
        but(
          { id: 'udp', state: 'failed', rttMs: null, detail: 'no-path' },
          { id: 'tcp', state: 'failed', rttMs: null, detail: 'no-path' },
        ),
      ),
    ).toBe('bad');
  });

  it('is that it was stopped', () => {
    expect(verdictOf(but({ id: 'tcp', state: 'skipped', rttMs: null, detail: 'stopped' }))).toBe('stopped');
  });
});

it('marks what works with a limit', () => {
  expect(rowState(null)).toBe('waiting');
  expect(rowState({ id: 'codecs', state: 'ok', rttMs: null, detail: 'h264-only' })).toBe('limited');
  expect(rowState({ id: 'udp', state: 'failed', rttMs: null, detail: 'no-path' })).toBe('failed');
});

it('has words for what works in every row', () => {
  for (const id of CHECKS) expect(isKey(meaningOf(id, 'connected'))).toBe(true);
});

it('makes a report that names everything', () => {
  const report = reportOf(GOOD, { origin: 'https://calls.example', browser: 'Test/1', at: new Date(0) });
  expect(report.split('\n').slice(0, 4)).toEqual([
    'CommuCat connection test',
    '1970-01-01T00:00:00.000Z',
    'https://calls.example',
    'Test/1',
  ]);
  expect(report).toContain('udp             ok       connected  12.3 ms');
  for (const id of CHECKS) expect(report).toContain(id);
});
