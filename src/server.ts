/**
 * The composition root: every part of a server, made, joined and closed in one place.
 *
 * Cascade of `close()`: the listener first (no new connections; clients hear 1001 and leave their rooms), then the rooms that
 * are left, the media workers (asked, then made to end), and mediasoup's workers.
 */
import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import * as mediasoup from 'mediasoup';
import * as v from 'valibot';
import packageJson from '../package.json' with { type: 'json' };
import { builtPaths } from '../native/paths.ts';
import { ServerConnection } from '../signaling/connection/serverConnection.ts';
import { KeyedTokenBuckets, peerKey } from '../signaling/connection/tokenBucket.ts';
import { createListener } from '../signaling/listener/index.ts';
import { CCP1_LIMITS, maxRecordBytes } from '../signaling/frames/index.ts';
import type { Connection, Listener, UpgradeDecision, UpgradeRequest } from '../signaling/listener/types.ts';
import { RtpCapabilities } from '../signaling/messages/media.ts';
import { ProtocolError } from '../signaling/errors.ts';
import type { Config } from './config/schema.ts';
import { defaultDataDir, deriveCreationToken, loadServerSecret } from './config/secret.ts';
import { type Readiness, Routes } from './http/routes.ts';
import { StaticFiles } from './http/staticFiles.ts';
import { type Logger, createLogger } from './observe/logger.ts';
import { RoomKeys } from './rooms/roomKeys.ts';
import { RoomRegistry } from './rooms/roomRegistry.ts';
import { ClientSession } from './session/clientSession.ts';
import { MediaWorkerPool } from './sfu/mediaWorkerPool.ts';
import { ROUTER_CODECS } from './sfu/routerCodecs.ts';
import { WorkerPool, defaultListenAddresses } from './sfu/workerPool.ts';
import { type Clock, systemClock } from './time/clock.ts';

const CONNECT_PATH = '/connect';

interface Parts {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly workers: WorkerPool;
  readonly mediaWorkers: MediaWorkerPool;
  readonly registry: RoomRegistry;
  readonly attempts: KeyedTokenBuckets;
  readonly routes: Routes;
}

export class Server {
  readonly #config: Config;
  readonly #parts: Parts;
  readonly #routerRtpCapabilities: RtpCapabilities;
  readonly creationToken: string;
  #listener: Listener | null = null;
  #closing: Promise<void> | null = null;

  private constructor(config: Config, parts: Parts, creationToken: string) {
    this.#config = config;
    this.#parts = parts;
    this.creationToken = creationToken;
    const capabilities = mediasoup.ortc.generateRouterRtpCapabilities(ROUTER_CODECS);
    this.#routerRtpCapabilities = v.parse(RtpCapabilities, JSON.parse(JSON.stringify(capabilities)));
  }

  /**
   * @throws ConfigError, NotSetUpError, ListenError, or what a media process says that does not start; nothing runs then
   */
  static async start(config: Config): Promise<Server> {
    const logger = createLogger(config.log.level);
    const clock = systemClock;
    const built = builtPaths();
    const secret = loadServerSecret(config.dataDir ?? defaultDataDir(process.env));
    const creationToken = config.rooms.creationToken ?? deriveCreationToken(secret);
    const keys = new RoomKeys(secret, randomBytes);
    const files = new StaticFiles(built.webDir);
    const workers = await WorkerPool.start({
      workers: config.media.workers ?? availableParallelism(),
      workerBin: built.workerBin,
      listen: config.media.listen ?? defaultListenAddresses(),
      firstPort: config.media.firstPort,
      logger,
      clock,
    });
    let mediaWorkers: MediaWorkerPool;
    try {
      mediaWorkers = await MediaWorkerPool.start({
        processes: config.media.mediaWorkers ?? Math.max(1, Math.floor(availableParallelism() / 2)),
        codecThreads: config.media.codecThreads ?? availableParallelism(),
        logger,
        clock,
      });
    } catch (error) {
      workers.close();
      throw error;
    }
    const attempts = new KeyedTokenBuckets(config.rooms.attemptBurst, config.rooms.attemptsPerMinute / 60);
    const registry = new RoomRegistry({
      keys,
      maxRooms: config.rooms.maxRooms,
      limits: config.rooms,
      mediaLimits: config.media,
      workers,
      mediaWorkers,
      clock,
      logger,
      randomId: () => randomBytes(9).toString('base64url'),
      // 0 is no SSRC that one can tell from "none".
      randomSsrc: () => (randomBytes(4).readUInt32BE() || 1) >>> 0,
    });
    const routes = new Routes({
      files,
      keys,
      creation: config.rooms.creation,
      creationToken,
      attempts,
      allowedOrigins: config.listen.allowedOrigins,
      clock,
      health: () => ({
        version: packageJson.version,
        worker: { variant: built.workerVariant, version: mediasoup.version },
      }),
      readiness: () => readiness(workers, mediaWorkers),
    });
    const server = new Server(
      config,
      { logger, clock, workers, mediaWorkers, registry, attempts, routes },
      creationToken,
    );
    try {
      await server.#listen();
    } catch (error) {
      await server.close();
      throw error;
    }
    return server;
  }

