/**
 * What one live transcode adds: VP8 goes into a real media worker in real time, and H.264 comes back. For each picture the
 * time from its last packet sent to its last packet received, both taken outside the worker.
 */
import { RouterPeer } from '../../pipelines/testing/router-peer.ts';
import { WorkerProcess } from '../../pipelines/testing/worker-process.ts';
import { RtpSender } from '../../pipelines/transcode/rtp-sender.ts';
import { CLIP, timeOf } from './clip.ts';

const INPUT = { codec: 'VP8', ssrc: 1, payloadType: 96 } as const;
const OUTPUT = { codec: 'H264', ssrc: 2, payloadType: 102, packetizationMode: 1 } as const;
/** Encoder and caches warm up; a live call has long done so. */
const WARM_UP_FRAMES = 30;

/** @returns milliseconds for every picture that came back, after the warm-up */
export async function addedLatenciesMs(frames: readonly Uint8Array[]): Promise<readonly number[]> {
  const peer = await RouterPeer.open(new Map([[OUTPUT.ssrc, OUTPUT.codec]]));
  const worker = new WorkerProcess();
  const sentAtMs = new Map<number, number>();
  const latenciesMs: number[] = [];
  try {
    await worker.waitFor((message) => message.op === 'ready');
    const session = { sessionId: 'bench', callId: 'bench' };
    const { localPort = 0 } = await worker.demand({
      op: 'open-session',
      ...session,
      remote: { ip: '127.0.0.1', port: peer.port },
      input: INPUT,
      cname: 'bench',
    });
    peer.connect(localPort);
    await worker.demand({
      op: 'add-output',
      ...session,
      outputId: 'h264',
      stream: OUTPUT,
      targetBps: CLIP.bps,
    });
    peer.on('packet', ({ marker, timestamp }) => {
      const startedAtMs = sentAtMs.get(timestamp);
      if (!marker || startedAtMs === undefined) return;
      sentAtMs.delete(timestamp);
      latenciesMs.push(performance.now() - startedAtMs);
    });
    await play(peer, frames, sentAtMs);
    await worker.demand({ op: 'close-session', sessionId: session.sessionId });
    return latenciesMs.slice(WARM_UP_FRAMES);
  } finally {
    await worker.stop();
    await peer.close();
  }
}

async function play(
  peer: RouterPeer,
  frames: readonly Uint8Array[],
  sentAtMs: Map<number, number>,
): Promise<void> {
  const sender = new RtpSender(INPUT, { sequenceNumber: 1, pictureId: 1 });
  const startMs = performance.now();
  for (const [number, data] of frames.entries()) {
    const dueMs = startMs + (number * 1000) / CLIP.frameRate;
    await new Promise((resolve) => {
      setTimeout(resolve, Math.max(0, dueMs - performance.now()));
    });
    const timestamp = timeOf(number);
    peer.play(sender.packetise(data, timestamp));
    sentAtMs.set(timestamp % 2 ** 32, performance.now());
  }
  // The last picture needs its time to come back.
  await new Promise((resolve) => {
    setTimeout(resolve, 300);
  });
}
