import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { npmIngredients } from './npm-ingredients.mjs';

let root: string;

beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 'commucat-npm-'));
});

afterEach(() => rmSync(root, { recursive: true }));

function write(manifest: object, lock = '{}'): string[] {
  writeFileSync(path.join(root, 'package.json'), JSON.stringify(manifest));
  writeFileSync(path.join(root, 'package-lock.json'), lock);
  return npmIngredients(root);
}

const BASE = { name: 'x', scripts: { a: 'b' }, dependencies: { ws: '1.0.0' } };

it.each([
  ['a version', write.bind(undefined, { ...BASE, dependencies: { ws: '1.0.1' } })],
  ['a development package', write.bind(undefined, { ...BASE, devDependencies: { vitest: '5.0.0' } })],
  ['an install script that is allowed', write.bind(undefined, { ...BASE, allowScripts: { ws: true } })],
  ['the lockfile', write.bind(undefined, BASE, '{"lockfileVersion":3}')],
])('npm runs again after a change of %s', (_what, change) => {
  expect(change()).not.toEqual(write(BASE));
});

it('npm does not run again after a change of scripts or of the description', () => {
  expect(write({ ...BASE, scripts: {}, description: 'y' })).toEqual(write(BASE));
});