  /** Where it listens; the port is the real one where the system chose. */
  get address(): { readonly host: string; readonly port: number } {
    const address = this.#listener?.address;
    if (address === undefined) throw new Error('the server does not listen');
    return address;
  }

  get registry(): RoomRegistry {
    return this.#parts.registry;
  }

  /** Process ids, for whoever wants to see what happens when one is killed. */
  get pids(): { readonly mediasoup: readonly number[]; readonly media: readonly number[] } {
    return { mediasoup: this.#parts.workers.workerPids, media: this.#parts.mediaWorkers.pids };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { registry, mediaWorkers, workers, logger } = this.#parts;
    await this.#listener?.close();
    registry.close('the server is closing');
    await mediaWorkers.close();
    workers.close();
    logger.info({}, 'server closed');
  }

  async #listen(): Promise<void> {
    const { logger, routes } = this.#parts;
    const { host, port, implementation, ...limits } = this.#config.listen;
    this.#listener = await createListener(implementation, {
      host,
      port,
      limits: {
        maxConnections: limits.maxConnections,
        maxConnectionsPerAddress: limits.maxConnectionsPerAddress,
        maxBufferedBytes: limits.maxBufferedBytes,
        // One WebSocket message carries at least one frame.
        maxMessageBytes: maxRecordBytes({ ...CCP1_LIMITS, maxFrameBytes: limits.maxFrameBytes }),
        idleTimeoutMs: limits.idleTimeoutMs,
      },
      onRequest: (request) => routes.handle(request),
      onUpgrade: (request) => this.#upgrade(request),
      onError: (error, context) => logger.error({ error: String(error), context }, 'listener'),
    });
    logger.info({ ...this.#listener.address, implementation }, 'listening');
  }

  #upgrade(request: UpgradeRequest): UpgradeDecision {
    if (request.path !== CONNECT_PATH) {
      throw new ProtocolError('NotFound', `connections are made at ${CONNECT_PATH}`);
    }
    this.#parts.routes.checkOrigin(request);
    return { accept: true, open: (connection) => this.#open(connection) };
  }

  #open(socket: Connection): void {
    const { registry, attempts, clock, logger } = this.#parts;
    const session = new ClientSession({
      sessionId: randomBytes(9).toString('base64url'),
      registry,
      routerRtpCapabilities: this.#routerRtpCapabilities,
      attempts,
      peer: peerKey(socket.remoteAddress),
      clock,
      logger,
    });
    const connection = new ServerConnection({
      socket,
      handler: session,
      nowMs: () => clock.nowMs(),
      maxFrameBytes: this.#config.listen.maxFrameBytes,
      requestBurst: this.#config.rooms.requestBurst,
      requestsPerSecond: this.#config.rooms.requestsPerSecond,
    });
    session.attach(connection);
    socket.on('message', (bytes) => connection.receive(bytes));
    socket.on('close', ({ code, reason, error }) =>
      connection.socketClosed(error?.code ?? `${code} ${reason}`.trim()),
    );
  }
}

function readiness(workers: WorkerPool, mediaWorkers: MediaWorkerPool): Readiness {
  const missing = [
    ...(workers.startedWorkers === 0 ? ['no mediasoup worker runs'] : []),
    ...(mediaWorkers.enabled && mediaWorkers.startedProcesses === 0 ? ['no media worker runs'] : []),
  ];
  return { mediasoupWorkers: workers.startedWorkers, mediaWorkers: mediaWorkers.startedProcesses, missing };
}
