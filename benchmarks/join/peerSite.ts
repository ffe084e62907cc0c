/** Serves the peer-to-peer page (test/page/peer.ts), and passes on what its two sides say to each other. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { bundlePageScript } from '../../test/harness/bundle.ts';

export interface PeerSite {
  readonly url: string;
  close(): Promise<void>;
}

/** Who calls, and who waits to be called. */
export type PeerRole = 'caller' | 'callee';

/** @returns what the other side is told instead; null: nothing */
export type PassOn = (message: string, from: PeerRole) => Promise<string | null>;

/** @param passOn default: everything as it is */
export async function servePeers(passOn: PassOn = (message) => Promise.resolve(message)): Promise<PeerSite> {
  const script = await bundlePageScript('peer.ts');
  const html = `<!doctype html><title>peer to peer</title><button id="call">Call</button><video id="remote" autoplay playsinline muted></video><script>${script}</script>`;
  const http = createServer((request, response) => {
    if (request.url === '/favicon.ico') {
      response.writeHead(204).end();
      return;
    }
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(html);
  });
  const sockets = new WebSocketServer({ server: http });
  sockets.on('connection', (socket, request) => {
    const from: PeerRole = request.url === '/caller' ? 'caller' : 'callee';
    // One message after the other: a candidate must not overtake its description.
    let passed: Promise<unknown> = Promise.resolve();
    socket.on('message', (data: Buffer) => {
      passed = passed.then(async () => {
        const message = await passOn(data.toString('utf8'), from);
        if (message === null) return;
        for (const other of sockets.clients) if (other !== socket) other.send(message);
      });
    });
  });
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve);
  });
  const { port } = http.address() as AddressInfo;
  return {
    url: `http://localhost:${port}/`,
    close: async () => {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      await new Promise<void>((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      });
    },
  };
}
