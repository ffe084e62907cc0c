/** What is concluded from results made by hand: distances, hulls, claims, regressions; and that the page needs nothing beside it. */
import { describe, expect, it } from 'vitest';
import type { CodecResults, DecoderRecord, PeerRecord, PointRecord } from '../model.ts';
import { bitRate, rateError } from '../run/points.ts';
import { claimsOf, judgedRateError, layerCosts, peerDistances } from './analysis.ts';
import { BaselineError, parseBaseline } from './baseline.ts';
import { compareResults } from './compare.ts';
import { curvesOf, distance } from './curves.ts';
import { speedSettings } from './hull.ts';
import { pageOf } from './page.ts';
import { plotsOf } from './plots.ts';
import { tablesOf } from './tables.ts';

const TARGETS = [400_000, 800_000, 1_600_000, 3_200_000];

interface Made {
  /** Times the rate of the reference curve. */
  readonly rate?: number;
  readonly ms?: number;
  readonly speed?: number | null;
  readonly layers?: string;
  readonly rateError?: number;
}

function points(made: Made = {}): PointRecord[] {
  const { rate = 1, ms = 5, speed = null, layers = null, rateError: error = 0.01 } = made;
  return TARGETS.map((targetBps, at) => ({
    content: 'camera',
    kind: 'camera',
    encoder: 'openh264',
    codec: 'H264',
    speed,
    layers,
    targetBps,
    bps: targetBps * rate,
    pictures: 240,
    frameRate: 30,
    psnrDb: [30 + 3 * at, 35 + at, 36 + at],
    ssim: [0.9 + at / 100, 0.9, 0.9],
    msSsim: 0.95 + at / 100,
    encodeMs: [ms * 0.99, ms, ms * 1.01],
    decodeMs: [1, 1, 1],
    latencyMs: { p50: ms, p99: 2 * ms },
    decodeLatencyMs: { p50: 1, p99: 2 },
    rateError: error,
    firstKeyFrameBytes: 20_000,
    keyFrames: 1,
    skipped: 0,
    encodePeakKib: 9000,
    decodePeakKib: 8000,
  }));
}

function results(change: Partial<CodecResults> = {}): CodecResults {
  return {
    version: 2,
    conditions: { rounds: 3 },
    points: points(),
    decoders: [],
    peers: [],
    loss: [],
    overhead: [],
    ...change,
  };
}

function gstreamer(rate: number, cpuMs: number, effort: number | null = null): PeerRecord {
  const settings = { tool: 'GStreamer', settings: 'defaults', effort } as const;
  return {
    ...settings,
    content: 'camera',
    encoder: 'openh264',
    cpuMs: [cpuMs],
    ourCpuMs: [5],
    points: points({ rate }),
  };
}

describe('rates', () => {
  it('are counted after two seconds, where there is a second more', () => {
    const sizes = [...Array<number>(60).fill(9999), ...Array<number>(30).fill(1000)];
    expect(bitRate(sizes.slice(60), 30)).toBe(240_000);
    expect(rateError(sizes, 30, 200_000)).toBeCloseTo(0.2, 12);
    expect(rateError(sizes.slice(0, 80), 30, 200_000)).toBeNull();
  });
});

describe('distances', () => {
  it('are of luma PSNR and MS-SSIM, with the reason where there is none', () => {
    expect(distance(points(), points({ rate: 1.1 })).bdRatePercent).toBeCloseTo(10, 6);
    expect(distance(points(), points({ rate: 1.1 })).bdRateMsSsimPercent).toBeCloseTo(10, 6);
    expect(distance(points(), points().slice(2))).toMatchObject({
      bdRatePercent: null,
      reason: expect.stringContaining('needs 4') as string,
    });
  });

  it('at equal CPU are those of the best setting that is no dearer than the peer', () => {
    const tried = [
      ...points(),
      ...points({ speed: 1, ms: 8, rate: 0.9 }),
      ...points({ speed: 2, ms: 20, rate: 0.7 }),
    ];
    // The peer takes twice the default's CPU: 8 ms is within it, 20 ms is not.
    const [entry] = peerDistances(results({ points: tried, peers: [gstreamer(1, 10)] }));
    expect(entry?.cpuRatio).toBeCloseTo(0.5, 12);
    expect(entry?.bdRatePercent).toBeCloseTo(0, 6);
    expect(entry?.atEqualCpuPercent).toBeCloseTo(-10, 6);
    const [cheap] = peerDistances(results({ points: tried, peers: [gstreamer(1, 4)] }));
    expect(cheap?.atEqualCpuPercent).toBeNull();
  });
});

