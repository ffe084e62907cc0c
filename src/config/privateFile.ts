/** Files that this user alone may read, and that are there whole or not at all. */
import { linkSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** Makes the file; where another process was faster, its file stays. @throws Error of the file system */
export function createPrivateFile(file: string, text: string): void {
  const draft = writeDraft(file, text);
  try {
    linkSync(draft, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    rmSync(draft);
  }
}

/** Makes the file, or puts this one in the place of what is there. @throws Error of the file system */
export function replacePrivateFile(file: string, text: string): void {
  renameSync(writeDraft(file, text), file);
}

function writeDraft(file: string, text: string): string {
  const draft = `${file}.${process.pid}`;
  rmSync(draft, { force: true });
  writeFileSync(draft, text, { mode: 0o600, flag: 'wx' });
  return draft;
}
