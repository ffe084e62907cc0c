/** One peer on one class: its curve, and its CPU beside ours. */
import { rmSync } from 'node:fs';
import type { CodecEngine } from '../../../codecs/types.ts';
import { cpuSeconds } from '../../transcode/cpuTime.ts';
import type { MetricPool } from '../metrics/pool.ts';
import { measureQuality } from '../metrics/quality.ts';
import type { PeerRecord, RdRecord } from '../model.ts';
import { fitCpuMs } from '../../transcode/cpuFit.ts';
import { encodeCommand } from '../run/jobs.ts';
import { type Contender, type Source, bitRate, encoderConfig } from '../run/points.ts';
import type { Peer, PeerJob } from './peers.ts';

export interface PeerTools {
  readonly engine: CodecEngine;
  readonly pool: MetricPool;
  /** An empty one. */
  readonly newFolder: () => string;
}

/** What is told of progress: one point of the curve, one value of the fit. */
export interface PeerSteps {
  readonly point: () => void;
  readonly fit: () => void;
}

/** @throws where the peer fails, with what it printed */
export async function measurePeer(
  { engine, pool, newFolder }: PeerTools,
  { content, file, pictures }: Source,
  encoder: Contender,
  peer: Peer,
  rounds: number,
  steps: PeerSteps,
): Promise<PeerRecord> {
  const { width, height, frameRate, targetsBps } = content;
  const job = (bps: number): PeerJob => ({ width, height, frameRate, bps, input: file, pictures });
  const points: RdRecord[] = [];
  for (const targetBps of targetsBps) {
    const output = newFolder();
    await cpuSeconds(peer.command({ ...job(targetBps), output }));
    const units = peer.units(output);
    if (units.length !== pictures) {
      throw new RangeError(
        `it made ${units.length} pictures of ${pictures}, so none can be held against its source`,
      );
    }
    const quality = await measureQuality(engine, pool, encoder.codec, content, units);
    rmSync(output, { recursive: true });
    points.push({
      targetBps,
      bps: bitRate(
        units.map(({ length }) => length),
        frameRate,
      ),
      ...quality,
    });
    steps.point();
  }
  const middle = targetsBps[Math.floor((targetsBps.length - 1) / 2)] ?? 0;
  const config = encoderConfig(encoder, content, middle);
  const [ourCpuMs = [], cpuMs = []] = await fitCpuMs(
    [
      (length) => encodeCommand({ config, input: file, pictures: length }),
      (length) => peer.command({ ...job(middle), pictures: length }),
    ],
    pictures,
    rounds,
    steps.fit,
  );
  const { tool, settings, effort } = peer;
  return { content: content.name, tool, encoder: peer.encoder, settings, effort, cpuMs, ourCpuMs, points };
}
