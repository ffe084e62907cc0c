import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CodecError } from '../errors.ts';
import { COMPLETION_FIELDS } from './library.ts';
import { errorFromStatus } from './status.ts';

const header = readFileSync(new URL('../../native/codec-shim/shim.h', import.meta.url), 'utf8');

describe('the shim and its binding agree', () => {
  it('on every status: each becomes a named error with a code', () => {
    const statuses = [...header.matchAll(/SHIM_E_\w+ = (-\d+)/g)].map((match) => Number(match[1]));
    expect(statuses.length).toBeGreaterThanOrEqual(9);
    for (const status of statuses) {
      const error = errorFromStatus(status, 'test', 4);
      expect(error).toBeInstanceOf(CodecError);
      expect(error.message).not.toMatch(/unknown/);
      expect(error.code).toMatch(/^CODEC_/);
      expect(error.name).toBe(error.constructor.name);
      expect(error.detail).toBe(4);
    }
  });

  it('on the number of fields in a completion', () => {
    const struct = /struct shim_completion \{([^}]*)\}/.exec(header)?.[1] ?? '';
    expect([...struct.matchAll(/double \w+;/g)]).toHaveLength(COMPLETION_FIELDS);
  });
});
