/**
 * Which addresses of this machine carry media, and what clients are told for each.
 *
 * What will surprise you:
 * - Link-local addresses are left out: an ICE candidate cannot name the interface that they need (RFC 8445 section 5.1.1.1
 *   leaves them out for the same reason in most networks).
 * - At most {@link MAX_PER_FAMILY} addresses of each family are taken unasked, in the system's order, since each costs every
 *   client two candidates to try. `media.listen` names others.
 */
import { createSocket } from 'node:dgram';
import { isIP, isIPv6 } from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';
import { ConfigError } from '../config/load.ts';

export interface MediaAddress {
  readonly ip: string;
  /** What clients are told; absent: the same. */
  readonly announcedAddress?: string | undefined;
}

/** As `os.networkInterfaces()` gives them. */
export type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/** A machine with many container networks has more; nobody outside reaches those. */
const MAX_PER_FAMILY = 8;

/** Every address by which this machine can be reached, others first, then loopback; IPv4 before IPv6. */
export function machineAddresses(interfaces: Interfaces): readonly string[] {
  const all = Object.values(interfaces).flatMap((list) => list ?? []);
  const pick = (internal: boolean, family: string): readonly string[] =>
    all
      .filter((one) => one.internal === internal && one.family === family && !isLinkLocal(one.address))
      .map(({ address }) => address)
      .slice(0, MAX_PER_FAMILY);
  return [...pick(false, 'IPv4'), ...pick(false, 'IPv6'), ...pick(true, 'IPv4'), ...pick(true, 'IPv6')];
}

/** Loopback in the sense of RFC 1122 section 3.2.1.3 and RFC 4291 section 2.5.3. */
export function isLoopback(address: string): boolean {
  return address === '::1' || /^127\./.test(address);
}

function isLinkLocal(address: string): boolean {
  return /^(169\.254\.|fe[89ab][0-9a-f]:)/i.test(address);
}

/**
 * Applies `announce` to the one address that it can be meant for.
 * @param addresses where media listens
 * @param announce an address or name before a 1:1 NAT; undefined: none
 * @throws ConfigError where there is no such address, or more than one
 */
export function announceMedia(
  addresses: readonly MediaAddress[],
  announce: string | undefined,
): readonly MediaAddress[] {
  if (announce === undefined) return addresses;
  const wantsIpv6 = isIPv6(announce);
  const behind = addresses.filter(({ ip }) => !isLoopback(ip) && isIPv6(ip) === wantsIpv6);
  if (behind.length !== 1) {
    const found = behind.length === 0 ? 'none' : behind.map(({ ip }) => ip).join(', ');
    throw new ConfigError(
      `media.announce: ${announce} can stand for one address, and media listens on ${found}; ` +
        `say which with --media-ip IP=${announce}`,
    );
  }
  return addresses.map((one) => (one === behind[0] ? { ...one, announcedAddress: announce } : one));
}

/**
 * Those addresses that can be bound now: one that a network manager is still checking for duplicates, or has just dropped,
 * would keep every media process from starting.
 */
export async function bindable(addresses: readonly string[]): Promise<readonly string[]> {
  const checked = await Promise.all(addresses.map(async (ip) => ((await canBind(ip)) ? [ip] : [])));
  return checked.flat();
}

function canBind(ip: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket(isIP(ip) === 6 ? 'udp6' : 'udp4');
    socket.once('error', () => {
      socket.close();
      resolve(false);
    });
    socket.bind({ port: 0, address: ip }, () => {
      socket.close(() => resolve(true));
    });
  });
}