describe('the hull', () => {
  it('keeps settings that no mixture of others beats in both', () => {
    const tried = [
      ...points({ speed: -4, ms: 20, rate: 0.8 }),
      ...points({ ms: 10, rate: 1 }),
      ...points({ speed: -6, ms: 15, rate: 1.2 }),
      ...points({ speed: -12, ms: 5, rate: 1.4 }),
    ];
    const settings = speedSettings(curvesOf(tried), 'camera', 'openh264');
    expect(settings.map(({ speed, abovePercent }) => [speed, Math.round(abovePercent)])).toEqual([
      [-4, 0],
      [null, 0],
      // At 15 ms, less 3 %, a mixture of the two beside it would be 9 % below the default.
      [-6, 29],
      [-12, 0],
    ]);
  });

  it('holds nobody against what costs the same within noise, nor against layers', () => {
    const tried = [
      ...points({ ms: 10 }),
      ...points({ speed: -6, ms: 9.8, rate: 0.9 }),
      ...points({ layers: 'L1T3', ms: 5, rate: 0.5 }),
      ...points({ speed: -4, ms: 20, rate: 0.8 }),
    ];
    const settings = speedSettings(curvesOf(tried), 'camera', 'openh264');
    expect(settings.map(({ speed, abovePercent }) => [speed, abovePercent])).toEqual([
      [null, 0],
      [-6, 0],
      [-4, 0],
    ]);
  });
});

describe('claims', () => {
  it('say how far a default lies above the hull', () => {
    const claimed = (defaultMs: number): readonly unknown[] =>
      claimsOf(
        results({
          points: [
            ...points({ ms: defaultMs }),
            ...points({ speed: 1, ms: 8, rate: 0.9 }),
            ...points({ speed: 2, ms: 20, rate: 0.7 }),
          ],
        }),
      ).flatMap(({ id, value, ok }) => (id === 'codecs.default-on-hull' ? [value, ok] : []));
    expect(claimed(5)).toEqual([0, true]);
    const [above, kept] = claimed(9);
    expect(above).toBeGreaterThan(10);
    expect(kept).toBe(false);
  });

  it('do not count too little where there is nothing to spend on', () => {
    const [point] = points({ rateError: -0.2 });
    if (point === undefined) throw new Error('no point');
    expect(judgedRateError(point)).toBe(0.2);
    expect(judgedRateError({ ...point, psnrDb: [46, 46, 46] })).toBeNull();
    expect(judgedRateError({ ...point, kind: 'screen' })).toBeNull();
    expect(judgedRateError({ ...point, kind: 'screen', rateError: 0.2 })).toBe(0.2);
    expect(judgedRateError({ ...point, layers: 'L1T3' })).toBeNull();
  });

  it('are made for what was measured', () => {
    const overhead = { encoder: 'openh264', content: 'camera', oursMs: [5.05, 5, 5.1], nativeMs: [5, 5, 5] };
    const claims = claimsOf(results({ peers: [gstreamer(1.1, 5)], overhead: [overhead] }));
    expect(claims.map(({ id, value, ok }) => [id, value, ok])).toEqual([
      ['codecs.binding-overhead', 1.01, true],
      ['codecs.h264-720p-realtime', 6.7, true],
      ['codecs.rate-error', 0.01, true],
      ['codecs.bdrate-vs-gstreamer', -9.1, true],
    ]);
    expect(claimsOf(results({ points: [] }))).toEqual([]);
    const once = { ...overhead, oursMs: [9], nativeMs: [5] };
    expect(claimsOf(results({ overhead: [once] })).map(({ id }) => id)).not.toContain(
      'codecs.binding-overhead',
    );
  });
});

describe('a baseline', () => {
  const verdicts = (now: CodecResults, margin = 3): readonly string[] =>
    compareResults(results(), now, margin)
      .filter(({ verdict }) => verdict !== 'alike')
      .map(({ what, verdict }) => `${what} ${verdict}`);

  it('finds nothing where nothing changed', () => {
    expect(verdicts(results())).toEqual([]);
  });

  it('finds what changed beyond noise and margin, for better and for worse', () => {
    expect(verdicts(results({ points: points({ rate: 1.05 }) }))).toEqual([
      'camera, openh264: BD-rate worse',
    ]);
    expect(verdicts(results({ points: points({ rate: 1.05 }) }), 6)).toEqual([]);
    // Each side's rounds spread by 1 %: 4 % is within 3 % and twice that.
    expect(verdicts(results({ points: points({ ms: 5.2 }) }))).toEqual([]);
    expect(verdicts(results({ points: points({ ms: 6 }) }))).toEqual(['camera, openh264: encode CPU worse']);
    expect(verdicts(results({ points: points({ ms: 4 }) }))).toEqual(['camera, openh264: encode CPU better']);
    expect(verdicts(results({ points: points({ rateError: 0.08 }) }))).toEqual([
      'camera, openh264: rate error worse',
    ]);
  });

  it('does not judge timings whose noise nobody knows', () => {
    const once = points({ ms: 50 }).map((point) => ({ ...point, encodeMs: [50] }));
    expect(verdicts(results({ points: once }))).toEqual([]);
  });

  it('is read from what was kept or printed, and nothing else', () => {
    expect(parseBaseline(JSON.stringify(results()))).toEqual(results());
    expect(parseBaseline(JSON.stringify({ details: results() }))).toEqual(results());
    const refused = (text: string): string => {
      try {
        parseBaseline(text);
      } catch (error) {
        if (error instanceof BaselineError) return error.message;
        throw error;
      }
      return 'it was taken';
    };
    expect(refused('')).toBe('the baseline is no JSON');
    expect(refused('[]')).toBe('the baseline holds no results of this bench');
    expect(refused(JSON.stringify({ ...results(), version: 1 }))).toContain('is of version 1');
    const damaged = points().map((point, at) => (at === 2 ? { ...point, bps: 'many' } : point));
    expect(refused(JSON.stringify({ ...results(), points: damaged }))).toContain('damaged at points.2.bps');
    const { decoders, ...cut } = results();
    expect(decoders).toEqual([]);
    expect(refused(JSON.stringify(cut))).toContain('damaged at decoders');
  });
});

