import { describe, expect, it } from 'vitest';
import { PROTOCOL_ERRORS, ProtocolError } from '../../../signaling/errors.ts';
import * as sdk from '../../sdk/errors.ts';
import { DeviceUnavailable } from '../devices/device-types.ts';
import { problemKey, problemWords } from './problems.ts';
import { LANGUAGES, translator } from './translate.ts';

const problem = (code: string): sdk.RequestRefused =>
  new sdk.RequestRefused('JOIN', { type: 'urn:test', title: 'Test', status: 400, code });

/** One of each class of the SDK, besides those that carry a problem of the server. */
function clientErrors(): sdk.ClientError[] {
  return Object.values(sdk).flatMap((exported) => {
    if (typeof exported !== 'function' || !('prototype' in exported)) return [];
    const made: unknown = isClass(exported) ? new exported('a test') : null;
    return made instanceof sdk.ClientError && !('problem' in made) ? [made] : [];
  });
}

function isClass(value: unknown): value is new (text: string) => unknown {
  return (
    typeof value === 'function' &&
    value !== sdk.ClientError &&
    value.prototype instanceof sdk.ClientError &&
    value !== sdk.RequestRefused &&
    value !== sdk.ServerFailure
  );
}

describe('errors in words', () => {
  it('has a sentence for every code that the server may give', () => {
    for (const code of Object.keys(PROTOCOL_ERRORS)) {
      // The sentence for the unknown says nothing: no code that is known may end there.
      expect(problemKey(problem(code)), code).not.toBe('problem.unexpected');
    }
  });

  it('has a sentence for every error of the client SDK', () => {
    const errors = clientErrors();
    expect(errors.length).toBeGreaterThan(10);
    for (const error of errors) {
      if (error.code === 'unexpected') continue;
      expect(problemKey(error), error.code).not.toBe('problem.unexpected');
    }
  });

  it('has a sentence for every problem of a chosen device', () => {
    for (const name of ['denied', 'busy', 'missing', 'insecure', 'ended'] as const) {
      expect(problemKey(new DeviceUnavailable(name)), name).not.toBe('problem.unexpected');
    }
  });

  it('says what it does not know in a sentence too, in each language', () => {
    for (const { language } of LANGUAGES) {
      const t = translator(language);
      for (const error of [problem('OfANewerServer'), new ProtocolError('Internal'), 'a text', null]) {
        expect(problemWords(t, error).length).toBeGreaterThan(20);
      }
    }
    expect(problemWords(translator('en'), problem('RoomFull'))).toBe(
      'The call is full. You can join as soon as somebody leaves.',
    );
    expect(problemWords(translator('ru'), problem('RoomFull'))).toContain('Мест нет');
  });
});
