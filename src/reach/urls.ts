/** The addresses that a person can open, for what the server prints at its start. Pure. */
import { isIPv6 } from 'node:net';
import { isLoopback } from './mediaAddresses.ts';
import { isWildcard } from './turnConfig.ts';

export interface Listening {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

/**
 * @param machine every address of this machine
 * @param publicHost what the operator says that people use
 * @returns at least one origin, without a slash at the end; the one to show first is first
 */
export function reachableOrigins(
  { host, port, tls }: Listening,
  machine: readonly string[],
  publicHost: string | undefined,
): readonly string[] {
  const own =
    host === '0.0.0.0'
      ? ['localhost', ...machine.filter((ip) => !isIPv6(ip) && !isLoopback(ip))]
      : isWildcard(host)
        ? ['localhost', ...machine.filter((ip) => !isLoopback(ip))]
        : [isLoopback(host) ? 'localhost' : host];
  const hosts = new Set([...(publicHost === undefined ? [] : [publicHost]), ...own]);
  const scheme = tls ? 'https' : 'http';
  const isDefaultPort = port === (tls ? 443 : 80);
  return [...hosts].map(
    (one) => `${scheme}://${isIPv6(one) ? `[${one}]` : one}${isDefaultPort ? '' : `:${port}`}`,
  );
}
