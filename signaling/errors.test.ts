import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { asProtocolError, isErrorCode, PROTOCOL_ERRORS, problemType, ProtocolError } from './errors.ts';
import type { ErrorCode } from './errors.ts';

/** The rows of the document's table, keyed by code. */
function documentedErrors(): Map<string, Record<string, string>> {
  const text = readFileSync(new URL('../docs/protocol/errors.md', import.meta.url), 'utf8');
  const rows = new Map<string, Record<string, string>>();
  for (const line of text.split('\n')) {
    const cells = line.split('|').map((cell) => cell.trim());
    const code = /^`(\w+)`$/.exec(cells[1] ?? '')?.[1];
    if (code === undefined) continue;
    expect(rows.has(code), `${code} is documented twice`).toBe(false);
    rows.set(code, {
      title: cells[2] ?? '',
      type: (cells[3] ?? '').replaceAll('`', ''),
      status: cells[4] ?? '',
      close: cells[5] ?? '',
      advice: cells[6] ?? '',
    });
  }
  return rows;
}

const codes = Object.keys(PROTOCOL_ERRORS).filter(isErrorCode);

describe('error table', () => {
  it('equals docs/protocol/errors.md, both ways', () => {
    const table = new Map(
      codes.map((code) => {
        const { title, status, closeCode, advice } = PROTOCOL_ERRORS[code];
        const row = {
          title,
          type: problemType(code),
          status: String(status),
          close: closeCode === null ? '–' : String(closeCode),
          advice,
        };
        return [code, row];
      }),
    );
    expect(documentedErrors()).toEqual(table);
  });

  it('has an error status, a sendable close code and a unique type for each code', () => {
    for (const code of codes) {
      const { status, closeCode } = PROTOCOL_ERRORS[code];
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(600);
      // 1004 to 1006 and 1015 must not be sent (RFC 6455 section 7.4.1).
      if (closeCode !== null) {
        expect([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013]).toContain(closeCode);
      }
    }
    expect(new Set(codes.map(problemType)).size).toBe(codes.length);
  });
});

describe('ProtocolError', () => {
  it('becomes a problem document', () => {
    const error = new ProtocolError('RoomFull', 'room has 50 participants');
    expect(error.toProblem()).toEqual({
      type: 'urn:commucat:error:room-full',
      title: 'Room Full',
      status: 409,
      detail: 'room has 50 participants',
      code: 'RoomFull',
      fatal: false,
      advice: PROTOCOL_ERRORS.RoomFull.advice,
    });
    expect(error.message).toBe('RoomFull: room has 50 participants');
    expect(new ProtocolError('FrameTooLarge').fatal).toBe(true);
    expect(new ProtocolError('FrameTooLarge').detail).toBe('Frame Too Large');
  });

  it('hides what else was thrown', () => {
    const secret = new Error('password=hunter2');
    const told = asProtocolError(secret);
    expect(JSON.stringify(told.toProblem())).not.toContain('hunter2');
    expect(told.cause).toBe(secret);
    const already = new ProtocolError('NotFound');
    expect(asProtocolError(already)).toBe(already);
  });

  it('knows its codes, and none from the prototype', () => {
    const known: ErrorCode = 'NotFound';
    expect(isErrorCode(known)).toBe(true);
    expect(isErrorCode('toString')).toBe(false);
  });
});
