/** The results as tables; the page shows the same ones. */
import type { Table } from '../../report/report.ts';
import { median } from '../../report/statistics.ts';
import type { CodecResults, PeerRecord } from '../model.ts';
import { layerCosts, pairedRatio, peerDistances } from './analysis.ts';
import { curvesOf, isDefault, settingName } from './curves.ts';
import { speedSettings } from './hull.ts';

const NONE = '–';

export function number(value: number | null, digits: number): string {
  return value === null || !Number.isFinite(value) ? NONE : value.toFixed(digits);
}

/** The encoder of ours and what it stands beside. */
export function peerName({
  encoder,
  tool,
  settings,
  effort,
}: Pick<PeerRecord, 'encoder' | 'tool' | 'settings' | 'effort'>): string {
  return `${encoder}, ${tool} ${settings}${effort === null ? '' : ` at effort ${effort}`}`;
}

function percent(value: number | null, digits = 1): string {
  if (value === null || !Number.isFinite(value)) return NONE;
  return `${value > 0 ? '+' : ''}${value.toFixed(digits)} %`;
}

export function tablesOf(results: CodecResults): readonly Table[] {
  const tables = [
    qualityTable(results),
    costTable(results),
    speedTable(results),
    layerTable(results),
    decoderTable(results),
    peerTable(results),
    overheadTable(results),
    lossTable(results),
  ];
  return tables.filter(({ rows }) => rows.length > 0);
}

function qualityTable({ points }: CodecResults): Table {
  return {
    title: 'Rate and quality (PSNR and SSIM: Y, U, V; MS-SSIM of Y)',
    columns: [
      'what',
      'target kbit/s',
      'kbit/s',
      'after 2 s',
      'PSNR dB',
      'SSIM',
      'MS-SSIM',
      'key frame KiB',
      'skipped',
    ],
    rows: points
      .filter(isDefault)
      .map((point) => [
        `${point.content}, ${point.encoder}`,
        number(point.targetBps / 1000, 0),
        number(point.bps / 1000, 0),
        percent(point.rateError === null ? null : point.rateError * 100),
        point.psnrDb.map((value) => value.toFixed(2)).join(' '),
        point.ssim.map((value) => value.toFixed(4)).join(' '),
        number(point.msSsim, 4),
        number(point.firstKeyFrameBytes / 1024, 1),
        point.skipped,
      ]),
  };
}

function costTable({ points }: CodecResults): Table {
  return {
    title:
      'Cost of a picture (CPU; latency from call to answer, not paced; memory over what the process had)',
    columns: [
      'what',
      'target kbit/s',
      'encode ms',
      'p50 ms',
      'p99 ms',
      'x real time',
      'decode ms',
      'p99 ms',
      'encoder MiB',
      'decoder MiB',
    ],
    rows: points
      .filter(isDefault)
      .map((point) => [
        `${point.content}, ${point.encoder}`,
        number(point.targetBps / 1000, 0),
        number(median(point.encodeMs), 2),
        number(point.latencyMs.p50, 2),
        number(point.latencyMs.p99, 2),
        number(1000 / median(point.encodeMs) / point.frameRate, 1),
        number(median(point.decodeMs), 2),
        number(point.decodeLatencyMs.p99, 2),
        number(point.encodePeakKib / 1024, 1),
        number(point.decodePeakKib / 1024, 1),
      ]),
  };
}

function speedTable({ points }: CodecResults): Table {
  const curves = curvesOf(points);
  const tried = curves.filter(({ speed }) => speed !== null);
  const pairs = new Map(
    tried.map(({ content, encoder }) => [`${content}\t${encoder}`, { content, encoder }]),
  );
  return {
    title: 'Speeds tried: BD-rate against the default, and how far above the convex hull it lies',
    columns: ['what', 'encode ms', 'BD-rate', 'above hull'],
    rows: [...pairs.values()].flatMap(({ content, encoder }) =>
      speedSettings(curves, content, encoder).map((entry) => [
        `${content}, ${settingName({ encoder, speed: entry.speed, layers: null })}${entry.speed === null ? ' (default)' : ''}`,
        number(entry.ms, 2),
        percent(entry.bdRatePercent),
        entry.abovePercent === 0 ? 'on it' : percent(entry.abovePercent),
      ]),
    ),
  };
}

function layerTable(results: CodecResults): Table {
  return {
    title: 'Layers: all of them together, against none at the same rates',
    columns: ['what', 'CPU', 'BD-rate', 'BD-PSNR dB', 'BD-rate MS-SSIM', 'skipped', 'why not'],
    rows: layerCosts(results).map((entry) => [
      `${entry.content}, ${settingName({ ...entry, speed: null })}`,
      number(entry.cpuRatio, 2),
      percent(entry.bdRatePercent),
      number(entry.bdPsnrDb, 2),
      percent(entry.bdRateMsSsimPercent),
      entry.skipped,
      entry.reason ?? '',
    ]),
  };
}

function decoderTable({ decoders }: CodecResults): Table {
  return {
    title: 'Decoders of the same stream (pictures: whether they are those of the first, to the bit)',
    columns: ['what', 'kbit/s', 'decode ms', 'p50 ms', 'p99 ms', 'MiB', 'pictures'],
    rows: decoders.map((entry) => {
      const first = decoders.find(
        ({ content, encoder }) => content === entry.content && encoder === entry.encoder,
      );
      return [
        `${entry.content}, ${entry.encoder} by ${entry.decoder}`,
        number(entry.targetBps / 1000, 0),
        number(median(entry.decodeMs), 2),
        number(entry.latencyMs.p50, 2),
        number(entry.latencyMs.p99, 2),
        number(entry.peakKib / 1024, 1),
        entry === first ? entry.pictures : entry.digest === first?.digest ? 'the same' : 'others',
      ];
    }),
  };
}

function peerTable(results: CodecResults): Table {
  return {
    title: 'Beside peers with the same libraries: ours against theirs (below 0 and below 1 is better)',
    columns: ['what', 'CPU', 'BD-rate', 'BD-PSNR dB', 'BD-rate MS-SSIM', 'BD-rate at equal CPU', 'why not'],
    rows: peerDistances(results).map((entry) => [
      `${entry.peer.content}, ${peerName(entry.peer)}`,
      number(entry.cpuRatio, 2),
      percent(entry.bdRatePercent),
      number(entry.bdPsnrDb, 2),
      percent(entry.bdRateMsSsimPercent),
      percent(entry.atEqualCpuPercent),
      entry.reason ?? '',
    ]),
  };
}

function overheadTable({ overhead }: CodecResults): Table {
  return {
    title: 'The binding: CPU of the whole process beside a C program, ms a picture, start-up fitted out',
    columns: ['what', 'ours', 'C', 'ratio'],
    rows: overhead.map(({ encoder, content, oursMs, nativeMs }) => [
      `${content}, ${encoder}`,
      number(median(oursMs), 3),
      number(median(nativeMs), 3),
      number(pairedRatio(oursMs, nativeMs), 3),
    ]),
  };
}

function lossTable({ loss }: CodecResults): Table {
  return {
    title: 'Loss of packets of 1200 bytes, nothing sent again, key frame after 3 pictures',
    columns: ['what', 'pictures', 'packets', 'lost', 'frozen', 'damaged', 'key frames'],
    rows: loss.map((entry) => [
      `${entry.content}, ${entry.encoder}, ${entry.channel}`,
      entry.pictures,
      entry.packets,
      entry.lostPackets,
      entry.frozen,
      entry.damaged,
      entry.keyFrames,
    ]),
  };
}
