import { describe, expect, it } from 'vitest';
import { WayProof } from './proof.ts';

const CLEAN = { loss: 0, rttMs: 40 };

describe('what a way has been seen to take', () => {
  it('is a little more than what arrives without loss or queue', () => {
    const proof = new WayProof();
    expect(proof.provenBps(0)).toBeNull();
    proof.look(1000, { sentBps: 200_000, totalBps: 200_000, ...CLEAN });
    expect(proof.provenBps(1000)).toBe(300_000);
  });

  it('is what arrives where some is lost or a queue begins, and less where the way is overloaded', () => {
    const proof = new WayProof();
    proof.look(1000, { sentBps: 200_000, totalBps: 200_000, ...CLEAN });
    proof.look(2000, { sentBps: 200_000, totalBps: 200_000, loss: 0.05, rttMs: 40 });
    expect(proof.provenBps(2000)).toBe(190_000);
    proof.look(3000, { sentBps: 200_000, totalBps: 200_000, loss: 0, rttMs: 150 });
    expect(proof.provenBps(3000)).toBe(200_000);
    proof.look(4000, { sentBps: 600_000, totalBps: 600_000, loss: 0.5, rttMs: 600 });
    expect(proof.provenBps(4000)).toBe(240_000);
    proof.look(5000, { sentBps: 300_000, totalBps: 300_000, loss: 0, rttMs: 600 });
    expect(proof.provenBps(5000)).toBe(240_000);
  });

  it('is tried carefully near the last overload, and boldly far below it', () => {
    const proof = new WayProof();
    proof.look(1000, { sentBps: 600_000, totalBps: 600_000, loss: 0.5, rttMs: 40 });
    proof.look(2000, { sentBps: 100_000, totalBps: 100_000, ...CLEAN });
    expect(proof.provenBps(2000)).toBeCloseTo(162_000, 0);
    proof.look(3000, { sentBps: 250_000, totalBps: 250_000, ...CLEAN });
    expect(proof.provenBps(3000)).toBeCloseTo(270_000, 0);
    proof.look(40_000, { sentBps: 250_000, totalBps: 250_000, ...CLEAN });
    expect(proof.provenBps(40_000)).toBe(375_000);
  });

  it('leads a stream up to what a link takes within seconds, and does not leave it much beyond', () => {
    const proof = new WayProof();
    const linkBps = 300_000;
    let sentBps = 100_000;
    let queueMs = 0;
    const seen: number[] = [];
    for (let second = 1; second <= 40; second += 1) {
      queueMs = Math.min(600, Math.max(0, queueMs + ((sentBps - linkBps) / linkBps) * 1000));
      const loss = queueMs === 600 ? Math.max(0, 1 - linkBps / sentBps) : 0;
      proof.look(second * 1000, { sentBps, totalBps: sentBps, loss, rttMs: 40 + queueMs });
      sentBps = proof.provenBps(second * 1000) ?? 0;
      seen.push(sentBps);
    }
    expect(seen.findIndex((bps) => bps > 0.9 * linkBps)).toBeLessThan(8);
    const settled = seen.slice(10);
    expect(Math.max(...settled)).toBeLessThan(1.45 * linkBps);
    expect(settled.reduce((sum, bps) => sum + bps, 0) / settled.length).toBeGreaterThan(0.85 * linkBps);
  });

  it('outlives a pause of the encoder for a moment, and not for long', () => {
    const proof = new WayProof();
    proof.look(1000, { sentBps: 500_000, totalBps: 500_000, ...CLEAN });
    proof.look(2000, { sentBps: 480_000, totalBps: 480_000, ...CLEAN });
    expect(proof.provenBps(2000)).toBe(750_000);
    expect(proof.provenBps(7001)).toBeNull();
  });

  it('forgets a round trip that is never seen again', () => {
    const proof = new WayProof();
    proof.look(0, { sentBps: 500_000, totalBps: 500_000, loss: 0, rttMs: 20 });
    for (let second = 1; second < 600; second += 1) {
      proof.look(second * 1000, { sentBps: 500_000, totalBps: 500_000, loss: 0, rttMs: 300 });
    }
    expect(proof.provenBps(599_000)).toBe(750_000);
  });
});
