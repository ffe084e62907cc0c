/** Ports and addresses of this machine for a test that must know them before anything listens. */
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below where the system takes ports for outgoing connections from, so that a port stays free while its server restarts. */
const LOWEST = 20_000;
const HIGHEST = 32_000;
const ATTEMPTS = 50;

export class NoPortError extends Error {
  readonly code = 'NO_PORT';
  override readonly name = 'NoPortError';
}

/**
 * @param count how many ports in a row
 * @returns the first of them; all were free on 127.0.0.1, for UDP and TCP, a moment ago
 * @throws NoPortError where none was found
 */
export async function freePorts(count: number): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const first = randomInt(LOWEST, HIGHEST - count);
    let free = true;
    for (let port = first; free && port < first + count; port += 1) free = await isFree(port);
    if (free) return first;
  }
  throw new NoPortError(`no ${count} free ports between ${LOWEST} and ${HIGHEST}`);
}

/**
 * Settings of a server whose ports are known beforehand: what `ParticipantNetwork` and a restart need.
 * @param workers mediasoup workers, each of which has a port of its own
 */
export async function knownPorts(workers = 1): Promise<{
  readonly listen: { readonly port: number };
  readonly media: { readonly firstPort: number; readonly workers: number };
}> {
  const first = await freePorts(1 + workers);
  return { listen: { port: first }, media: { firstPort: first + 1, workers } };
}

async function isFree(port: number): Promise<boolean> {
  const tcp = createServer();
  const udp = createSocket('udp4');
  try {
    tcp.listen(port, '127.0.0.1');
    await once(tcp, 'listening');
    udp.bind(port, '127.0.0.1');
    await once(udp, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    tcp.close();
    udp.close();
  }
}
