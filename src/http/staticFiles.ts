/**
 * The page's files, read into memory once: they are few and small. A file is found by its exact name, so no path that a
 * stranger sends ever reaches the file system.
 */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { HttpRequest, HttpResponse } from '../../signaling/listener/types.ts';

interface StaticFile {
  readonly contentType: string;
  readonly etag: string;
  readonly immutable: boolean;
  readonly body: Uint8Array;
  /** By the name of the content coding (RFC 9110 section 8.4.1). */
  readonly encoded: ReadonlyMap<'br' | 'gzip', Uint8Array>;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.map': 'application/json',
  '.woff2': 'font/woff2',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
  '.ico': 'image/x-icon',
  '.wasm': 'application/wasm',
};

const CODINGS = [
  { suffix: '.br', coding: 'br' },
  { suffix: '.gz', coding: 'gzip' },
] as const;

/** A link to a room must not leave with a referrer, and nothing but this server's own files may run on the page. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // Before frame-ancestors was everywhere.
  'x-frame-options': 'DENY',
  'permissions-policy':
    'camera=(self), microphone=(self), display-capture=(self), speaker-selection=(self), fullscreen=(self), ' +
    'picture-in-picture=(self), screen-wake-lock=(self), clipboard-write=(self), autoplay=(self), ' +
    'geolocation=(), payment=(), usb=(), serial=(), hid=(), midi=()',
  'content-security-policy':
    // Picture effects are WebAssembly, and may run in workers that are made from text.
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; style-src 'self'; " +
    "img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; " +
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
};

export class StaticFiles {
  readonly #files = new Map<string, StaticFile>();

  /** @param folder the web bundle; every file in it is served */
  constructor(folder: string) {
    for (const name of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!name.isFile() || CODINGS.some(({ suffix }) => name.name.endsWith(suffix))) continue;
      const file = path.join(name.parentPath, name.name);
      const urlPath = `/${path.relative(folder, file).split(path.sep).join('/')}`;
      const body = readFileSync(file);
      this.#files.set(urlPath, {
        contentType: CONTENT_TYPES[path.extname(file)] ?? 'application/octet-stream',
        etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
        // Names under assets/ carry a hash of the content.
        immutable: urlPath.startsWith('/assets/'),
        body,
        encoded: new Map(
          CODINGS.flatMap(({ suffix, coding }) => {
            const bytes = readIfThere(`${file}${suffix}`);
            return bytes === null ? [] : [[coding, bytes] as const];
          }),
        ),
      });
    }
  }

  /** @returns null where there is no such file */
  serve(request: Pick<HttpRequest, 'headers'>, urlPath: string): HttpResponse | null {
    const file = this.#files.get(urlPath);
    if (file === undefined) return null;
    const headers = {
      ...SECURITY_HEADERS,
      etag: file.etag,
      vary: 'accept-encoding',
      'cache-control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    };
    if (request.headers.get('if-none-match') === file.etag) return { status: 304, headers };
    const accepted = acceptedCodings(request.headers.get('accept-encoding') ?? '');
    const coding = CODINGS.find((one) => accepted.has(one.coding) && file.encoded.has(one.coding))?.coding;
    const body = coding === undefined ? undefined : file.encoded.get(coding);
    return {
      status: 200,
      headers: {
        ...headers,
        'content-type': file.contentType,
        ...(coding === undefined ? {} : { 'content-encoding': coding }),
      },
      body: body ?? file.body,
    };
  }
}

/** Codings with a weight above zero (RFC 9110 section 12.5.3). */
function acceptedCodings(header: string): ReadonlySet<string> {
  return new Set(
    header.split(',').flatMap((item) => {
      const [coding = '', ...parameters] = item
        .trim()
        .toLowerCase()
        .split(/\s*;\s*/);
      return parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter)) ? [] : [coding];
    }),
  );
}

function readIfThere(file: string): Uint8Array | null {
  try {
    return readFileSync(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
