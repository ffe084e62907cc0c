// @ts-check
// What decides which npm packages are installed: the lockfile, and those fields of package.json that npm installs by.
import fs from 'node:fs';
import path from 'node:path';

const FIELDS = ['dependencies', 'devDependencies', 'optionalDependencies', 'overrides', 'allowScripts'];

/**
 * @param {string} root
 * @returns {string[]} texts; when one of them changes, npm has to run again
 */
export function npmIngredients(root) {
  const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  return [
    fs.readFileSync(path.join(root, 'package-lock.json'), 'utf8'),
    ...FIELDS.map((field) => JSON.stringify(manifest[field] ?? {})),
  ];
}
