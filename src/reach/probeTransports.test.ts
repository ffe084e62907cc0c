import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { builtPaths } from '../../native/paths.ts';
import { createLogger } from '../observe/logger.ts';
import { WorkerPool } from '../sfu/workerPool.ts';
import { VirtualClock } from '../time/virtualClock.ts';
import { systemClock } from '../time/clock.ts';
import { ProbeTransports } from './probeTransports.ts';

let workers: WorkerPool;
let clock: VirtualClock;
let all: ProbeTransports;

beforeAll(async () => {
  workers = await WorkerPool.start({
    workers: 1,
    workerBin: builtPaths().workerBin,
    listen: [{ ip: '127.0.0.1' }, { ip: '::1' }],
    exposeInternalIp: false,
    firstPort: 0,
    logger: createLogger('silent'),
    clock: systemClock,
  });
});
afterAll(() => workers.close());

function start(): void {
  clock = new VirtualClock();
  all = new ProbeTransports({ workers, clock });
}
afterEach(() => {
  all.close();
  expect(all.size).toBe(0);
});

const DTLS = {
  role: 'client',
  fingerprints: [{ algorithm: 'sha-256', value: Array(32).fill('AA').join(':') }],
} as const;
const dtls = { ...DTLS, fingerprints: [...DTLS.fingerprints] };

describe('transports of the connection test', () => {
  it('have candidates of one protocol, on every address', async () => {
    start();
    for (const protocol of ['udp', 'tcp'] as const) {
      const probes = all.forConnection();
      const { ice_candidates: candidates } = await probes.open(protocol);
      expect(candidates.map((one) => [one.protocol, one.address])).toEqual([
        [protocol, '127.0.0.1'],
        [protocol, '::1'],
      ]);
      probes.close();
    }
  });

  it('end with the next one, after their time, and with their connection', async () => {
    start();
    const probes = all.forConnection();
    const first = await probes.open('udp');
    const second = await probes.open('udp');
    expect(all.size).toBe(1);
    await expect(probes.connect(first.transport_id, dtls)).rejects.toThrow(/NotFound/);
    await probes.connect(second.transport_id, dtls);
    clock.advance(20_000);
    expect(all.size).toBe(0);
    await expect(probes.connect(second.transport_id, dtls)).rejects.toThrow(/NotFound/);
    await probes.open('tcp');
    probes.close();
    probes.close();
    expect(all.size).toBe(0);
    await expect(probes.open('udp')).rejects.toThrow(/InvalidState/);
  });

  it('are not left behind where the connection ends while one is being made', async () => {
    start();
    const probes = all.forConnection();
    const opening = probes.open('udp');
    await expect(probes.open('udp')).rejects.toThrow(/one probe at a time/);
    probes.close();
    await expect(opening).rejects.toThrow(/InvalidState/);
    expect(all.size).toBe(0);
  });

  it('are refused where DTLS parameters make no sense, or there are too many', async () => {
    start();
    const probes = all.forConnection();
    const { transport_id: id } = await probes.open('udp');
    await probes.connect(id, dtls);
    await expect(probes.connect(id, dtls)).rejects.toThrow(/InvalidMessage/);
    const others = Array.from({ length: 31 }, () => all.forConnection());
    await Promise.all(others.map((one) => one.open('udp')));
    await expect(all.forConnection().open('udp')).rejects.toThrow(/RateLimited/);
    others[0]?.close();
    await all.forConnection().open('udp');
    expect(all.size).toBe(32);
  });
});
