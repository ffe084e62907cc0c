/**
 * An access link on a thread of its own, so that the load of a test or bench does not make packets late; it comes before other threads
 * where the system allows that (as root). Closed by its owner; it ends with the process in any case.
 *
 * What will surprise you: orders take effect a moment later, when the thread reads them.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { LinkConfigError } from '../link.ts';
import type { AccessLinkControl, AccessLinkOptions, AccessLinkReport, LinkPair } from './accessLink.ts';
import type { FromAccessLink, Refusal, ToAccessLink } from './accessLinkMessages.ts';

/** The thread ended, by `close()` or by itself, while something was asked of it. */
export class AccessLinkClosedError extends Error {
  readonly code = 'ACCESS_LINK_CLOSED';
  override readonly name = 'AccessLinkClosedError';
}

interface Waiting {
  readonly resolve: (answer: FromAccessLink) => void;
  readonly reject: (error: Error) => void;
}

export class AccessLinkThread implements AccessLinkControl {
  readonly #worker = new Worker(new URL('./accessLinkMain.ts', import.meta.url));
  readonly #waiting = new Map<number, Waiting>();
  #lastRequest = 0;
  #ended = false;
  readonly #onDied: () => void;
  #closing: Promise<void> | undefined;
  #ports: readonly number[] = [];

  private constructor(onDied: () => void) {
    this.#onDied = onDied;
    this.#worker.on('message', (answer: FromAccessLink) => {
      const waiting = this.#waiting.get(answer.requestId);
      this.#waiting.delete(answer.requestId);
      if (answer.op === 'refused') waiting?.reject(errorOf(answer.error));
      else waiting?.resolve(answer);
    });
    this.#worker.on('error', (error: unknown) => {
      this.#end(error instanceof Error ? error : new Error(String(error)));
    });
    this.#worker.on('exit', () => this.#end(new AccessLinkClosedError('the access link is closed')));
  }

  /**
   * @param onDied the thread ended though nobody closed it: nothing passes any more
   * @throws LinkConfigError; the system's error where a port is taken
   */
  static async open(
    options: AccessLinkOptions,
    onDied: () => void = () => undefined,
  ): Promise<AccessLinkThread> {
    const thread = new AccessLinkThread(onDied);
    try {
      const answer = await thread.#ask((requestId) => ({ op: 'open', requestId, options }));
      if (answer.op === 'opened') thread.#ports = answer.ports;
    } catch (error) {
      await thread.close();
      throw error;
    }
    return thread;
  }

  get ports(): readonly number[] {
    return this.#ports;
  }

  setCut(cut: boolean): void {
    this.#tell({ op: 'set-cut', cut });
  }

  rebind(sourceAddress: string): void {
    this.#tell({ op: 'rebind', sourceAddress });
  }

  abandon(sourceAddress: string): void {
    this.#tell({ op: 'abandon', sourceAddress });
  }

  /** @throws AccessLinkClosedError, LinkConfigError */
  async setLinks(links: LinkPair | null): Promise<number> {
    const answer = await this.#ask((requestId) => ({ op: 'set-links', requestId, links }));
    return answer.op === 'links-set' ? answer.startedAtMs : NaN;
  }

  /** @throws AccessLinkClosedError */
  async report(): Promise<AccessLinkReport> {
    const answer = await this.#ask((requestId) => ({ op: 'report', requestId }));
    if (answer.op !== 'reported') throw new AccessLinkClosedError(`answered ${answer.op} to a report`);
    return answer.report;
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      if (this.#ended) return;
      const exited = once(this.#worker, 'exit');
      this.#tell({ op: 'close' });
      await exited;
    })();
    return this.#closing;
  }

  #tell(message: ToAccessLink): void {
    this.#worker.postMessage(message);
  }

  #ask(request: (requestId: number) => ToAccessLink): Promise<FromAccessLink> {
    if (this.#ended || this.#closing !== undefined) {
      return Promise.reject(new AccessLinkClosedError('the access link is closed'));
    }
    const requestId = (this.#lastRequest += 1);
    return new Promise((resolve, reject) => {
      this.#waiting.set(requestId, { resolve, reject });
      this.#tell(request(requestId));
    });
  }

  #end(error: Error): void {
    const died = !this.#ended && this.#closing === undefined && this.#ports.length > 0;
    this.#ended = true;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    if (died) this.#onDied();
  }
}

function errorOf({ code, message }: Refusal): Error {
  const configError = new LinkConfigError(message);
  return code === configError.code ? configError : Object.assign(new Error(message), { code });
}
