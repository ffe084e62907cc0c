/**
 * What a local CA may vouch for: names and addresses of private networks, and those of this server. As an X.509 extension
 * (RFC 5280 section 4.2.1.10), so that a CA key that is stolen from this machine cannot sign for a bank.
 *
 * What will surprise you: a permitted `lan` covers `cat.lan` and everything below; an address is permitted as a range, its
 * bytes followed by those of the mask; and a CA permits a kind of name either by list or, where it has none of that kind,
 * entirely, so both kinds are always listed.
 */
import { isIP } from 'node:net';
import { type Bytes, children, element, sequence } from './der.ts';

/** Names that the public DNS does not have (RFC 6761, RFC 6762, RFC 8375, and the common ones of home routers). */
const PRIVATE_NAMES: readonly string[] = [
  'localhost',
  'local',
  'lan',
  'home',
  'internal',
  'home.arpa',
  'localdomain',
];
/** RFC 1918, RFC 6598, loopback, link-local; RFC 4193 and their IPv6 counterparts. */
const PRIVATE_RANGES: readonly string[] = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  'fc00::/7',
  '::1/128',
  'fe80::/10',
];

export interface Permitted {
  /** DNS names, each with everything below it. */
  readonly names: readonly string[];
  /** Ranges as ADDRESS/BITS. */
  readonly ranges: readonly string[];
}

/** Private names and ranges, and each of these hosts alone. */
export function permittedFor(hosts: readonly string[]): Permitted {
  const own = (permitted: Permitted): readonly string[] =>
    hosts.filter((host) => !isPermitted(permitted, host));
  const basic = { names: PRIVATE_NAMES, ranges: PRIVATE_RANGES };
  const more = own(basic);
  return {
    names: [...PRIVATE_NAMES, ...more.filter((host) => isIP(host) === 0)],
    ranges: [
      ...PRIVATE_RANGES,
      ...more.filter((host) => isIP(host) !== 0).map((ip) => `${ip}/${isIP(ip) === 4 ? 32 : 128}`),
    ],
  };
}

/** @param host a DNS name or an IP address */
export function isPermitted({ names, ranges }: Permitted, host: string): boolean {
  if (isIP(host) === 0) {
    const name = host.toLowerCase();
    return names.some((one) => name === one || name.endsWith(`.${one}`));
  }
  const address = addressBytes(host);
  return ranges.some((range) => {
    const { bytes, mask } = parseRange(range);
    return (
      bytes.length === address.length &&
      bytes.every((byte, index) => byte === ((address[index] ?? 0) & (mask[index] ?? 0)))
    );
  });
}

/** The extension's value in DER. */
export function encodeNameConstraints({ names, ranges }: Permitted): Bytes {
  // GeneralSubtree ::= SEQUENCE { base GeneralName, minimum DEFAULT 0 }; dNSName is [2], iPAddress [7].
  const subtrees = [
    ...names.map((name) => sequence(element(0x82, new TextEncoder().encode(name)))),
    ...ranges.map((range) => {
      const { bytes, mask } = parseRange(range);
      return sequence(element(0x87, Uint8Array.of(...bytes, ...mask)));
    }),
  ];
  // NameConstraints ::= SEQUENCE { permittedSubtrees [0] }
  return sequence(element(0xa0, ...subtrees));
}

/** The counterpart of {@link encodeNameConstraints}, for what that wrote. Other bytes permit nothing. */
export function decodeNameConstraints(value: Uint8Array): Permitted {
  const bases = children(value)
    .flatMap(({ body }) => children(body))
    .filter(({ tag }) => tag === 0xa0)
    .flatMap(({ body }) => children(body))
    .flatMap(({ body }) => children(body));
  return {
    names: bases.filter(({ tag }) => tag === 0x82).map(({ body }) => new TextDecoder().decode(body)),
    ranges: bases.filter(({ tag }) => tag === 0x87).map(({ body }) => formatRange(body)),
  };
}

function parseRange(range: string): { readonly bytes: readonly number[]; readonly mask: readonly number[] } {
  const [address = '', bits = '0'] = range.split('/');
  const all = addressBytes(address);
  const mask = all.map((_, index) => (0xff00 >> Math.min(8, Math.max(0, Number(bits) - 8 * index))) & 0xff);
  return { bytes: all.map((byte, index) => byte & (mask[index] ?? 0)), mask };
}

function formatRange(body: Uint8Array): string {
  const half = body.length / 2;
  const bits = [...body.subarray(half)].reduce(
    (sum, byte) => sum + byte.toString(2).replaceAll('0', '').length,
    0,
  );
  const bytes = [...body.subarray(0, half)];
  const address =
    half === 4
      ? bytes.join('.')
      : Array.from({ length: 8 }, (_, index) =>
          (((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0)).toString(16),
        ).join(':');
  return `${address}/${bits}`;
}

/** @returns 4 or 16 bytes, in network order */
export function addressBytes(address: string): readonly number[] {
  if (isIP(address) === 4) return address.split('.').map(Number);
  // The URL parser writes an IPv4 tail as two groups.
  const text = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [left = '', right] = text.split('::');
  const groups = (part: string): readonly number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const front = groups(left);
  const back = right === undefined ? [] : groups(right);
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => 0);
  return [...front, ...zeros, ...back].flatMap((group) => [group >> 8, group & 0xff]);
}
