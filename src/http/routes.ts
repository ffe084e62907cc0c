/** What is served over plain HTTP: the page, health, and the creation of rooms. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { KeyedTokenBuckets, peerKey } from '../../signaling/connection/tokenBucket.ts';
import { ProtocolError } from '../../signaling/errors.ts';
import type { WorkerCodec } from '../../pipelines/ipc.ts';
import type { HttpRequest, HttpResponse, RequestHead } from '../../signaling/listener/types.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { RoomKeys } from '../rooms/roomKeys.ts';
import type { Clock } from '../time/clock.ts';
import type { CaCertificate } from '../reach/localCa.ts';
import { serveCa } from './caFiles.ts';
import type { StaticFiles } from './staticFiles.ts';

export interface Health {
  readonly version: string;
  readonly worker: { readonly variant: string; readonly version: string };
  /** What the media workers can encode and decode, and why not the rest; empty where this server does not transcode. */
  readonly codecs: readonly WorkerCodec[];
}

export interface Readiness {
  readonly mediasoupWorkers: number;
  readonly mediaWorkers: number;
  /** Words for what is missing; empty: ready. */
  readonly missing: readonly string[];
}

export interface RoutesOptions {
  readonly files: StaticFiles;
  readonly keys: RoomKeys;
  readonly creation: 'token' | 'open';
  readonly creationToken: string;
  readonly attempts: KeyedTokenBuckets;
  readonly allowedOrigins: readonly string[];
  readonly clock: Clock;
  readonly health: () => Health;
  readonly readiness: () => Readiness;
  readonly metrics: Metrics;
  /** The local CA, for devices to trust; null: there is none. */
  readonly ca: CaCertificate | null;
}

/** Addresses at which the page itself decides what to show; a room's key is behind #, and never comes here. */
const PAGES: ReadonlySet<string> = new Set(['/', '/call', '/test']);

export class Routes {
  readonly #options: RoutesOptions;

  constructor(options: RoutesOptions) {
    this.#options = options;
  }

  /** @throws ProtocolError NotFound, MethodNotAllowed, Forbidden, Unauthorized, RateLimited */
  handle(request: HttpRequest): HttpResponse | Promise<HttpResponse> {
    switch (request.path) {
      case '/healthz':
        return json(200, { status: 'ok', ...this.#options.health() });
      case '/readyz': {
        const readiness = this.#options.readiness();
        const ready = readiness.missing.length === 0;
        return json(ready ? 200 : 503, { status: ready ? 'ready' : 'not ready', ...readiness });
      }
      case '/metrics':
        return this.#showMetrics(request);
      case '/api/rooms':
        return this.#createRoom(request);
      default:
        return this.#page(request);
    }
  }

  /**
   * Browsers say from which page a request comes; native clients say nothing and are bound by the keys they hold.
   * @throws ProtocolError Forbidden
   */
  checkOrigin(request: RequestHead): void {
    const origin = request.headers.get('origin');
    if (origin === undefined || this.#options.allowedOrigins.includes(origin)) return;
    const host = URL.canParse(origin) ? new URL(origin).host : null;
    if (host === null || host !== request.headers.get('host')) {
      throw new ProtocolError('Forbidden', 'pages of this origin may not connect');
    }
  }

  /** For who has the operator's token: the figures tell who is in calls, and when. */
  async #showMetrics(request: HttpRequest): Promise<HttpResponse> {
    const { metrics } = this.#options;
    if (!this.#tokenIsRight(request)) {
      // Only failures count: a scraper comes every few seconds.
      this.#takeAttempt(request, 'read the metrics');
      throw new ProtocolError('Unauthorized', 'reading the metrics needs the token for creating rooms');
    }
    const headers = { 'content-type': metrics.contentType, 'cache-control': 'no-store' };
    return { status: 200, headers, body: await metrics.render() };
  }

  #createRoom(request: HttpRequest): HttpResponse {
    if (request.method !== 'POST') throw new ProtocolError('MethodNotAllowed', 'rooms are created by POST');
    this.checkOrigin(request);
    const { creation, keys } = this.#options;
    this.#takeAttempt(request, 'create rooms');
    if (creation === 'token' && !this.#tokenIsRight(request)) {
      throw new ProtocolError(
        'Unauthorized',
        'creating a room needs the token that the server printed at its start',
      );
    }
    const key = keys.create();
    return json(201, { room: key, path: `/call#${key}` });
  }

  /** @throws ProtocolError RateLimited */
  #takeAttempt({ remoteAddress }: HttpRequest, what: string): void {
    const { attempts, clock } = this.#options;
    if (attempts.take(peerKey(remoteAddress), clock.nowMs())) return;
    throw new ProtocolError('RateLimited', `too many attempts to ${what}`);
  }

  #tokenIsRight(request: HttpRequest): boolean {
    const token = /^Bearer (.+)$/.exec(request.headers.get('authorization') ?? '')?.[1] ?? '';
    const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
    return timingSafeEqual(digest(token), digest(this.#options.creationToken));
  }

  #page(request: HttpRequest): HttpResponse {
    const { files, ca } = this.#options;
    const name = PAGES.has(request.path) ? '/index.html' : request.path;
    const response = files.serve(request, name) ?? serveCa(request.path, ca);
    if (response === null) throw new ProtocolError('NotFound', 'no such page');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw new ProtocolError('MethodNotAllowed', 'pages are read by GET');
    }
    return response;
  }
}

function json(status: number, body: unknown): HttpResponse {
  return {
    status,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    },
    body: JSON.stringify(body),
  };
}