describe('layers', () => {
  it('cost what their curve needs more than that without', () => {
    const [cost] = layerCosts(
      results({ points: [...points(), ...points({ layers: 'L1T3', rate: 1.1, ms: 6 })] }),
    );
    expect(cost).toMatchObject({ content: 'camera', encoder: 'openh264', layers: 'L1T3', skipped: 0 });
    expect(cost?.bdRatePercent).toBeCloseTo(10, 6);
    expect(cost?.cpuRatio).toBeCloseTo(1.2, 6);
  });
});

function decoder(name: string, ms: number, digest: string): DecoderRecord {
  return {
    content: 'camera',
    codec: 'H264',
    encoder: 'openh264',
    targetBps: 800_000,
    decoder: name,
    pictures: 240,
    decodeMs: [ms * 0.99, ms, ms * 1.01],
    latencyMs: { p50: ms, p99: ms },
    peakKib: 9000,
    digest,
  };
}

describe('decoders', () => {
  it('are compared by their pictures and with a baseline by their time', () => {
    const two = results({ decoders: [decoder('openh264', 2, 'a'), decoder('avcodec-h264', 3, 'b')] });
    const table = tablesOf(two).find(({ title }) => title.startsWith('Decoders'));
    expect(table?.rows.map((row) => [row[0], row.at(-1)])).toEqual([
      ['camera, openh264 by openh264', 240],
      ['camera, openh264 by avcodec-h264', 'others'],
    ]);
    const slower = results({ decoders: [decoder('openh264', 3, 'a')] });
    const worse = compareResults(two, slower, 3).filter(({ verdict }) => verdict === 'worse');
    expect(worse.map(({ what }) => what)).toEqual(['camera, openh264 by openh264: decode CPU']);
  });
});

describe('the page', () => {
  it('holds every table, charts with their values, and no address of anything else', () => {
    const shown = results({
      points: [...points(), ...points({ speed: 1, ms: 9, rate: 0.95 })],
      peers: [gstreamer(1.1, 5)],
    });
    const tables = tablesOf(shown);
    const page = pageOf({ results: shown, tables, claims: claimsOf(shown), skipped: ['<none>'] });
    for (const { title } of tables) expect(page).toContain(title);
    expect(page).toContain('400 kbit/s (asked 400), 30.00 dB');
    expect(page).toContain('openh264, GStreamer defaults');
    expect(page).toContain('&#60;none&#62;');
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
    // The namespace of inline images in the tokens is a name, and is not fetched.
    expect(page.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|src=|@import/);
  });
});

describe('plots', () => {
  it('are files of their own, for both themes, with a legend of ours alone', () => {
    const shown = results({
      points: [...points(), ...points({ speed: 1, ms: 9, rate: 0.95 })],
      peers: [gstreamer(1.1, 5)],
    });
    const plots = plotsOf(shown);
    expect([...plots.keys()]).toEqual([
      'codecs-psnr-camera.svg',
      'codecs-cpu-camera.svg',
      'codecs-speeds-camera.svg',
    ]);
    for (const text of plots.values()) {
      expect(text).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" /);
      expect(text).toContain('prefers-color-scheme: dark');
      expect(text).toContain('>openh264</text>');
      expect(text).not.toContain('GStreamer');
      expect(text).not.toMatch(/NaN|undefined|Infinity/);
      for (const tag of ['svg', 'g', 'style', 'text', 'circle']) {
        const opened = text.match(new RegExp(`<${tag}[ >]`, 'g'))?.length;
        expect(text.match(new RegExp(`</${tag}>`, 'g'))?.length).toBe(opened);
      }
    }
  });
});
