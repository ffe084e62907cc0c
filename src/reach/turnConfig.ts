/**
 * What coturn is told: a relay for this server's own media and nothing else. Pure.
 *
 * What will surprise you:
 * - The relay's far side is always a media address of this machine, so its ports need no hole in a firewall, and the relayed
 *   address need not be announced: it never leaves the machine.
 * - coturn permits peers by address, not by port: other UDP services on the same addresses can be reached through it, too.
 *   Loopback, where most of those are, is permitted only where media has no other address (a server for this machine alone).
 */
import { isIP, isIPv6 } from 'node:net';
import { type MediaAddress, isLoopback } from './mediaAddresses.ts';

export interface RelayAddresses {
  /** Where clients reach the relay. */
  readonly listen: readonly string[];
  /** The relay's own side towards the media, at most one of each family. */
  readonly relay: readonly string[];
  /** All that a client may reach through it. */
  readonly peers: readonly string[];
}

/**
 * @param media where media listens
 * @param machine every address of this machine, for where media listens on a wildcard
 */
export function relayAddresses(media: readonly MediaAddress[], machine: readonly string[]): RelayAddresses {
  const own = [
    ...new Set(
      media.flatMap(({ ip }) =>
        isWildcard(ip) ? machine.filter((one) => isIPv6(one) === isIPv6(ip)) : [ip],
      ),
    ),
  ];
  const outer = own.filter((ip) => !isLoopback(ip));
  const reachable = outer.length > 0 ? outer : own;
  const announced = media.flatMap(({ announcedAddress }) =>
    announcedAddress !== undefined && isIP(announcedAddress) !== 0 ? [announcedAddress] : [],
  );
  return {
    listen: own,
    relay: [4, 6].flatMap((family) => reachable.find((ip) => isIP(ip) === family) ?? []),
    peers: [...new Set([...reachable, ...announced])],
  };
}

/** `0.0.0.0` and `::`: every address of the machine. */
export function isWildcard(ip: string): boolean {
  return ip === '0.0.0.0' || ip === '::';
}

export interface TurnConfig {
  readonly addresses: RelayAddresses;
  /** UDP and TCP. */
  readonly port: number;
  /** Null: without TLS. */
  readonly tls: { readonly port: number; readonly certPath: string; readonly keyPath: string } | null;
  /** What credentials are made with (`use-auth-secret`). */
  readonly secret: string;
  /** Relays at once of one user name. */
  readonly relaysPerUser: number;
  readonly maxRelays: number;
  /** Of one relay, bits per second. */
  readonly maxRelayBps: number;
  /** Where coturn may write. */
  readonly folder: string;
}

/** Enough for several hundred Mbit/s; the media itself has the other cores. */
const RELAY_THREADS = 2;
/** Seconds: a stolen nonce is of no use for longer. */
const NONCE_LIFETIME_S = 600;

/** The text of `turnserver.conf`. It holds the secret. */
export function coturnConfig(config: TurnConfig): string {
  const { addresses, tls, folder } = config;
  const lines = [
    ...addresses.listen.map((ip) => `listening-ip=${ip}`),
    `listening-port=${config.port}`,
    ...addresses.relay.map((ip) => `relay-ip=${ip}`),
    ...(tls === null
      ? ['no-tls']
      : [
          `tls-listening-port=${tls.port}`,
          `cert=${tls.certPath}`,
          `pkey=${tls.keyPath}`,
          'no-tlsv1',
          'no-tlsv1_1',
        ]),
    'no-dtls',
    // Credentials that end with their time: TURN REST API, draft-uberti-behave-turn-rest-00.
    'use-auth-secret',
    `static-auth-secret=${config.secret}`,
    'realm=commucat',
    `stale-nonce=${NONCE_LIFETIME_S}`,
    'fingerprint',
    // Nothing but this server's media.
    'denied-peer-ip=0.0.0.0-255.255.255.255',
    'denied-peer-ip=::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    ...addresses.peers.map((ip) => `allowed-peer-ip=${ip}`),
    ...(addresses.peers.some(isLoopback) ? ['allow-loopback-peers'] : []),
    'no-multicast-peers',
    'no-tcp-relay',
    `user-quota=${config.relaysPerUser}`,
    `total-quota=${config.maxRelays}`,
    // Bytes per second.
    `max-bps=${Math.floor(config.maxRelayBps / 8)}`,
    `relay-threads=${RELAY_THREADS}`,
    // No doors but the relay itself.
    'no-cli',
    'no-rfc5780',
    'no-stun-backward-compatibility',
    'response-origin-only-with-rfc5780',
    'no-software-attribute',
    `userdb=${folder}/users.sqlite`,
    `pidfile=${folder}/pid`,
    'log-file=stdout',
    'simple-log',
  ];
  return `${lines.join('\n')}\n`;
}
