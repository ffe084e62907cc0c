// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { participant } from './fake-call.testing.ts';
import { StageBench, track } from './stage-bench.testing.tsx';

let bench: StageBench;
beforeEach(() => {
  bench = new StageBench();
});
afterEach(() => bench.close());

describe('details', () => {
  const figures = {
    width: 640,
    height: 360,
    frameRate: 29.6,
    bitrateBps: 1_234_000,
    packetsLost: 3,
    lossRatio: 0.01,
    rttMs: 24,
    jitterMs: 2.5,
    jitterBufferMs: 41,
    freezeCount: 1,
    freezeMs: 250,
    framesDecoded: 10,
    framesReceived: 10,
    packetsReceived: 100,
  };
  const path = { protocol: 'udp', relayed: false, rttMs: 24 } as const;
  const field = (name: string): string | null | undefined =>
    bench.root.querySelector(`[data-field=${name}]`)?.textContent;

  async function measured(): Promise<void> {
    bench.call.add(participant('ben'));
    const stream = bench.call.begin('ben', 'camera', track());
    const layer = { index: 1, count: 3 };
    bench.call.nextStats = {
      received: [{ ...figures, stream, codec: 'H264', layer }],
      sent: [],
      receivePath: path,
      sendPath: path,
    };
    bench.call.network = { receive_available_bps: 2_000_000, rtt_ms: 24, receive_loss: 0, send_loss: 0 };
    await bench.show();
    await bench.pass(3_000);
  }

  it('open inside a large tile, and tell everything that is measured', async () => {
    await measured();
    expect(bench.inTile('Ben', 'details-toggle').getAttribute('aria-expanded')).toBe('false');
    await bench.change(() => bench.inTile('Ben', 'details-toggle').click());
    expect(bench.inTile('Ben', 'details-toggle').getAttribute('aria-expanded')).toBe('true');
    expect(
      Object.fromEntries(
        [...bench.root.querySelectorAll<HTMLElement>('dd[data-field]')].map((cell) => [
          cell.dataset['field'],
          cell.textContent,
        ]),
      ),
    ).toEqual({
      path: 'forwarded',
      reason: 'forwarded: sends VP8, which you receive',
      codec: 'H.264',
      layer: '2 of 3',
      size: '640 × 360',
      rate: '30 per second',
      bitrate: '1.23 Mbit/s',
      loss: '1.0 % (3 in all)',
      rtt: '24 ms',
      jitter: '2.5 ms',
      estimate: '2.00 Mbit/s',
      buffer: '41 ms',
      freezes: '1, 0.3 s in all',
      network: 'UDP, direct',
      sound: 'none',
      share: 'as much as it needs',
    });
    expect(bench.root.querySelectorAll('.plot-line')).toHaveLength(4);
    expect(bench.root.querySelector('[data-series=rtt] svg')?.getAttribute('aria-label')).toBe(
      'Round trip in the last minute: from 24 ms to 24 ms, now 24 ms',
    );
    await bench.change(() => bench.inTile('Ben', 'details-toggle').click());
    expect(field('path')).toBeUndefined();
  });

  it('change with every second while they are open', async () => {
    await measured();
    await bench.change(() => bench.inTile('Ben', 'details-toggle').click());
    const [received] = bench.call.nextStats.received;
    if (received === undefined) throw new Error('nothing is received');
    bench.call.nextStats = { ...bench.call.nextStats, received: [{ ...received, bitrateBps: 800_000 }] };
    await bench.pass(1_000);
    expect(field('bitrate')).toBe('800 kbit/s');
  });

  it('open above the stage where a tile is small, and close with Escape', async () => {
    bench.call.add(...Array.from({ length: 12 }, (_, index) => participant(`p${index}`)));
    await bench.show();
    bench.inTile('P3', 'details-toggle').focus();
    await bench.change(() => bench.inTile('P3', 'details-toggle').click());
    expect(document.activeElement).toBe(bench.find('[data-testid=details-close]'));
    const sheet = bench.find('[data-testid=details-sheet]');
    expect(sheet.textContent).toContain('P3');
    expect(bench.tile('P3').querySelector('[data-testid=details]')).toBeNull();
    await bench.change(() =>
      sheet.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true })),
    );
    expect(bench.root.querySelector('[data-testid=details-sheet]')).toBeNull();
    expect(document.activeElement).toBe(bench.inTile('P3', 'details-toggle'));
  });

  it('are open in every tile where the address says so', async () => {
    bench.call.add(participant('ben'));
    await bench.show({ detailsOpen: true });
    expect(bench.root.querySelectorAll('[data-testid=details]')).toHaveLength(2);
  });
});
