/**
 * One run of coturn (`turnserver`), supervised.
 *
 * States: idle → starting → started → stopping → stopped. `close()` is the planned end: SIGTERM, then SIGKILL, and no `died`. A
 * process that does not answer STUN in time, or ends by itself, is stopped and emits `died` once; the owner makes a new one.
 *
 * What will surprise you:
 * - It is run through `setpriv`, which asks the kernel to kill it when this process ends however that happens
 *   (prctl PR_SET_PDEATHSIG), and becomes it: the process id is coturn's own.
 * - Its configuration holds a secret: the file is in a private folder, and removed as soon as coturn has read it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Logger } from '../observe/logger.ts';
import type { Clock } from '../time/clock.ts';
import { type StunProbe, probeStun } from './stunProbe.ts';

/** coturn did not start, or cannot be used. */
export class CoturnError extends Error {
  readonly code = 'COTURN_FAILED';
  override readonly name = 'CoturnError';
}

export interface CoturnBinaries {
  readonly turnserver: string;
  readonly setpriv: string;
}

export interface CoturnProcessOptions {
  readonly binaries: CoturnBinaries;
  /** The text of its configuration, given the folder in which it may write. */
  readonly configure: (folder: string) => string;
  /** Where it answers when it is ready. */
  readonly probe: { readonly host: string; readonly port: number };
  readonly logger: Logger;
  readonly clock: Clock;
}

export interface CoturnEvents {
  /** Ended without being asked to. */
  died: [{ readonly reason: string }];
}

/** It needs some 100 ms; a loaded machine gets time. */
const START_TIMEOUT_MS = 5000;
const TERM_GRACE_MS = 1500;

export class CoturnProcess extends EventEmitter<CoturnEvents> {
  readonly #options: CoturnProcessOptions;
  #state: 'idle' | 'starting' | 'started' | 'stopping' | 'stopped' = 'idle';
  #child: ChildProcess | null = null;
  #folder: string | null = null;
  #probe: StunProbe | null = null;
  #goneReason = 'stopped';
  #closing: Promise<void> | null = null;

  constructor(options: CoturnProcessOptions) {
    super();
    this.#options = options;
  }

  get state(): string {
    return this.#state;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** @throws CoturnError when it ends before it answers, or does not answer in time */
  async start(): Promise<void> {
    if (this.#state !== 'idle') throw new CoturnError(`cannot start from state ${this.#state}`);
    this.#state = 'starting';
    const { binaries, configure, probe, clock, logger } = this.#options;
    const folder = mkdtempSync(path.join(tmpdir(), 'commucat-turn-'));
    this.#folder = folder;
    const configFile = path.join(folder, 'turnserver.conf');
    writeFileSync(configFile, configure(folder), { mode: 0o600 });
    const child = spawn(
      binaries.setpriv,
      ['--pdeathsig', 'KILL', '--no-new-privs', binaries.turnserver, '-c', configFile],
      { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env['PATH'] ?? '' } },
    );
    this.#child = child;
    for (const output of [child.stdout, child.stderr]) {
      createInterface({ input: output }).on('line', (line) => {
        if (/\bERROR\b/.test(line)) logger.warn({ turnPid: this.pid, line }, 'coturn');
        else logger.debug({ turnPid: this.pid, line }, 'coturn');
      });
    }
    child.once('exit', (code, signal) => this.#onGone(`exited with ${signal ?? `code ${String(code)}`}`));
    child.once('error', (error) => this.#onGone(`cannot run: ${error.message}`));
    this.#probe = probeStun({ ...probe, timeoutMs: START_TIMEOUT_MS, clock });
    const answered = await this.#probe.answered;
    rmSync(configFile, { force: true });
    if (this.#isStarting()) {
      if (answered) {
        this.#state = 'started';
        logger.info({ turnPid: this.pid, port: probe.port }, 'coturn started');
        return;
      }
      child.kill('SIGKILL');
      this.#onGone(`no answer within ${START_TIMEOUT_MS} ms`);
    }
    throw new CoturnError(`coturn did not start: ${this.#goneReason}`);
  }

  /** Reads the certificate's files again. */
  reloadCertificate(): void {
    if (this.#state === 'started') this.#child?.kill('SIGUSR2');
  }

  /** Asks it to end, then makes it; resolves when it is gone. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#stop();
    return this.#closing;
  }

  async #stop(): Promise<void> {
    const child = this.#child;
    const isRunning = this.#state === 'starting' || this.#state === 'started';
    this.#state = isRunning ? 'stopping' : 'stopped';
    this.#probe?.close();
    if (child !== null && isRunning && child.pid !== undefined) {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      const cancelKill = this.#options.clock.after(TERM_GRACE_MS, () => child.kill('SIGKILL'));
      await gone;
      cancelKill();
      this.#state = 'stopped';
    }
    this.#removeFolder();
  }

  #isStarting(): boolean {
    return this.#state === 'starting';
  }

  #onGone(reason: string): void {
    if (this.#state === 'stopping' || this.#state === 'stopped') return;
    const wasStarted = this.#state === 'started';
    this.#state = 'stopped';
    this.#goneReason = reason;
    this.#probe?.close();
    this.#removeFolder();
    if (!wasStarted) return;
    this.#options.logger.error({ turnPid: this.pid, reason }, 'coturn died');
    this.emit('died', { reason });
  }

  #removeFolder(): void {
    if (this.#folder !== null) rmSync(this.#folder, { recursive: true, force: true });
    this.#folder = null;
  }
}
