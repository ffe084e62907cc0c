/**
 * How the server starts a media worker: the entry file, and the few rights that Node can withhold from it.
 *
 * What will surprise you:
 * - Node's permission model keeps JavaScript from writing files and from starting processes or threads. It does not bind
 *   native code, so it is a fence against our own mistakes, not against a broken decoder.
 * - The worker keeps the server's priority: a lower one would let any busy program on the machine delay every picture,
 *   while forwarding (mediasoup's own processes) needs too little time to be in danger.
 */
import path from 'node:path';

export const MEDIA_WORKER_ENTRY: string = path.join(import.meta.dirname, 'main.ts');

/** Node's own arguments for a media worker; give them to `fork` as `execArgv`. */
export const MEDIA_WORKER_EXEC_ARGV: readonly string[] = [
  '--permission',
  // koffi is an addon. Node warns that addons can get around the rest, which is said above.
  '--allow-addons',
  '--disable-warning=SecurityWarning',
  // Modules and the codec shim are files, and the shim's place is the operator's to choose.
  '--allow-fs-read=*',
];
