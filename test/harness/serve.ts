/** A web server for one test page: browsers give cameras only to pages from a secure origin, as loopback HTTP is. */
import { once } from 'node:events';
import { createServer } from 'node:http';

export interface ServedPage {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves one HTML page at `/` of a port that the system chooses, on 127.0.0.1. */
export async function servePage(html: string): Promise<ServedPage> {
  const server = createServer((request, response) => {
    if (request.url === '/') {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(html);
    } else {
      // No icon, so that the browser does not log a failed request.
      response.writeHead(204).end();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  let closing: Promise<void> | undefined;
  return {
    url: `http://127.0.0.1:${port}/`,
    close(): Promise<void> {
      closing ??= new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      return closing;
    },
  };
}
