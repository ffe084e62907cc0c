import { describe, expect, it } from 'vitest';
import { fitReason, ManagedConnection } from './connection.ts';
import { ConnectionTable } from './connection-table.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { CloseInfo } from './types.ts';

const limits = { ...DEFAULT_LIMITS, idleTimeoutMs: 1000, maxBufferedBytes: 100, maxConnections: 2 };

/** A connection on a library that notes what it is told and closes when the test says so. */
function noted(): {
  connection: ManagedConnection;
  told: string[];
  closes: CloseInfo[];
  waits: (bytes: number) => void;
} {
  const told: string[] = [];
  const closes: CloseInfo[] = [];
  let waiting = 0;
  const connection = new ManagedConnection({
    native: {
      send: (bytes) => void told.push(`send ${bytes.length}`),
      bufferedBytes: () => waiting,
      ping: () => void told.push('ping'),
      end: (code, reason) => void told.push(`end ${code} ${reason}`),
      terminate: () => void told.push('terminate'),
    },
    remoteAddress: '127.0.0.1',
    protocol: '',
    limits,
    onError: (error) => {
      throw error;
    },
    onClosed: () => void told.push('closed'),
    nowMs: 0,
  });
  connection.on('close', (info) => void closes.push(info));
  return { connection, told, closes, waits: (bytes) => (waiting = bytes) };
}

describe('ManagedConnection', () => {
  it('closes once, however often the library says so, and touches it no more', async () => {
    const { connection, told, closes } = noted();
    connection.nativeClosed(4000, 'first');
    connection.nativeClosed(1006, '');
    expect(closes).toEqual([]);
    await Promise.resolve();
    connection.close();
    connection.terminate();
    connection.checkSilence(5000);
    connection.receive(Uint8Array.of(1), true, 5000);
    expect(connection.send(Uint8Array.of(1)).status).toBe('closed');
    expect(connection.bufferedBytes).toBe(0);
    expect(closes).toEqual([{ code: 4000, reason: 'first', by: 'peer', error: null }]);
    expect(told).toEqual(['closed']);
  });

  it('pings after half of the idle timeout, and cuts after all of it, also while closing', () => {
    const { connection, told } = noted();
    for (const nowMs of [100, 499, 500, 999]) connection.checkSilence(nowMs);
    connection.heard(999);
    for (const nowMs of [1400, 1499]) connection.checkSilence(nowMs);
    connection.close(1000, 'done');
    for (const nowMs of [1500, 1999]) connection.checkSilence(nowMs);
    expect(told).toEqual(['ping', 'ping', 'ping', 'end 1000 done', 'terminate']);
  });

  it('keeps the first reason where it is cut while closing', async () => {
    const { connection, closes } = noted();
    connection.close(1000, 'done');
    connection.checkSilence(1000);
    connection.nativeClosed(1006, '');
    await Promise.resolve();
    expect(closes).toEqual([{ code: 1000, reason: 'done', by: 'server', error: null }]);
  });

  it('tells of a drain only after something had to wait', () => {
    const { connection, waits } = noted();
    let drains = 0;
    connection.on('drain', () => (drains += 1));
    expect(connection.send(Uint8Array.of(1)).status).toBe('sent');
    connection.drained();
    waits(100);
    expect(connection.send(Uint8Array.of(1))).toEqual({ status: 'buffered', bufferedBytes: 100 });
    waits(1);
    connection.drained();
    expect(drains).toBe(0);
    waits(0);
    connection.drained();
    connection.drained();
    expect(drains).toBe(1);
  });
});

describe('fitReason', () => {
  it('cuts between characters', () => {
    expect(fitReason('a'.repeat(123))).toHaveLength(123);
    expect(fitReason('a'.repeat(124))).toHaveLength(123);
    expect(fitReason('€'.repeat(100))).toBe('€'.repeat(41));
    expect(fitReason('a' + '€'.repeat(100))).toBe('a' + '€'.repeat(40));
  });
});

describe('ConnectionTable', () => {
  it('gives a place back once', () => {
    const table = new ConnectionTable(limits);
    const first = table.reserve('10.0.0.1');
    table.reserve('10.0.0.2');
    expect(() => table.reserve('10.0.0.3')).toThrow(/ServerFull/);
    first();
    first();
    table.reserve('10.0.0.1');
    expect(() => table.reserve('10.0.0.3')).toThrow(/ServerFull/);
  });
});
