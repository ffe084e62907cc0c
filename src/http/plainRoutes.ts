/**
 * The plain HTTP port beside https: the local CA's certificate, so that a phone can fetch it before it trusts anything, health,
 * and the way to https for everything else. No connection is made here and no secret is shown.
 */
import { ProtocolError } from '../../signaling/errors.ts';
import type { HttpRequest, HttpResponse } from '../../signaling/listener/types.ts';
import type { CaCertificate } from '../reach/localCa.ts';
import { serveCa } from './caFiles.ts';

export interface PlainRoutesOptions {
  readonly ca: CaCertificate | null;
  readonly httpsPort: number;
}

export class PlainRoutes {
  readonly #options: PlainRoutesOptions;

  constructor(options: PlainRoutesOptions) {
    this.#options = options;
  }

  /** @throws ProtocolError BadRequest where the client does not say which host it wants */
  handle(request: HttpRequest): HttpResponse {
    const { ca, httpsPort } = this.#options;
    if (request.path === '/healthz') {
      return { status: 200, headers: { 'content-type': 'application/json' }, body: '{"status":"ok"}' };
    }
    const file = serveCa(request.path, ca);
    if (file !== null) return file;
    const host = request.headers.get('host') ?? '';
    if (host === '' || !URL.canParse(`http://${host}`)) throw new ProtocolError('BadRequest', 'no host');
    // As the URL parser writes it: what a stranger put into the header does not get into ours unchecked.
    const { hostname } = new URL(`http://${host}`);
    const port = httpsPort === 443 ? '' : `:${httpsPort}`;
    const query = request.query === '' ? '' : `?${request.query}`;
    return {
      status: 308,
      headers: {
        location: `https://${hostname}${port}${request.path}${query}`,
        'referrer-policy': 'no-referrer',
      },
    };
  }
}
