/** The relay with a real coturn, where one is installed. */
import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { createLogger } from '../observe/logger.ts';
import { systemClock } from '../time/clock.ts';
import { CoturnError } from './coturnProcess.ts';
import { turnPassword } from './iceServers.ts';
import { TurnClient } from './turnClient.testing.ts';
import { relayAddresses } from './turnConfig.ts';
import { TurnRelay, type TurnRelayOptions, findCoturn } from './turnRelay.ts';

const binaries = findCoturn(process.env['PATH'] ?? '');
const title = binaries === null ? 'the relay (skipped: apt-get install coturn)' : 'the relay';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function options(changes: Partial<TurnRelayOptions> = {}): TurnRelayOptions {
  return {
    binaries: binaries ?? { turnserver: '', setpriv: '' },
    addresses: relayAddresses([{ ip: '127.0.0.1' }], []),
    port: undefined,
    tlsPort: undefined,
    certificate: null,
    relaysPerUser: 2,
    maxRelays: 100,
    maxRelayBps: 10_000_000,
    logger: createLogger('silent'),
    clock: systemClock,
    ...changes,
  };
}

async function start(changes: Partial<TurnRelayOptions> = {}): Promise<TurnRelay> {
  const relay = await TurnRelay.start(options(changes));
  closers.push(() => relay.close());
  return relay;
}

function client({ port, secret }: TurnRelay, lifetimeS = 600): TurnClient {
  const username = `${Math.floor(Date.now() / 1000) + lifetimeS}:test`;
  const made = new TurnClient('127.0.0.1', port, { username, credential: turnPassword(secret, username) });
  closers.push(() => made.close());
  return made;
}

describe.skipIf(binaries === null)(title, () => {
  it('relays to media addresses, and to nothing else', async () => {
    const relay = await start();
    const user = client(relay);
    expect(await user.allocate()).toBe('ok');
    expect(await user.permit('127.0.0.1')).toBe('ok');
    for (const ip of ['127.0.0.2', '10.0.0.1', '192.0.2.2', '169.254.169.254', '8.8.8.8', '224.0.0.1']) {
      expect(await user.permit(ip), ip).toBe('403');
    }
  });

  it('does not relay to loopback where media is elsewhere', async () => {
    const relay = await start({
      addresses: { listen: ['127.0.0.1'], relay: ['127.0.0.1'], peers: ['192.0.2.2'] },
    });
    const user = client(relay);
    expect(await user.allocate()).toBe('ok');
    expect(await user.permit('192.0.2.2')).toBe('ok');
    expect(await user.permit('127.0.0.1')).toBe('403');
  });

  it('refuses credentials that are over, or made with another secret', async () => {
    const relay = await start();
    expect(await client(relay, -1).allocate()).toBe('401');
    const stranger = new TurnClient('127.0.0.1', relay.port, { username: '9999999999:x', credential: 'no' });
    closers.push(() => stranger.close());
    expect(await stranger.allocate()).toBe('401');
  });

  it('gives one user so many relays and no more', async () => {
    const relay = await start();
    const results = [];
    for (let index = 0; index < 3; index += 1) results.push(await client(relay).allocate());
    expect(results).toEqual(['ok', 'ok', '486']);
  });

  it('is started again when it dies, on the same port, with the same credentials', async () => {
    const relay = await start();
    const { pid } = relay;
    if (pid === null) throw new Error('no process');
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => relay.isRunning && relay.pid !== pid, { timeout: 5000 }).toBe(true);
    expect(await client(relay).allocate()).toBe('ok');
  });

  it('leaves no process behind, also when it is closed while it is being started again', async () => {
    const relay = await start();
    const { pid } = relay;
    if (pid === null) throw new Error('no process');
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => relay.isRunning && relay.pid !== pid, { timeout: 5000, interval: 5 }).toBe(true);
    const second = relay.pid;
    const folder = readlinkSync(`/proc/${second}/cwd`);
    // The file with the secret is gone as soon as it has been read.
    expect(readdirSync(folder)).not.toContain('turnserver.conf');
    await Promise.all([relay.close(), relay.close()]);
    expect(relay.isRunning).toBe(false);
    expect(existsSync(folder)).toBe(false);
    expect(() => process.kill(second ?? pid, 0)).toThrow(/ESRCH/);
  });

  it('does not show its secret in the process list', async () => {
    const relay = await start();
    expect(readFileSync(`/proc/${relay.pid}/cmdline`, 'utf8')).not.toContain(relay.secret);
  });

  it('refuses a port that is taken, and takes another where it may choose', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    closers.push(() => new Promise((resolve) => other.close(resolve)));
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(TurnRelay.start(options({ port }))).rejects.toThrow(CoturnError);
    const [first, second] = [await start(), await start()];
    expect(first.port).not.toBe(second.port);
  });

  it('says why it does not start', async () => {
    const wrong = { turnserver: '/bin/false', setpriv: binaries?.setpriv ?? '' };
    await expect(TurnRelay.start(options({ binaries: wrong }))).rejects.toThrow(
      /did not start: exited with code 1/,
    );
    const missing = { turnserver: '/bin/false', setpriv: '/nonexistent' };
    await expect(TurnRelay.start(options({ binaries: missing }))).rejects.toThrow(/cannot run/);
  });
});

describe('finding coturn', () => {
  it('needs it and setpriv on the path, and ignores folders that are not absolute', () => {
    expect(findCoturn('/nonexistent:.')).toBeNull();
  });
});
