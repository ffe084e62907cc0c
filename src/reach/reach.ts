/**
 * How this server is reached, from its configuration: addresses for media, TLS, the relay. Everything that can be wrong about
 * these is found here, before anything listens.
 */
import { hostname, networkInterfaces } from 'node:os';
import { ConfigError } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import type { Logger } from '../observe/logger.ts';
import type { Clock } from '../time/clock.ts';
import { IceServers } from './iceServers.ts';
import { type MediaAddress, announceMedia, bindable, machineAddresses } from './mediaAddresses.ts';
import { startTurn } from './startTurn.ts';
import { type Tls, setUpTls } from './tls.ts';
import { relayAddresses } from './turnConfig.ts';
import type { TurnRelay } from './turnRelay.ts';

export interface Reach {
  /** Every address of this machine, loopback last. */
  readonly machine: readonly string[];
  /** Where media listens. */
  readonly media: readonly MediaAddress[];
  /** Null: plain HTTP. */
  readonly tls: Tls | null;
}

/**
 * @param nowMs milliseconds since 1970
 * @throws ConfigError, CertificateError
 */
export async function readReach(
  config: Config,
  dataDir: string,
  nowMs: number,
  logger: Logger,
): Promise<Reach> {
  const { listen, media } = config;
  if (listen.tls === 'off' && listen.httpPort !== undefined) {
    throw new ConfigError(
      'listen.httpPort: a port that leads to https needs https (--https, or --cert and --key)',
    );
  }
  const machine = machineAddresses(networkInterfaces());
  const addresses = media.listen ?? (await bindable(machine)).map((ip) => ({ ip }));
  return {
    machine,
    media: announceMedia(addresses, media.announce),
    tls: setUpTls(listen, { hostName: hostname(), addresses: machine }, dataDir, nowMs, logger),
  };
}

/** @throws CoturnError where the configuration insists on a relay and it does not run */
export function openRelay(
  config: Config,
  reach: Reach,
  logger: Logger,
  clock: Clock,
): Promise<TurnRelay | null> {
  const { turn } = config.media;
  return startTurn(turn.mode, process.env['PATH'] ?? '', {
    addresses: relayAddresses(reach.media, reach.machine),
    port: turn.port,
    tlsPort: turn.tlsPort,
    certificate: reach.tls?.files ?? null,
    relaysPerUser: turn.relaysPerConnection,
    maxRelays: turn.maxRelays,
    maxRelayBps: turn.maxRelayBps,
    logger,
    clock,
  });
}

/** What clients are told of our relay and of those that others run. */
export function iceServersOf(
  { media: { turn } }: Config,
  reach: Reach,
  relay: TurnRelay | null,
  randomId: () => string,
): IceServers {
  return new IceServers({
    own:
      relay === null
        ? null
        : {
            secret: relay.secret,
            port: relay.port,
            tlsPort: relay.tlsPort,
            host: turn.host ?? null,
            listen: relayAddresses(reach.media, reach.machine).listen,
          },
    external: turn.servers,
    credentialSeconds: turn.credentialSeconds,
    randomId,
  });
}
