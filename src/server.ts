/**
 * The composition root: every part of a server, made, joined and closed in one place.
 *
 * Cascade of `close()`: the listeners first (no new connections; clients hear 1001 and leave their rooms), then the rooms that
 * are left with their test networks, the media workers (asked, then made to end), the relay, and mediasoup's workers.
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
import { PlainRoutes } from './http/plainRoutes.ts';
import { type Readiness, Routes } from './http/routes.ts';
import { StaticFiles } from './http/staticFiles.ts';
import { type Logger, createLogger } from './observe/logger.ts';
import { Metrics, type Readings } from './observe/metrics.ts';
import { NetworkEmulator } from './emulation/emulator.ts';
import { checkCertificate } from './reach/certificate.ts';
import type { IceServers } from './reach/iceServers.ts';
import type { CaCertificate } from './reach/localCa.ts';
import { ProbeTransports } from './reach/probeTransports.ts';
import { type Reach, iceServersOf, openRelay, readReach } from './reach/reach.ts';
import type { TurnRelay } from './reach/turnRelay.ts';
import { reachableOrigins } from './reach/urls.ts';
import { RoomKeys } from './rooms/roomKeys.ts';
import { RoomRegistry } from './rooms/roomRegistry.ts';
import { ClientSession } from './session/clientSession.ts';
import { MediaWorkerPool } from './sfu/mediaWorkerPool.ts';
import { ROUTER_CODECS } from './sfu/routerCodecs.ts';
import { WorkerPool } from './sfu/workerPool.ts';
import { type Clock, systemClock } from './time/clock.ts';

const CONNECT_PATH = '/connect';
/** RFC 6455 section 7.4.1: what browsers send where a page is closed. */
const GOING_AWAY_CODE = 1001;

interface Parts {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly workers: WorkerPool;
  readonly mediaWorkers: MediaWorkerPool;
  readonly registry: RoomRegistry;
  readonly attempts: KeyedTokenBuckets;
  readonly routes: Routes;
  readonly reach: Reach;
  /** Null: no relay of our own. */
  readonly relay: TurnRelay | null;
  readonly iceServers: IceServers;
  readonly probes: ProbeTransports;
  readonly emulator: NetworkEmulator;
}

export class Server {
  readonly #config: Config;
  readonly #parts: Parts;
  readonly #routerRtpCapabilities: RtpCapabilities;
  readonly creationToken: string;
  #listener: Listener | null = null;
  /** The plain one beside https. */
  #httpListener: Listener | null = null;
  #closing: Promise<void> | null = null;

  private constructor(config: Config, parts: Parts, creationToken: string) {
    this.#config = config;
    this.#parts = parts;
    this.creationToken = creationToken;
    const capabilities = mediasoup.ortc.generateRouterRtpCapabilities(ROUTER_CODECS);
    this.#routerRtpCapabilities = v.parse(RtpCapabilities, JSON.parse(JSON.stringify(capabilities)));
  }

