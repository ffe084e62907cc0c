/** Ports that are free for UDP and TCP on several addresses at once. */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { isIPv6 } from 'node:net';

const ATTEMPTS = 10;

/**
 * @param preferred taken where it is free on all of them
 * @param isRequired whether no other port will do
 * @returns null where none was found
 */
export async function chooseFreePort(
  addresses: readonly string[],
  preferred: number,
  isRequired: boolean,
): Promise<number | null> {
  if (await isFree(addresses, preferred)) return preferred;
  if (isRequired) return null;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = await tryTcp(addresses[0] ?? '127.0.0.1', 0);
    if (port !== null && (await isFree(addresses, port))) return port;
  }
  return null;
}

async function isFree(addresses: readonly string[], port: number): Promise<boolean> {
  for (const address of addresses) {
    if ((await tryTcp(address, port)) === null || !(await tryUdp(address, port))) return false;
  }
  return true;
}

/** @returns the port that was bound for a moment; null where it cannot be */
function tryTcp(host: string, port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : null));
    });
  });
}

function tryUdp(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    socket.once('error', () => {
      socket.close();
      resolve(false);
    });
    socket.bind({ port, address, exclusive: true }, () => {
      socket.close(() => resolve(true));
    });
  });
}
