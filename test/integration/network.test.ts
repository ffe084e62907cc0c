/** The network that a test controls, tried on plain sockets before any call runs over it. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NetworkTargetError, ParticipantNetwork } from '../harness/network/network.ts';
import { freePorts } from '../harness/network/ports.ts';
import { passMs, waitFor } from '../harness/wait.ts';

/** Long enough for a packet over loopback that is not stopped. */
const SETTLE_MS = 100;

/** Answers every packet and every piece of text with where it came from, and the text. */
class Echo {
  readonly port: number;
  readonly #tcp: Server;
  readonly #udp: UdpSocket;
  readonly #sockets = new Set<Socket>();
  packets = 0;

  private constructor(port: number) {
    this.port = port;
    this.#udp = createSocket('udp4', (packet, { address, port: from }) => {
      this.packets += 1;
      this.#udp.send(`${address}:${from} ${packet.toString()}`, from, address);
    });
    this.#tcp = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => socket.write(`${socket.remoteAddress ?? ''} ${bytes.toString()}`));
    });
  }

  static async open(port: number): Promise<Echo> {
    const echo = new Echo(port);
    echo.#tcp.listen(port, '127.0.0.1');
    await once(echo.#tcp, 'listening');
    echo.#udp.bind(port, '127.0.0.1');
    await once(echo.#udp, 'listening');
    return echo;
  }

  /** Sockets that the server thinks are open. */
  get open(): number {
    return [...this.#sockets].filter(({ destroyed }) => !destroyed).length;
  }

  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  close(): void {
    this.reset();
    this.#tcp.close();
    this.#udp.close();
  }
}

/** One socket of the "browser", and what it heard. */
class UdpClient {
  readonly #socket = createSocket('udp4');
  readonly heard: string[] = [];

  private constructor() {
    this.#socket.on('message', (packet) => this.heard.push(packet.toString()));
  }

  static async open({ address }: ParticipantNetwork, port: number): Promise<UdpClient> {
    const client = new UdpClient();
    client.#socket.connect(port, address);
    await once(client.#socket, 'connect');
    return client;
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  async hears(text: string): Promise<string> {
    return waitFor(`the answer to "${text}"`, () => this.heard.find((line) => line.endsWith(` ${text}`)));
  }

  close(): void {
    this.#socket.close();
  }
}

class TcpClient {
  readonly socket: Socket;
  heard = '';
  closed = false;

  constructor({ address }: ParticipantNetwork, port: number) {
    this.socket = createConnection(port, address);
    this.socket.setEncoding('utf8');
    this.socket.on('data', (text: string) => {
      this.heard += text;
    });
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.closed = true;
    });
  }

  async hears(text: string): Promise<string> {
    await waitFor(`the answer "${text}"`, () => this.heard.includes(text));
    return this.heard;
  }
}

let http: Echo;
let media: Echo;
let network: ParticipantNetwork;
const udpClients: UdpClient[] = [];
const tcpClients: TcpClient[] = [];

beforeEach(async () => {
  const first = await freePorts(2);
  http = await Echo.open(first);
  media = await Echo.open(first + 1);
  network = await ParticipantNetwork.open({
    origin: `http://localhost:${http.port}`,
    mediaPorts: [media.port],
  });
});
afterEach(async () => {
  for (const client of udpClients.splice(0)) client.close();
  for (const { socket } of tcpClients.splice(0)) socket.destroy();
  await network.close();
  await waitFor('no connection to be left at the server', () => http.open + media.open === 0);
  http.close();
  media.close();
  expect(network.connections).toBe(0);
  // The address and the port are free again: nothing of the relay is left.
  const again = createServer().listen(http.port, network.address);
  await once(again, 'listening');
  again.close();
});

async function udp(): Promise<UdpClient> {
  const client = await UdpClient.open(network, media.port);
  udpClients.push(client);
  return client;
}

function tcp(to: Echo = http): TcpClient {
  const client = new TcpClient(network, to.port);
  tcpClients.push(client);
  return client;
}

describe('a network that works', () => {
  it('passes packets and connections both ways, from an address of its own', async () => {
    const packets = await udp();
    packets.send('one');
    expect(await packets.hears('one')).toMatch(/^127\.1\.\d+\.\d+:\d+ one$/);
    for (const to of [http, media]) {
      const connection = tcp(to);
      connection.socket.write('hello');
      expect(await connection.hears('hello')).toMatch(/^127\.1\.\d+\.\d+ hello$/);
    }
    expect(network.origin).toBe(`http://${network.address}:${http.port}`);
  });

  it('passes what is large, and ends a connection when one side does', async () => {
    const connection = tcp();
    const text = 'x'.repeat(3_000_000);
    connection.socket.write(text);
    await waitFor('all of it to come back', () => connection.heard.length >= text.length);
    http.reset();
    await waitFor('the other side to hear of the end', () => connection.closed);
  });

  it('refuses a server whose ports are not known', async () => {
    const unknown = ParticipantNetwork.open({ origin: 'http://localhost:1', mediaPorts: [] });
    await expect(unknown).rejects.toThrow(NetworkTargetError);
  });
});

describe('a network that is cut', () => {
  it('passes nothing and tells nobody; packets are lost, connections go on when it is back', async () => {
    const packets = await udp();
    const connection = tcp();
    packets.send('before');
    connection.socket.write('before');
    await packets.hears('before');
    await connection.hears('before');
    network.cut();
    const meanwhile = tcp();
    meanwhile.socket.write('hello');
    packets.send('lost');
    connection.socket.write('late');
    await passMs(SETTLE_MS);
    expect(media.packets).toBe(1);
    expect([connection.closed, meanwhile.closed]).toEqual([false, false]);
    expect(connection.heard).not.toContain('late');
    expect(meanwhile.heard).toBe('');
    network.restore();
    await connection.hears('late');
    await meanwhile.hears('hello');
    packets.send('after');
    await packets.hears('after');
    expect(packets.heard.some((line) => line.endsWith(' lost'))).toBe(false);
  });

  it('keeps the end of a connection to itself until it is back', async () => {
    const connection = tcp();
    connection.socket.write('before');
    await connection.hears('before');
    network.cut();
    http.reset();
    await passMs(SETTLE_MS);
    expect(connection.closed).toBe(false);
    network.restore();
    await waitFor('the end to be told', () => connection.closed);
  });
});

describe('a network that changes', () => {
  it('leaves old sockets without an answer; new ones come from another address', async () => {
    const [old, connection] = [await udp(), tcp()];
    old.send('one');
    connection.socket.write('one');
    const before = (await old.hears('one')).split(':')[0];
    await connection.hears('one');
    network.changeAddress();
    old.send('two');
    connection.socket.write('two');
    const [fresh, other] = [await udp(), tcp()];
    fresh.send('three');
    other.socket.write('three');
    const after = (await fresh.hears('three')).split(':')[0];
    expect(after).not.toBe(before);
    expect(await other.hears('three')).toBe(`${after ?? ''} three`);
    await passMs(SETTLE_MS);
    expect(old.heard).toHaveLength(1);
    expect(connection).toMatchObject({ closed: false, heard: expect.not.stringContaining('two') as unknown });
  });

  it('behind a NAT that forgets keeps its sockets, and the server sees another address', async () => {
    const packets = await udp();
    packets.send('one');
    const before = (await packets.hears('one')).split(' ')[0];
    network.rebind();
    packets.send('two');
    expect((await packets.hears('two')).split(' ')[0]).not.toBe(before);
  });
});

describe('a network that is bad', () => {
  it('loses everything at a share of one, and delays what it is told to', async () => {
    const packets = await udp();
    await network.shape({ loss: 1 });
    packets.send('lost');
    await passMs(SETTLE_MS);
    expect(media.packets).toBe(0);
    await network.shape({ loss: 0, delayMs: 80 });
    const sentAtMs = performance.now();
    packets.send('late');
    await packets.hears('late');
    // Both ways.
    expect(performance.now() - sentAtMs).toBeGreaterThan(150);
  });
});
