/**
 * `npm run screenshots [-- --out FOLDER] [-- --only NAME,NAME]`: takes a picture of every state of the page, for the documents and
 * to be looked at. The exit code is 1 where a state did not come about.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Scene, SCENES } from './scenes.ts';
import { pictureFile, Stage } from './stage.ts';

const DEFAULT_FOLDER = fileURLToPath(new URL('../../docs/images', import.meta.url));
const QUALITY = 82;

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { out: { type: 'string' }, only: { type: 'string' } } });
  const folder = path.resolve(values.out ?? DEFAULT_FOLDER);
  const names = values.only?.split(',') ?? SCENES.map(({ name }) => name);
  const unknown = names.filter((name) => !SCENES.some((scene) => scene.name === name));
  if (unknown.length > 0) {
    say(`there is no ${unknown.join(', ')}; there are ${SCENES.map(({ name }) => name).join(', ')}`);
    return 2;
  }
  mkdirSync(folder, { recursive: true });
  const stage = await Stage.open();
  let failed = 0;
  try {
    if (stage.clips.missing.length > 0) {
      say(`no recordings of ${stage.clips.missing.join(', ')}: the cameras show the test pattern`);
    }
    for (const scene of SCENES.filter(({ name }) => names.includes(name))) {
      if (!(await take(stage, scene, pictureFile(folder, scene.name)))) failed += 1;
    }
  } finally {
    await stage.close();
  }
  return failed === 0 ? 0 : 1;
}

async function take(stage: Stage, { name, stage: prepare }: Scene, file: string): Promise<boolean> {
  try {
    const staged = await prepare(stage);
    try {
      await staged.page.screenshot({ path: file, type: 'jpeg', quality: QUALITY });
    } finally {
      await staged.leave();
    }
    say(file);
    return true;
  } catch (error) {
    say(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

process.exitCode = await main();
