import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NotSetUpError, builtPaths } from './paths.ts';

const WRITTEN = {
  workerBin: '/cache/worker',
  workerVariant: 'prebuilt',
  workerVersion: '3.27.1',
  nativeLib: '/cache/shim.so',
  webDir: '/cache/web',
};

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'commucat-paths-'));
  file = path.join(folder, 'built.json');
});

afterEach(() => rmSync(folder, { recursive: true }));

describe('builtPaths', () => {
  it('answers what set-up wrote', () => {
    writeFileSync(file, JSON.stringify(WRITTEN));
    expect({ ...builtPaths({}, file) }).toEqual(WRITTEN);
  });

  it('lets the environment name parts, and calls such a worker given', () => {
    writeFileSync(file, JSON.stringify(WRITTEN));
    const env = { MEDIASOUP_WORKER_BIN: '/w', COMMUCAT_NATIVE_LIB: '/n', COMMUCAT_WEB_DIR: '/p' };
    expect({ ...builtPaths(env, file) }).toEqual({
      workerBin: '/w',
      workerVariant: 'given',
      workerVersion: '3.27.1',
      nativeLib: '/n',
      webDir: '/p',
    });
  });

  it('asks for set-up where the file is missing, and only for what is read', () => {
    const paths = builtPaths({ COMMUCAT_NATIVE_LIB: '/n' }, file);
    expect(paths.nativeLib).toBe('/n');
    expect(() => paths.workerBin).toThrow(NotSetUpError);
    expect(() => paths.workerBin).toThrow(/npm run setup/);
  });

  it.each([
    ['half a file', '{"workerBin":'],
    ['a list', '[]'],
    ['a missing part', '{}'],
    ['a part of a wrong type', '{"workerBin":7}'],
    ['an empty part', '{"workerBin":""}'],
  ])('refuses %s', (_what, text) => {
    writeFileSync(file, text);
    expect(() => builtPaths({}, file).workerBin).toThrow(NotSetUpError);
  });

  it('refuses a variant that it does not know', () => {
    writeFileSync(file, JSON.stringify({ ...WRITTEN, workerVariant: 'borrowed' }));
    expect(() => builtPaths({}, file).workerVariant).toThrow(NotSetUpError);
  });
});
