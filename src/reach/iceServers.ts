/**
 * The relays that a client is told of, with credentials that end with their time: TURN REST API
 * (draft-uberti-behave-turn-rest-00: the user name begins with the second at which it ends, the password is its HMAC).
 *
 * What will surprise you: our own relay is named by the host by which the client reached this server, since that is the one
 * address of which is known that it leads here; only where that is `localhost` is it replaced by an address.
 */
import { createHmac } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { IceServer } from '../../signaling/messages/media.ts';
import { isLoopback } from './mediaAddresses.ts';

export interface OwnRelay {
  readonly secret: string;
  readonly port: number;
  /** Null: it has no TLS. */
  readonly tlsPort: number | null;
  /** Null: the host by which the client came. */
  readonly host: string | null;
  /** Addresses on which it listens. */
  readonly listen: readonly string[];
}

export interface ExternalRelay {
  readonly urls: readonly string[];
  readonly secret?: string | undefined;
  readonly username?: string | undefined;
  readonly credential?: string | undefined;
}

export interface IceServersOptions {
  /** Null: we run none. */
  readonly own: OwnRelay | null;
  readonly external: readonly ExternalRelay[];
  readonly credentialSeconds: number;
  /** For user names, so that quotas count each connection alone. */
  readonly randomId: () => string;
}

/** Of a URL there may be 255 characters. */
const MAX_HOST_LENGTH = 200;

export class IceServers {
  readonly #options: IceServersOptions;

  constructor(options: IceServersOptions) {
    this.#options = options;
  }

  /**
   * @param nowMs milliseconds since 1970
   * @param hostHeader the Host header with which the client came; undefined: it sent none
   */
  issue(nowMs: number, hostHeader: string | undefined): readonly IceServer[] {
    const { own, external, credentialSeconds, randomId } = this.#options;
    const username = `${Math.floor(nowMs / 1000) + credentialSeconds}:${randomId()}`;
    const servers = external.map((server): IceServer => {
      const urls = [...server.urls];
      if (server.secret !== undefined) {
        return { urls, username, credential: turnPassword(server.secret, username) };
      }
      return {
        urls,
        ...(server.username === undefined ? {} : { username: server.username }),
        ...(server.credential === undefined ? {} : { credential: server.credential }),
      };
    });
    if (own === null) return servers;
    const host = own.host ?? hostFor(hostHeader, own.listen);
    const name = isIPv6(host) ? `[${host}]` : host;
    const urls = [
      `turn:${name}:${own.port}?transport=udp`,
      `turn:${name}:${own.port}?transport=tcp`,
      ...(own.tlsPort === null ? [] : [`turns:${name}:${own.tlsPort}?transport=tcp`]),
    ];
    return [{ urls, username, credential: turnPassword(own.secret, username) }, ...servers];
  }
}

/** The password that goes with a user name. */
export function turnPassword(secret: string, username: string): string {
  return createHmac('sha1', secret).update(username).digest('base64');
}

function hostFor(hostHeader: string | undefined, listen: readonly string[]): string {
  const fallback = listen.find(isLoopback) ?? listen[0] ?? '127.0.0.1';
  if (hostHeader === undefined || hostHeader.length > MAX_HOST_LENGTH) return fallback;
  if (!URL.canParse(`http://${hostHeader}`)) return fallback;
  const { hostname } = new URL(`http://${hostHeader}`);
  // Which family `localhost` means is each client's own choice, and media may have only one of them.
  if (hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '') return fallback;
  return hostname.replace(/^\[(.*)\]$/, '$1');
}
