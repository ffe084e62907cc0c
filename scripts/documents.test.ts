import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

const documents = ['README.md', 'CHANGELOG.md', 'benchmarks/README.md'].concat(
  execFileSync('find', ['docs', '-name', '*.md'], { cwd: root, encoding: 'utf8' }).trim().split('\n'),
);

/** The anchors of a document's headings, as code hosts make them. */
function anchors(document: string): Set<string> {
  const headings = [...read(document).matchAll(/^#+ (.+)$/gm)].map((match) => match[1] ?? '');
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

function brokenLinks(document: string): string[] {
  const targets = [...read(document).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '');
  return targets.filter((target) => {
    if (/^[a-z]+:/.test(target)) return false;
    const [file = '', anchor] = target.split('#');
    const found = file === '' ? document : path.join(path.dirname(document), file);
    if (!existsSync(path.join(root, found))) return true;
    return anchor !== undefined && !anchors(found).has(anchor);
  });
}

describe('documents', () => {
  it.each(documents)('%s: every link leads somewhere', (document) => {
    expect(brokenLinks(document)).toEqual([]);
  });
});
