/**
 * The relay that this server runs: finds coturn, chooses its ports, keeps it running.
 *
 * States: starting → running ⇄ waiting (it died, and is started again after a pause) → closed. Ports and secret stay the same
 * over restarts of coturn, so that credentials that were given out stay good. `close()` ends a start that is under way, too.
 */
import { randomBytes } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import type { Logger } from '../observe/logger.ts';
import type { Clock } from '../time/clock.ts';
import type { CertificateFiles } from './certificate.ts';
import { type CoturnBinaries, CoturnError, CoturnProcess } from './coturnProcess.ts';
import { chooseFreePort } from './ports.ts';
import { type RelayAddresses, coturnConfig, isWildcard } from './turnConfig.ts';

export interface TurnRelayOptions {
  readonly binaries: CoturnBinaries;
  readonly addresses: RelayAddresses;
  /** Undefined: the usual one, or another where that is taken. */
  readonly port: number | undefined;
  readonly tlsPort: number | undefined;
  /** Null: without TLS. */
  readonly certificate: CertificateFiles | null;
  readonly relaysPerUser: number;
  readonly maxRelays: number;
  readonly maxRelayBps: number;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** RFC 8656 section 3.1. */
const USUAL_PORT = 3478;
const USUAL_TLS_PORT = 5349;
const FIRST_RESTART_MS = 500;
const LONGEST_RESTART_MS = 30_000;
/** Who ran this long did not die of its configuration: the pauses begin anew. */
const STEADY_MS = 60_000;

export class TurnRelay {
  readonly port: number;
  /** Null: it has no TLS. */
  readonly tlsPort: number | null;
  readonly secret: string = randomBytes(24).toString('hex');
  readonly #options: TurnRelayOptions;
  #process: CoturnProcess;
  #startedAtMs = 0;
  #pauseMs = FIRST_RESTART_MS;
  #cancelRestart: () => void = () => undefined;
  #closing: Promise<void> | null = null;

  private constructor(options: TurnRelayOptions, port: number, tlsPort: number | null) {
    this.#options = options;
    this.port = port;
    this.tlsPort = tlsPort;
    this.#process = this.#newProcess();
  }

  /** @throws CoturnError where a port is taken or coturn does not start; nothing runs then */
  static async start(options: TurnRelayOptions): Promise<TurnRelay> {
    const { addresses, certificate } = options;
    const port = await choosePort(addresses.listen, options.port, USUAL_PORT);
    const tlsPort =
      certificate === null ? null : await choosePort(addresses.listen, options.tlsPort, USUAL_TLS_PORT);
    const relay = new TurnRelay(options, port, tlsPort);
    try {
      await relay.#run();
    } catch (error) {
      await relay.close();
      throw error;
    }
    return relay;
  }

  get isRunning(): boolean {
    return this.#process.state === 'started';
  }

  get pid(): number | null {
    return this.#process.pid;
  }

  reloadCertificate(): void {
    this.#process.reloadCertificate();
  }

  close(): Promise<void> {
    this.#cancelRestart();
    this.#closing ??= this.#process.close();
    return this.#closing;
  }

  #newProcess(): CoturnProcess {
    const { binaries, addresses, certificate, logger, clock, ...limits } = this.#options;
    const [host = '127.0.0.1'] = addresses.listen;
    return new CoturnProcess({
      binaries,
      logger,
      clock,
      probe: { host: isWildcard(host) ? '127.0.0.1' : host, port: this.port },
      configure: (folder) =>
        coturnConfig({
          ...limits,
          addresses,
          folder,
          port: this.port,
          secret: this.secret,
          tls:
            certificate === null || this.tlsPort === null
              ? null
              : {
                  port: this.tlsPort,
                  certPath: path.resolve(certificate.certPath),
                  keyPath: path.resolve(certificate.keyPath),
                },
        }),
    });
  }

  async #run(): Promise<void> {
    await this.#process.start();
    this.#startedAtMs = this.#options.clock.nowMs();
    this.#process.once('died', () => this.#restartLater());
  }

  #restartLater(): void {
    if (this.#closing !== null) return;
    const { clock, logger } = this.#options;
    if (clock.nowMs() - this.#startedAtMs > STEADY_MS) this.#pauseMs = FIRST_RESTART_MS;
    this.#cancelRestart = clock.after(this.#pauseMs, () => {
      this.#process = this.#newProcess();
      this.#run().catch((error: unknown) => {
        if (this.#closing !== null) return;
        logger.error({ error: String(error) }, 'coturn was not restarted');
        this.#restartLater();
      });
    });
    this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_RESTART_MS);
  }
}

/** @returns null where coturn or `setpriv` is not installed */
export function findCoturn(searchPath: string): CoturnBinaries | null {
  const turnserver = findProgram('turnserver', searchPath);
  const setpriv = findProgram('setpriv', searchPath);
  return turnserver === null || setpriv === null ? null : { turnserver, setpriv };
}

function findProgram(name: string, searchPath: string): string | null {
  for (const folder of searchPath.split(path.delimiter)) {
    if (!path.isAbsolute(folder)) continue;
    const candidate = path.join(folder, name);
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // Not here: the next one.
    }
  }
  return null;
}

async function choosePort(
  addresses: readonly string[],
  wanted: number | undefined,
  usual: number,
): Promise<number> {
  const port = await chooseFreePort(addresses, wanted ?? usual, wanted !== undefined);
  if (port === null) throw new CoturnError(`port ${wanted ?? usual} for TURN is in use`);
  return port;
}
