/** A child process that cannot outlive its parent, not even one that was killed. */
import { builtPaths } from '../native/paths.ts';
import { errorFromStatus } from './native/status.ts';
import { loadShim } from './native/library.ts';

/**
 * Has the kernel kill this process when the parent's thread that started it ends (Linux, prctl(2) PR_SET_PDEATHSIG). For a
 * child started from Node's main thread that is the parent's end; a child started from a worker thread dies with that one.
 * @param parentPid the parent's process id, as the parent told it
 * @throws {CodecClosedError} where the parent has ended already: exit then
 * @throws {CodecLibraryMissingError} where the shim cannot be loaded
 */
export function dieWithParent(parentPid: number, libraryPath: string = builtPaths().nativeLib): void {
  const status = loadShim(libraryPath).setParentDeathSignal(parentPid);
  if (status < 0) throw errorFromStatus(status, 'follow the parent process');
}
