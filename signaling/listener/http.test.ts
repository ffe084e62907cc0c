import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../errors.ts';
import { ask, describeRequest, KINDS, RawClient, withListener } from './testing/harness.ts';
import type { Answer } from './testing/harness.ts';

const parsed = (answer: Answer): unknown => JSON.parse(answer.body.toString());
const problemOf = (text: string): unknown => JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4));
const CRLF = '\r\n';

describe.each(KINDS)('HTTP on %s', (kind) => {
  it('hands over path, query, headers and address as they came', () =>
    withListener(kind, {}, async ({ listener }) => {
      const answer = await ask(listener, {
        path: '/a/../%2e%2E/b%2f%00?x=1%20&y=%zz',
        headers: { 'X-Echo': 'Some Text', Cookie: ['a=1', 'b=2'], Accept: ['one', 'two'] },
      });
      expect(answer.status).toBe(200);
      expect(parsed(answer)).toMatchObject({
        method: 'GET',
        path: '/a/../%2e%2E/b%2f%00',
        query: 'x=1%20&y=%zz',
        remoteAddress: '127.0.0.1',
        headers: { 'x-echo': 'Some Text', cookie: 'a=1; b=2', accept: 'one, two' },
        body: '',
      });
    }));

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('hands over the body of a %s', (method) =>
    withListener(kind, {}, async ({ listener }) => {
      const body = Uint8Array.from({ length: 200_000 }, (_, index) => index * 7);
      const answer = await ask(listener, { method, body, path: '/' });
      expect(parsed(answer)).toMatchObject({ method, query: '', body: Buffer.from(body).toString('hex') });
    }),
  );

  it('takes a chunked body, and several requests on one connection', () =>
    withListener(kind, {}, async ({ listener }) => {
      const client = new RawClient(listener);
      const chunks = ['5', 'hello', '1', '!', '0', '', ''].join(CRLF);
      client.write(`POST /1 HTTP/1.1${CRLF}Host: a${CRLF}Transfer-Encoding: chunked${CRLF}${CRLF}${chunks}`);
      await client.until(/68656c6c6f21/);
      client.write(`OPTIONS /2 HTTP/1.1${CRLF}Host: a${CRLF}${CRLF}`);
      await client.until(/"path":"\/2"/);
      await client.destroy();
    }));

  it('answers HEAD with the length and without the body', () =>
    withListener(kind, {}, async ({ listener }) => {
      const client = new RawClient(listener);
      const request = (method: string): string =>
        `${method} / HTTP/1.1${CRLF}Host: a${CRLF}Connection: close${CRLF}${CRLF}`;
      client.write(request('HEAD'));
      const received = await client.ended();
      expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      expect(received).toMatch(/content-length: [1-9]\d+\r\n/i);
      expect(received.endsWith('\r\n\r\n')).toBe(true);
    }));

  it('sends headers and bytes as given, also many of them', () => {
    const file = Uint8Array.from({ length: 8 * 1024 * 1024 }, (_, index) => (index >> 8) ^ index);
    const headers = { 'content-type': 'video/x', 'set-cookie': ['a=1', 'b=2'] };
    return withListener(
      kind,
      { onRequest: () => ({ status: 201, headers, body: file }) },
      async ({ listener }) => {
        const answer = await ask(listener, { path: '/' });
        expect(answer.status).toBe(201);
        expect(answer.headers).toMatchObject({ ...headers, 'content-length': String(file.length) });
        expect(answer.body.equals(file)).toBe(true);
      },
    );
  });

  it('sends no body and no length with 204', () =>
    withListener(kind, { onRequest: () => ({ status: 204 }) }, async ({ listener }) => {
      const answer = await ask(listener, { path: '/' });
      expect(answer.status).toBe(204);
      expect(answer.headers['content-length']).toBeUndefined();
      expect(answer.body).toHaveLength(0);
    }));

  it('answers a ProtocolError as its problem document', () =>
    withListener(
      kind,
      {
        onRequest: ({ path }) => {
          throw new ProtocolError('NotFound', `nothing at ${path}`);
        },
      },
      async ({ listener, errors }) => {
        const answer = await ask(listener, { path: '/x' });
        expect(answer.status).toBe(404);
        expect(answer.headers['content-type']).toBe('application/problem+json');
        expect(parsed(answer)).toEqual(new ProtocolError('NotFound', 'nothing at /x').toProblem());
        expect(errors).toEqual([]);
      },
    ));

  it('answers a bug in the handler with 500 and none of its words, and reports it', () =>
    withListener(
      kind,
      { onRequest: () => Promise.reject(new Error('the password is 1234')) },
      async ({ listener, errors }) => {
        const answer = await ask(listener, { path: '/x?token=secret' });
        expect(answer.status).toBe(500);
        expect(parsed(answer)).toEqual(new ProtocolError('Internal').toProblem());
        expect(errors).toMatchObject([{ context: 'GET /x', error: { message: 'the password is 1234' } }]);
      },
    ));

  it.each([
    ['a line break in a value', { 'x-a': 'b\r\nset-cookie: c=d' }],
    ['a space in a name', { 'x a': 'b' }],
    ['a length of its own', { 'Content-Length': '3' }],
  ])('refuses a response with %s', (_, headers) =>
    withListener(kind, { onRequest: () => ({ status: 200, headers }) }, async ({ listener, errors }) => {
      const answer = await ask(listener, { path: '/' });
      expect(answer.status).toBe(500);
      expect(answer.headers['set-cookie']).toBeUndefined();
      expect(errors).toHaveLength(1);
    }),
  );

  it('answers 413 to a body over the limit, whole or announced', () =>
    withListener(kind, { limits: { maxBodyBytes: 1000 } }, async ({ listener }) => {
      const largest = await ask(listener, { method: 'POST', path: '/', body: new Uint8Array(1000) });
      expect(largest.status).toBe(200);
      for (const length of [1001, 500_000]) {
        const answer = await ask(listener, { method: 'POST', path: '/', body: new Uint8Array(length) });
        expect(answer.status).toBe(413);
        expect(parsed(answer)).toMatchObject({ code: 'BodyTooLarge' });
      }
      const announced = new RawClient(listener);
      announced.write(`POST / HTTP/1.1${CRLF}Host: a${CRLF}Content-Length: 999999999${CRLF}${CRLF}x`);
      const received = await announced.ended();
      expect(received).toMatch(/^HTTP\/1\.1 413 /);
      expect(problemOf(received)).toMatchObject({ code: 'BodyTooLarge' });
    }));

  it('stops reading a chunked body that has no end', () =>
    withListener(kind, { limits: { maxBodyBytes: 1000 } }, async ({ listener }) => {
      const client = new RawClient(listener);
      client.write(`POST / HTTP/1.1${CRLF}Host: a${CRLF}Transfer-Encoding: chunked${CRLF}${CRLF}`);
      const chunk = `10000${CRLF}${'x'.repeat(0x10000)}${CRLF}`;
      const hasEnded = client.ended();
      let sent = 0;
      while (!client.socket.closed && sent < 100) {
        sent += 1;
        const isWritten = new Promise((resolve) => client.socket.write(chunk, resolve));
        await Promise.race([isWritten, hasEnded]);
      }
      await hasEnded;
      // 1 MiB is dropped before the connection is cut; the kernel's buffers hold some more.
      expect(sent).toBeLessThan(100);
    }));

  it('answers 408 to a body that does not come', () =>
    withListener(kind, { limits: { bodyTimeoutMs: 60 } }, async ({ listener }) => {
      const client = new RawClient(listener);
      client.write(`POST / HTTP/1.1${CRLF}Host: a${CRLF}Content-Length: 10${CRLF}${CRLF}12345`);
      const received = await client.ended();
      expect(received).toMatch(/^HTTP\/1\.1 408 /);
      expect(problemOf(received)).toMatchObject({ code: 'RequestTimeout' });
    }));

  it('answers 431 to too many or too long headers', () =>
    withListener(kind, { limits: { maxHeaderCount: 10, maxHeaderBytes: 2000 } }, async ({ listener }) => {
      const lines = (count: number, length: number): string =>
        Array.from({ length: count }, (_, index) => `X${index}: ${'v'.repeat(length)}${CRLF}`).join('');
      const send = async (headers: string): Promise<string> => {
        const client = new RawClient(listener);
        client.write(`GET / HTTP/1.1${CRLF}Host: a${CRLF}Connection: close${CRLF}${headers}${CRLF}`);
        return client.ended();
      };
      expect(await send(lines(8, 10))).toMatch(/^HTTP\/1\.1 200 /);
      for (const headers of [lines(9, 10), lines(1, 2000), lines(95, 100)]) {
        const received = await send(headers);
        expect(received).toMatch(/^HTTP\/1\.1 431 /);
        expect(problemOf(received)).toMatchObject({ code: 'HeadersTooLarge' });
      }
      // Beyond what the parser below takes, it answers in its own words.
      expect(await send(lines(1, 60_000))).toMatch(/^HTTP\/1\.1 431 /);
    }));

  it.each([
    ['a TLS hello', Buffer.from('16030100c8010000c40303', 'hex')],
    ['binary noise', Buffer.from(Array.from({ length: 3000 }, (_, index) => (index * 167) % 256))],
    ['a negative length', Buffer.from('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n')],
    [
      'two lengths',
      Buffer.from('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n'),
    ],
    ['a target without a slash', Buffer.from('OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')],
  ])('survives %s', (_, bytes) =>
    withListener(kind, {}, async ({ listener, errors }) => {
      const client = new RawClient(listener);
      client.write(bytes);
      // An error answer, or nothing: then the client gives up.
      const received = await client.headOrEnd();
      expect(received).toMatch(/^(HTTP\/1\.1 [45]\d\d |$)/);
      await client.destroy();
      expect((await ask(listener, { path: '/' })).status).toBe(200);
      expect(errors).toEqual([]);
    }),
  );

  it('serves a request that asks for some other upgrade', () =>
    withListener(kind, {}, async ({ listener }) => {
      const client = new RawClient(listener);
      client.write(
        `GET /x HTTP/1.1${CRLF}Host: a${CRLF}Connection: Upgrade${CRLF}Upgrade: h2c${CRLF}${CRLF}`,
      );
      expect(await client.until(/"path":"\/x"/)).toMatch(/^HTTP\/1\.1 200 /);
      await client.destroy();
    }));

  it('lets a client go away in the middle of its body, and while it is answered', () => {
    const started: (() => void)[] = [];
    const finish: (() => void)[] = [];
    return withListener(
      kind,
      {
        onRequest: async (request) => {
          for (const tell of started) tell();
          await new Promise<void>((resolve) => finish.push(resolve));
          return describeRequest(request);
        },
      },
      async ({ listener, errors }) => {
        const inBody = new RawClient(listener);
        inBody.write(`POST / HTTP/1.1${CRLF}Host: a${CRLF}Content-Length: 10${CRLF}${CRLF}12345`);
        const inAnswer = new RawClient(listener);
        const isStarted = new Promise<void>((resolve) => started.push(resolve));
        inAnswer.write(`GET / HTTP/1.1${CRLF}Host: a${CRLF}${CRLF}`);
        await isStarted;
        await inBody.destroy();
        await inAnswer.destroy();
        for (const resolve of finish) resolve();
        const last = ask(listener, { path: '/' });
        const isAsked = new Promise<void>((resolve) => started.push(resolve));
        await isAsked;
        finish.at(-1)?.();
        expect((await last).status).toBe(200);
        expect(errors).toEqual([]);
      },
    );
  });

  it('drops connections over the limit, and takes new ones when others have gone', () =>
    withListener(kind, { limits: { maxHttpSockets: 3 } }, async ({ listener }) => {
      const request = `GET / HTTP/1.1${CRLF}Host: a${CRLF}${CRLF}`;
      const held = Array.from({ length: 3 }, () => new RawClient(listener));
      for (const client of held) {
        client.write(request);
        await client.until(/200 OK/);
      }
      expect(listener.open.httpSockets).toBe(3);
      for (let n = 0; n < 20; n += 1) {
        const extra = new RawClient(listener);
        extra.write(request);
        expect(await extra.ended()).toBe('');
      }
      expect(listener.open.httpSockets).toBe(3);
      await Promise.all(held.map((client) => client.destroy()));
      // The server learns of it a moment after the client.
      let answer = '';
      while (answer === '') {
        const client = new RawClient(listener);
        client.write(request.replace(CRLF, `${CRLF}Connection: close${CRLF}`));
        answer = await client.ended();
      }
      expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    }));

  it('asks for a body that waits for its permission', () =>
    withListener(kind, {}, async ({ listener }) => {
      const client = new RawClient(listener);
      client.write(
        `POST / HTTP/1.1${CRLF}Host: a${CRLF}Content-Length: 2${CRLF}Expect: 100-continue${CRLF}${CRLF}`,
      );
      await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\n/);
      client.write('hi');
      await client.until(/"body":"6869"/);
      await client.destroy();
    }));
});

describe('a head that does not come', () => {
  it('ends the connection on node', () =>
    withListener('node', { limits: { headTimeoutMs: 50 } }, async ({ listener }) => {
      const silent = new RawClient(listener);
      const partial = new RawClient(listener);
      partial.write('GET / HTTP/1.1\r\nHost');
      expect(await partial.ended()).toMatch(/^HTTP\/1\.1 408 /);
      await silent.ended();
    }));

  it('ends the connection on uws, after the 10 seconds built in, also where it trickles', () =>
    withListener('uws', {}, async ({ listener }) => {
      const clients = ['', 'GET\r\n\r\n', 'GET / HTTP/1.1\r\nHost', 'GET / HTTP/1.1\r\nX: '].map((start) => {
        const client = new RawClient(listener);
        client.write(start);
        return client;
      });
      const trickle = setInterval(() => clients.at(-1)?.write('x'), 500);
      try {
        for (const client of clients) expect(await client.ended()).toBe('');
      } finally {
        clearInterval(trickle);
      }
    }));
});
