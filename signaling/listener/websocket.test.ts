import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../errors.ts';
import { problemResponse } from './problem.ts';
import {
  ask,
  closeOf,
  connect,
  disconnect,
  KINDS,
  nextMessage,
  RawClient,
  upgradeHead,
  withListener,
} from './testing/harness.ts';
import type { Accepted } from './testing/harness.ts';
import { OVERSIZE_SLACK_BYTES } from './uws.ts';

const pattern = (length: number): Buffer =>
  Buffer.from(Uint8Array.from({ length }, (_, index) => index * 31 + (index >> 8)));
const silent = (accepted: Accepted) => () => ({
  accept: true as const,
  open: accepted.open(() => undefined),
});

describe.each(KINDS)('WebSocket on %s', (kind) => {
  it('echoes binary messages of every size up to the limit, whole or in fragments', () =>
    withListener(kind, { limits: { maxMessageBytes: 100_000 } }, async ({ listener, accepted }) => {
      const client = await connect(listener);
      const sizes = [0, 1, 125, 126, 127, 65_535, 65_536, 100_000];
      for (const size of sizes) {
        client.send(pattern(size));
        expect((await nextMessage(client)).equals(pattern(size))).toBe(true);
      }
      client.send(pattern(10), { fin: false });
      client.send(pattern(20), { fin: true });
      expect((await nextMessage(client)).equals(Buffer.concat([pattern(10), pattern(20)]))).toBe(true);
      // What was handed over is still what it was: copies, not views of a buffer that is used again.
      expect(accepted.messages.map((bytes) => bytes.length)).toEqual([...sizes, 30]);
      expect(accepted.messages.slice(0, -1).every((bytes) => pattern(bytes.length).equals(bytes))).toBe(true);
      await disconnect(client);
    }));

  it('refuses text with 1003', () =>
    withListener(kind, {}, async ({ listener, accepted }) => {
      const client = await connect(listener);
      client.send('text');
      expect(await closeOf(client)).toEqual({ code: 1003, reason: 'BinaryOnly' });
      expect(await accepted.closed(1)).toMatchObject([
        { code: 1003, by: 'server', error: { code: 'BinaryOnly' } },
      ]);
      expect(accepted.messages).toEqual([]);
    }));

  it('refuses a message over the limit with 1009', () =>
    withListener(kind, { limits: { maxMessageBytes: 1000 } }, async ({ listener, accepted }) => {
      const client = await connect(listener);
      client.send(new Uint8Array(1001));
      expect((await closeOf(client)).code).toBe(1009);
      expect(await accepted.closed(1)).toMatchObject([
        { code: 1009, by: 'server', error: { code: 'MessageTooLarge' } },
      ]);
      expect(accepted.messages).toEqual([]);
    }));

  it('cuts off a message that is announced far over the limit, before it comes', () =>
    withListener(kind, { limits: { maxMessageBytes: 1000 } }, async ({ listener, accepted }) => {
      const client = new RawClient(listener);
      client.write(upgradeHead());
      await client.until(/101 Switching/);
      const header = Buffer.from('82ff000000000000000001020304', 'hex');
      header.writeUInt32BE(1000 + OVERSIZE_SLACK_BYTES + 1, 6);
      client.write(header);
      const closes = await accepted.closed(1);
      expect(closes).toMatchObject([{ code: 1009, by: 'server', error: { code: 'MessageTooLarge' } }]);
      await client.destroy();
    }));

  it('refuses a WebSocket with the response of the handler', () =>
    withListener(
      kind,
      {
        onUpgrade: () => () => ({
          accept: false,
          response: problemResponse(new ProtocolError('Forbidden', 'this origin may not')),
        }),
      },
      async ({ listener }) => {
        const client = new RawClient(listener);
        client.write(upgradeHead({ Origin: 'https://evil.example' }));
        const received = await client.ended();
        expect(received).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
        expect(received).toMatch(/content-type: application\/problem\+json/i);
        expect(received).toContain('"code":"Forbidden"');
      },
    ));

  it('refuses a WebSocket where the handler fails, and reports it', () =>
    withListener(
      kind,
      { onUpgrade: () => () => Promise.reject(new Error('broken')) },
      async ({ listener, errors }) => {
        const client = new RawClient(listener);
        client.write(upgradeHead());
        expect(await client.ended()).toMatch(/^HTTP\/1\.1 500 /);
        expect(errors).toMatchObject([{ context: 'GET /ws', error: { message: 'broken' } }]);
      },
    ));

  it.each([
    ['an unknown version', upgradeHead({ 'Sec-WebSocket-Version': '8' }), 400],
    ['a key that is too short', upgradeHead({ 'Sec-WebSocket-Key': 'abc=' }), 400],
    ['a key that is no base64', upgradeHead({ 'Sec-WebSocket-Key': '*'.repeat(24) }), 400],
    ['another method', upgradeHead({ 'Content-Length': '0' }, 'POST /ws HTTP/1.1'), 405],
  ])('refuses an opening handshake with %s', (_, head, status) =>
    withListener(kind, {}, async ({ listener, accepted }) => {
      const client = new RawClient(listener);
      client.write(head);
      const received = await client.ended();
      expect(received).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
      expect(received).toContain('"type":"urn:commucat:error:');
      expect(accepted.connections).toEqual([]);
    }),
  );

  it('hands the request to the handler, and chooses a subprotocol', () => {
    const asked: unknown[] = [];
    return withListener(
      kind,
      {
        onUpgrade: (accepted) => (request) => {
          const { method, path, query, protocols, remoteAddress } = request;
          asked.push({
            method,
            path,
            query,
            protocols,
            remoteAddress,
            origin: request.headers.get('origin'),
          });
          return { accept: true, protocol: 'ccp.1', open: accepted.open(() => undefined) };
        },
      },
      async ({ listener, accepted }) => {
        const options = { origin: 'https://a.example' };
        const client = await connect(listener, '/w%73?room=a%20b', ['other', 'ccp.1'], options);
        expect(client.protocol).toBe('ccp.1');
        const protocols = ['other', 'ccp.1'];
        const path = '/w%73';
        expect(asked).toEqual([
          {
            method: 'GET',
            path,
            query: 'room=a%20b',
            protocols,
            remoteAddress: '127.0.0.1',
            origin: options.origin,
          },
        ]);
        expect(accepted.connections).toMatchObject([{ protocol: 'ccp.1', remoteAddress: '127.0.0.1' }]);
        await disconnect(client);
      },
    );
  });

  it('waits for a decision that takes time, and forgets a client that leaves meanwhile', () => {
    const decide: (() => void)[] = [];
    const asked: (() => void)[] = [];
    return withListener(
      kind,
      {
        limits: { maxConnections: 2 },
        onUpgrade: (accepted) => async () => {
          await new Promise<void>((resolve) => {
            decide.push(resolve);
            asked.shift()?.();
          });
          return { accept: true, open: accepted.open(() => undefined) };
        },
      },
      async ({ listener, accepted }) => {
        const isAsked = (): Promise<void> => new Promise((resolve) => asked.push(resolve));
        for (let n = 0; n < 3; n += 1) {
          const leaver = new RawClient(listener);
          const wasAsked = isAsked();
          leaver.write(upgradeHead());
          await wasAsked;
          await leaver.destroy();
          // A round trip later the server has seen it go.
          await ask(listener, { path: '/' });
          decide.at(-1)?.();
        }
        const wasAsked = isAsked();
        const stayer = connect(listener);
        await wasAsked;
        decide.at(-1)?.();
        await disconnect(await stayer);
        expect(accepted.connections.length).toBeLessThanOrEqual(4);
        await accepted.closed(accepted.connections.length);
      },
    );
  });

  it('tells how the peer closed', () =>
    withListener(kind, {}, async ({ listener, accepted }) => {
      const withCode = await connect(listener);
      withCode.close(4001, 'bye');
      await accepted.closed(1);
      const withoutCode = await connect(listener);
      withoutCode.close();
      await accepted.closed(2);
      const cut = await connect(listener);
      cut.terminate();
      expect(await accepted.closed(3)).toEqual([
        { code: 4001, reason: 'bye', by: 'peer', error: null },
        { code: 1005, reason: '', by: 'peer', error: null },
        { code: 1006, reason: '', by: 'peer', error: null },
      ]);
    }));

  it('closes once, and neither sends nor receives afterwards', () =>
    withListener(
      kind,
      {
        onUpgrade: (accepted) => () => ({
          accept: true,
          open: accepted.open((connection) => {
            connection.close(4002, 'é'.repeat(100));
            // Not from inside close().
            expect(accepted.closes).toEqual([]);
            connection.close(4003, 'again');
            expect(connection.isOpen).toBe(false);
            expect(connection.send(Uint8Array.of(1))).toEqual({ status: 'closed', bufferedBytes: 0 });
            expect(() => {
              connection.close(1006);
            }).toThrow(RangeError);
          }),
        }),
      },
      async ({ listener, accepted }) => {
        const client = await connect(listener);
        for (let n = 0; n < 50; n += 1) client.send(Uint8Array.of(n));
        expect(await closeOf(client)).toEqual({ code: 4002, reason: 'é'.repeat(61) });
        expect(await accepted.closed(1)).toMatchObject([{ code: 4002, by: 'server', error: null }]);
        expect(accepted.messages).toHaveLength(1);
      },
    ));

  it('may be closed as soon as it opens', () =>
    withListener(
      kind,
      {
        onUpgrade: (accepted) => () => ({
          accept: true,
          open: (connection) => {
            accepted.open(() => undefined)(connection);
            connection.send(Uint8Array.of(9));
            connection.close(1013);
          },
        }),
      },
      async ({ listener, accepted }) => {
        const client = new RawClient(listener);
        client.write(upgradeHead());
        await client.until(/\r\n\r\n\x82\x01\x09\x88\x02\x03\xf5/);
        await client.destroy();
        await accepted.closed(1);
      },
    ));

  it('ends only the connection whose listener throws, with 1011', () =>
    withListener(
      kind,
      {
        onUpgrade: (accepted) => () => ({
          accept: true,
          open: accepted.open((connection, bytes) => {
            if (bytes[0] === 1) throw new Error('a bug');
            connection.send(bytes);
          }),
        }),
      },
      async ({ listener, accepted, errors }) => {
        const [well, ill] = [await connect(listener), await connect(listener)];
        ill.send(Uint8Array.of(1));
        expect(await closeOf(ill)).toEqual({ code: 1011, reason: 'Internal' });
        expect(errors).toMatchObject([
          { error: { message: 'a bug' }, context: 'connection message of 127.0.0.1' },
        ]);
        well.send(Uint8Array.of(2));
        expect([...(await nextMessage(well))]).toEqual([2]);
        await disconnect(well);
        await accepted.closed(2);
      },
    ));

  it('ends a connection that breaks the protocol, once', () =>
    withListener(kind, {}, async ({ listener, accepted }) => {
      // Reserved opcode, reserved bit, a ping of 126 bytes, a continuation of nothing.
      const frames = ['8381010203040a', 'c281010203040a', '89fe007e01020304', '80810102030405'];
      for (const [index, frame] of frames.entries()) {
        const client = new RawClient(listener);
        client.write(upgradeHead());
        await client.until(/101 Switching/);
        client.write(Buffer.from(frame, 'hex'));
        await accepted.closed(index + 1);
        await client.ended();
      }
      expect(accepted.messages).toEqual([]);
      expect(accepted.closes).toHaveLength(frames.length);
    }));

  it('answers pings', () =>
    withListener(kind, {}, async ({ listener }) => {
      const client = await connect(listener);
      const pong = new Promise((resolve) => {
        client.once('pong', (data) => {
          resolve(data.toString());
        });
      });
      client.ping('hello');
      expect(await pong).toBe('hello');
      await disconnect(client);
    }));

  it('carries many connections at once', () =>
    withListener(kind, {}, async ({ listener, accepted }) => {
      const clients = await Promise.all(Array.from({ length: 150 }, () => connect(listener)));
      expect(listener.open.connections).toBe(150);
      const echoes = clients.map(async (client, index) => {
        const answer = nextMessage(client);
        client.send(pattern(index));
        return (await answer).equals(pattern(index));
      });
      expect((await Promise.all(echoes)).every(Boolean)).toBe(true);
      await Promise.all(clients.map((client) => disconnect(client)));
      await accepted.closed(150);
      expect(listener.open.connections).toBe(0);
    }));

  it('refuses connections over the limits, and takes new ones when others have gone', () =>
    withListener(
      kind,
      { limits: { maxConnectionsPerAddress: 2, maxConnections: 3 } },
      async ({ listener, accepted }) => {
        const refusal = async (localAddress: string): Promise<string> => {
          const answer = await ask(listener, {
            localAddress,
            headers: {
              upgrade: 'websocket',
              connection: 'upgrade',
              'sec-websocket-version': '13',
              'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
            },
          });
          return `${answer.status} ${answer.body.toString()}`;
        };
        const first = await connect(listener, '/', [], { localAddress: '127.0.0.1' });
        const second = await connect(listener, '/', [], { localAddress: '127.0.0.1' });
        expect(await refusal('127.0.0.1')).toMatch(/^429 .*"code":"TooManyConnections"/);
        const third = await connect(listener, '/', [], { localAddress: '127.0.0.2' });
        expect(await refusal('127.0.0.3')).toMatch(/^503 .*"code":"ServerFull"/);
        await disconnect(first);
        await accepted.closed(1);
        const again = await connect(listener, '/', [], { localAddress: '127.0.0.1' });
        await Promise.all([second, third, again].map((client) => disconnect(client)));
        await accepted.closed(4);
      },
    ));

  it('cuts a slow consumer, and lets the others be', () =>
    withListener(kind, { limits: { maxBufferedBytes: 1024 * 1024 } }, async ({ listener, accepted }) => {
      const slow = new RawClient(listener);
      slow.socket.pause();
      slow.write(upgradeHead());
      const [connection] = await accepted.opened(1);
      const well = await connect(listener);
      const chunk = new Uint8Array(64 * 1024);
      let most = 0;
      // Each turn of the loop gives the kernel the chance to take more; the slow one's buffers fill all the same.
      while (connection?.isOpen === true) {
        most = Math.max(most, connection.send(chunk).bufferedBytes);
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(most).toBeLessThanOrEqual(1024 * 1024);
      expect(most).toBeGreaterThan(512 * 1024);
      const closes = await accepted.closed(1);
      expect(closes).toMatchObject([{ code: 1013, by: 'server', error: { code: 'SlowConsumer' } }]);
      well.send(pattern(100));
      expect((await nextMessage(well)).equals(pattern(100))).toBe(true);
      await disconnect(well);
      await slow.destroy();
    }));

  it('says when what waited has gone, in order and complete', () =>
    withListener(
      kind,
      { onUpgrade: silent, limits: { maxBufferedBytes: 64 * 1024 * 1024 } },
      async ({ listener, accepted }) => {
        const client = await connect(listener);
        const [connection] = await accepted.opened(1);
        if (connection === undefined) throw new Error('not opened');
        client.pause();
        let drains = 0;
        connection.on('drain', () => (drains += 1));
        let sent = 0;
        let result = connection.send(new Uint8Array(0));
        expect(result).toEqual({ status: 'sent', bufferedBytes: 0 });
        while (result.bufferedBytes < 1024 * 1024) {
          const message = new Uint8Array(64 * 1024);
          new DataView(message.buffer).setUint32(0, sent);
          result = connection.send(message);
          sent += 1;
        }
        expect(result.status).toBe('buffered');
        expect(connection.bufferedBytes).toBe(result.bufferedBytes);
        const got: number[] = [];
        const hasAll = new Promise<void>((resolve) => {
          client.on('message', (data: Buffer) => {
            if (data.length > 0) got.push(data.readUInt32BE(0));
            if (got.length === sent) resolve();
          });
        });
        const isDrained = once(connection, 'drain');
        client.resume();
        await Promise.all([hasAll, isDrained]);
        expect(got).toEqual(Array.from({ length: sent }, (_, index) => index));
        expect(drains).toBe(1);
        expect(connection.bufferedBytes).toBe(0);
        await disconnect(client);
      },
    ));

  it('cuts a peer that is silent, and keeps one that answers pings', () =>
    withListener(kind, { limits: { idleTimeoutMs: 200 } }, async ({ listener, accepted }) => {
      const dead = new RawClient(listener);
      dead.write(upgradeHead());
      await dead.until(/101 Switching/);
      const alive = await connect(listener);
      let pings = 0;
      const hasPings = new Promise<void>((resolve) => {
        alive.on('ping', () => {
          pings += 1;
          if (pings === 6) resolve();
        });
      });
      await dead.ended();
      expect(await accepted.closed(1)).toMatchObject([
        { code: 1001, by: 'server', error: { code: 'ConnectionIdle' } },
      ]);
      // It was pinged first: an empty ping frame.
      expect(dead.received.slice(dead.received.indexOf('\r\n\r\n') + 4)).toContain('\x89\x00');
      await hasPings;
      expect(accepted.closes).toHaveLength(1);
      await disconnect(alive);
    }));
});