  /**
   * @throws ConfigError, CertificateError, CoturnError, NotSetUpError, ListenError, or what a media process says that does not
   * start; nothing runs then
   */
  static async start(config: Config): Promise<Server> {
    const logger = createLogger(config.log.level);
    const clock = systemClock;
    const built = builtPaths();
    const dataDir = config.dataDir ?? defaultDataDir(process.env);
    const secret = loadServerSecret(dataDir);
    const creationToken = config.rooms.creationToken ?? deriveCreationToken(secret);
    const keys = new RoomKeys(secret, randomBytes);
    const files = new StaticFiles(built.webDir);
    const reach = await readReach(config, dataDir, Date.now(), logger);
    const { relay, workers, mediaWorkers } = await startProcesses(
      config,
      reach,
      built.workerBin,
      logger,
      clock,
    );
    const attempts = new KeyedTokenBuckets(config.rooms.attemptBurst, config.rooms.attemptsPerMinute / 60);
    const { emulation } = config.media;
    const emulator = new NetworkEmulator({
      listen: reach.media,
      max: emulation.mode === 'on' ? emulation.max : 0,
      firstPort: config.media.firstPort === 0 ? 0 : config.media.firstPort + workersOf(config),
      logger,
    });
    const registry = new RoomRegistry({
      keys,
      maxRooms: config.rooms.maxRooms,
      limits: config.rooms,
      mediaLimits: config.media,
      workers,
      mediaWorkers,
      emulator,
      clock,
      epochMs: () => Date.now(),
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
        codecs: mediaWorkers.codecs,
      }),
      readiness: () => readiness(workers, mediaWorkers),
      metrics: new Metrics(() => readingsOf(registry)),
      ca: reach.tls?.ca ?? null,
    });
    const iceServers = iceServersOf(config, reach, relay, () => randomBytes(6).toString('base64url'));
    const probes = new ProbeTransports({ workers, clock });
    const server = new Server(
      config,
      {
        logger,
        clock,
        workers,
        mediaWorkers,
        registry,
        attempts,
        routes,
        reach,
        relay,
        iceServers,
        probes,
        emulator,
      },
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
  get address(): Listener['address'] {
    const address = this.#listener?.address;
    if (address === undefined) throw new Error('the server does not listen');
    return address;
  }

  /** Where the plain HTTP port beside https is; null: there is none. */
  get httpPort(): number | null {
    return this.#httpListener?.address.port ?? null;
  }

  /** Addresses that a person can open, as `https://host:port`; the one to show first is first. */
  get origins(): readonly string[] {
    return reachableOrigins(this.address, this.#parts.reach.machine, this.#config.listen.publicHost);
  }

  /** The local CA, for devices to trust; null: there is none. */
  get ca(): CaCertificate | null {
    return this.#parts.reach.tls?.ca ?? null;
  }

  get registry(): RoomRegistry {
    return this.#parts.registry;
  }

  /** Process ids, for whoever wants to see what happens when one is killed. */
  get pids(): {
    readonly mediasoup: readonly number[];
    readonly media: readonly number[];
    readonly relay: readonly number[];
  } {
    const { workers, mediaWorkers, relay } = this.#parts;
    const relayPid = relay?.pid ?? null;
    return {
      mediasoup: workers.workerPids,
      media: mediaWorkers.pids,
      relay: relayPid === null ? [] : [relayPid],
    };
  }

  /**
   * Reads the certificate's files again, for connections from now on.
   * @returns false where the listener cannot: a restart is needed
   * @throws CertificateError, ListenError where they cannot be used; the old certificate stays
   */
  reloadCertificate(): boolean {
    const { reach, relay } = this.#parts;
    if (reach.tls === null) return true;
    checkCertificate(reach.tls.files, Date.now());
    relay?.reloadCertificate();
    return this.#listener?.reloadTls() ?? false;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { registry, mediaWorkers, workers, relay, probes, emulator, logger } = this.#parts;
    await Promise.all([this.#listener?.close(), this.#httpListener?.close()]);
    probes.close();
    registry.close('the server is closing');
    emulator.close();
    await Promise.all([mediaWorkers.close(), relay?.close()]);
    workers.close();
    logger.info({}, 'server closed');
  }

  async #listen(): Promise<void> {
    const { logger, routes, reach } = this.#parts;
    const { host, port, httpPort, implementation, ...limits } = this.#config.listen;
    const common = {
      host,
      limits: {
        maxConnections: limits.maxConnections,
        maxConnectionsPerAddress: limits.maxConnectionsPerAddress,
        maxBufferedBytes: limits.maxBufferedBytes,
        // One WebSocket message carries at least one frame.
        maxMessageBytes: maxRecordBytes({ ...CCP1_LIMITS, maxFrameBytes: limits.maxFrameBytes }),
        idleTimeoutMs: limits.idleTimeoutMs,
      },
      onError: (error: unknown, context: string) =>
        logger.error({ error: String(error), context }, 'listener'),
    };
    this.#listener = await createListener(implementation, {
      ...common,
      port,
      ...(reach.tls === null ? {} : { tls: reach.tls.files }),
      onRequest: (request) => routes.handle(request),
      onUpgrade: (request) => this.#upgrade(request),
    });
    logger.info({ ...this.#listener.address, implementation }, 'listening');
    if (reach.tls === null || httpPort === undefined) return;
    const plain = new PlainRoutes({ ca: reach.tls.ca, httpsPort: this.#listener.address.port });
    this.#httpListener = await createListener(implementation, {
      ...common,
      port: httpPort,
      onRequest: (request) => plain.handle(request),
      onUpgrade: () => {
        throw new ProtocolError('NotFound', 'connections are made over https');
      },
    });
    logger.info({ ...this.#httpListener.address, implementation }, 'listening for plain http');
  }

  #upgrade(request: UpgradeRequest): UpgradeDecision {
    if (request.path !== CONNECT_PATH) {
      throw new ProtocolError('NotFound', `connections are made at ${CONNECT_PATH}`);
    }
    this.#parts.routes.checkOrigin(request);
    return { accept: true, open: (connection) => this.#open(connection, request.headers.get('host')) };
  }

  /** @param host the Host header with which the client came */
  #open(socket: Connection, host: string | undefined): void {
    const { registry, attempts, clock, logger, iceServers, probes, emulator } = this.#parts;
    const session = new ClientSession({
      sessionId: randomBytes(9).toString('base64url'),
      registry,
      routerRtpCapabilities: this.#routerRtpCapabilities,
      iceServers: () => iceServers.issue(Date.now(), host),
      emulation: emulator.enabled,
      openProbes: () => probes.forConnection(),
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
    socket.on('close', ({ code, reason, by, error }) =>
      connection.socketClosed(
        error?.code ?? `${code} ${reason}`.trim(),
        by === 'peer' && code === GOING_AWAY_CODE,
      ),
    );
  }
}

function workersOf({ media }: Config): number {
  return media.workers ?? availableParallelism();
}

/** The child processes: all of them, or none and an error. */
async function startProcesses(
  config: Config,
  reach: Reach,
  workerBin: string,
  logger: Logger,
  clock: Clock,
): Promise<Pick<Parts, 'relay' | 'workers' | 'mediaWorkers'>> {
  const relay = await openRelay(config, reach, logger, clock);
  let workers: WorkerPool | null = null;
  try {
    workers = await WorkerPool.start({
      workers: workersOf(config),
      workerBin,
      listen: reach.media,
      exposeInternalIp: relay !== null,
      firstPort: config.media.firstPort,
      logger,
      clock,
    });
    const mediaWorkers = await MediaWorkerPool.start({
      processes: config.media.mediaWorkers ?? Math.max(1, Math.floor(availableParallelism() / 2)),
      codecThreads: config.media.codecThreads ?? availableParallelism(),
      softwareH264: config.media.h264 === 'on',
      hardware: config.media.hardware,
      logger,
      clock,
    });
    return { relay, workers, mediaWorkers };
  } catch (error) {
    workers?.close();
    await relay?.close();
    throw error;
  }
}

function readingsOf(registry: RoomRegistry): Readings {
  const { rooms } = registry;
  return {
    rooms: rooms.length,
    participants: rooms.reduce((sum, { participants }) => sum + participants.length, 0),
    ways: rooms.flatMap(({ callId: call, bandwidth }) => bandwidth.ways.map((way) => ({ call, ...way }))),
    encodes: rooms.flatMap(({ callId: call, bandwidth }) =>
      bandwidth.encodes.map((one) => ({ call, ...one })),
    ),
    stalls: rooms.flatMap(({ callId: call, stalls }) => stalls.map((one) => ({ call, ...one }))),
  };
}

function readiness(workers: WorkerPool, mediaWorkers: MediaWorkerPool): Readiness {
  const missing = [
    ...(workers.startedWorkers === 0 ? ['no mediasoup worker runs'] : []),
    ...(mediaWorkers.enabled && mediaWorkers.startedProcesses === 0 ? ['no media worker runs'] : []),
  ];
  return { mediasoupWorkers: workers.startedWorkers, mediaWorkers: mediaWorkers.startedProcesses, missing };
}
