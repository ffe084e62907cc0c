import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CodecError } from '../errors.ts';
import { COMPLETED, COMPLETION_FIELDS, MAX_SPATIAL_LAYERS, SUBMIT } from './library.ts';
import { SETTING_FIELDS } from './settings.ts';
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
    const fields = [...struct.matchAll(/double \w+(\[SHIM_MAX_SPATIAL_LAYERS\])?;/g)];
    const layers = /#define SHIM_MAX_SPATIAL_LAYERS (\d+)/.exec(header)?.[1];
    expect(Number(layers)).toBe(MAX_SPATIAL_LAYERS);
    const count = fields.reduce(
      (sum, [, isList]) => sum + (isList === undefined ? 1 : MAX_SPATIAL_LAYERS),
      0,
    );
    expect(count).toBe(COMPLETION_FIELDS);
  });

  it('on the settings and their order', () => {
    const struct = /struct shim_settings \{([^}]*)\}/.exec(header)?.[1] ?? '';
    const fields = [...struct.matchAll(/int32_t (\w+);/g)].map(([, name = '']) =>
      name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
    );
    expect(fields).toEqual([...SETTING_FIELDS]);
  });

  it.each([
    ['shim_submit_flags', SUBMIT],
    ['shim_completion_flags', COMPLETED],
  ])('on every bit of %s', (name, bits) => {
    const body = new RegExp(`enum ${name} \\{([^}]*)\\}`).exec(header)?.[1] ?? '';
    const values = [...body.matchAll(/SHIM_\w+ = (\d+)/g)].map(([, value]) => Number(value));
    expect(values).toEqual(Object.values(bits));
  });
});
