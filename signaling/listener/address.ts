/** IP addresses as text, the same whichever listener they come from. */

const V4_MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/**
 * An address from its bytes: dotted for 4 bytes and for IPv4 inside IPv6 (RFC 4291 section 2.5.5.2), else as RFC 5952
 * writes it. Empty for any other number of bytes.
 */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) return '';
  const isMapped =
    bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  if (isMapped) return bytes.subarray(12).join('.');
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
  const groups = Array.from({ length: 8 }, (_, index) => view.getUint16(2 * index));
  const { start, length } = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let run = { start: 0, length: 0 };
  for (const [index, group] of groups.entries()) {
    run =
      group === 0
        ? { start: run.length === 0 ? index : run.start, length: run.length + 1 }
        : { start: 0, length: 0 };
    if (run.length > best.length) best = run;
  }
  return best;
}

/** An address as the system prints it, without the zone and with IPv4 inside IPv6 in dotted form. */
export function normaliseAddress(text: string): string {
  const bare = text.replace(/%.*$/, '');
  return V4_MAPPED.exec(bare)?.[1] ?? bare;
}

/**
 * What counts as one client where connections per address are limited: an IPv4 address, or the first 64 bits of an IPv6
 * address, since one subscriber commonly owns all the rest.
 * @param address as {@link formatAddress} or {@link normaliseAddress} gives it
 */
export function clientKey(address: string): string {
  if (!address.includes(':')) return address;
  const [left = '', right = ''] = address.split('::');
  const front = left === '' ? [] : left.split(':');
  const back = right === '' ? [] : right.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => '0');
  return [...front, ...zeros, ...back].slice(0, 4).join(':') + '::/64';
}
