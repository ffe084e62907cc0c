/** A real media worker process for tests: forked as the server forks it, with its messages kept. */
import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { EventEmitter } from 'node:events';
import path from 'node:path';
import { MEDIA_WORKER_ENTRY, MEDIA_WORKER_EXEC_ARGV } from '../worker/launch.ts';
import type { Answer, FromMediaWorker, MediaWorkerRequest, Refusal, ToMediaWorker } from '../ipc.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
export const NODE = path.join(ROOT, 'node_modules/.bin/node');

type WithoutId<T> = T extends unknown ? Omit<T, 'requestId'> : never;

function isFromMediaWorker(message: unknown): message is FromMediaWorker {
  return typeof message === 'object' && message !== null && 'op' in message && typeof message.op === 'string';
}

export class WorkerProcess extends EventEmitter<{ message: [FromMediaWorker] }> {
  readonly child: ChildProcess;
  readonly messages: FromMediaWorker[] = [];
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  #requests = 0;

  constructor() {
    super();
    this.child = fork(MEDIA_WORKER_ENTRY, ['--threads', '2'], {
      execPath: NODE,
      execArgv: [...MEDIA_WORKER_EXEC_ARGV],
    });
    this.exited = new Promise((resolve) =>
      this.child.once('exit', (code, signal) => resolve({ code, signal })),
    );
    this.child.on('message', (message: unknown) => {
      if (!isFromMediaWorker(message)) throw new Error('the worker sent something else');
      this.messages.push(message);
      this.emit('message', message);
    });
  }

  /** The first message, from the past too, that the test is waiting for. */
  async waitFor<T extends FromMediaWorker>(matches: (message: FromMediaWorker) => message is T): Promise<T> {
    const seen = this.messages.find(matches);
    if (seen !== undefined) return seen;
    return new Promise((resolve) => {
      const listener = (message: FromMediaWorker): void => {
        if (!matches(message)) return;
        this.off('message', listener);
        resolve(message);
      };
      this.on('message', listener);
    });
  }

  tell(message: ToMediaWorker): void {
    this.child.send(message);
  }

  async request(message: WithoutId<MediaWorkerRequest>): Promise<Answer | Refusal> {
    const requestId = ++this.#requests;
    this.child.send({ ...message, requestId });
    return this.waitFor(
      (reply): reply is Answer | Refusal => reply.op === 'answer' && reply.requestId === requestId,
    );
  }

  /** @throws Error where the worker refuses. */
  async demand(message: WithoutId<MediaWorkerRequest>): Promise<Answer> {
    const reply = await this.request(message);
    if (!reply.ok) throw new Error(`${message.op} refused: ${reply.error.code} ${reply.error.message}`);
    return reply;
  }

  /** Ends the worker as the server does. @returns its exit code. */
  async stop(): Promise<number | null> {
    this.tell({ op: 'stop' });
    const { code } = await this.exited;
    this.removeAllListeners();
    return code;
  }
}
