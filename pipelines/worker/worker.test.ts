import { spawn } from 'node:child_process';
import { once } from 'node:events';
import dgram from 'node:dgram';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createCodecEngine } from '../../codecs/engine.ts';
import type { CodecEngine, Rtp90k } from '../../codecs/types.ts';
import { PAYLOAD_CODECS, type PayloadCodec } from '../ipc.ts';
import { readBarcode } from '../../test/signal/barcode.ts';
import { contentPsnrDb, drawPattern } from '../../test/signal/pattern.ts';
import { MEDIA_WORKER_ENTRY } from './launch.ts';
import type { OutputStarted, RtpStreamSpec, SessionStats } from '../ipc.ts';
import type { AccessUnit } from '../jitter/jitter-buffer.ts';
import type { ReceiverReport, RtcpPacket, SourceDescription } from '../rtp/rtcp-types.ts';
import { serializeRtp } from '../rtp/packet.ts';
import type { PictureReader, SeenPicture } from '../testing/picture-sink.ts';
import { PictureSink } from '../testing/picture-sink.ts';
import { PictureSource, RouterPeer } from '../testing/router-peer.ts';
import { seededRandom } from '../seeded-random.ts';
import { NODE, WorkerProcess } from '../testing/worker-process.ts';

const SIZE = { width: 640, height: 360 };
const FRAME_TICKS = 3000;
/** Close to the wrap, so that it happens during every test. */
const FIRST_TIMESTAMP = 0xffff_0000;
const INPUT_SSRC = 1111;
const SESSION = { sessionId: 's1', callId: 'call-1' } as const;

const readPattern: PictureReader = (luma, width, height) => {
  const stamp = readBarcode(luma, width, width, height);
  return stamp === null
    ? null
    : { frame: stamp.frame, psnrDb: contentPsnrDb(luma, width, width, height, stamp) };
};

const specOf = (codec: PayloadCodec, ssrc: number): RtpStreamSpec =>
  codec === 'H264'
    ? { codec, ssrc, payloadType: 102, packetizationMode: 1 }
    : { codec, ssrc, payloadType: 96 };

const PAIRS = PAYLOAD_CODECS.flatMap((from) =>
  PAYLOAD_CODECS.filter((to) => to !== from).map((to) => [from, to] as const),
);

const timestampOf = (frame: number): Rtp90k => (FIRST_TIMESTAMP + frame * FRAME_TICKS) as Rtp90k;

let engine: CodecEngine;
beforeAll(() => {
  engine = createCodecEngine({ threads: 2 });
});
afterAll(async () => {
  expect(engine.liveObjects()).toEqual({ frames: 0, encoders: 0, decoders: 0, converters: 0, jobs: 0 });
  await engine.close();
});

/** A session with one source playing into it. */
class Stage {
  readonly worker: WorkerProcess;
  readonly peer: RouterPeer;
  readonly source: PictureSource;
  readonly #sinks = new Map<number, PictureSink>();
  readonly #units: { readonly ssrc: number; readonly unit: AccessUnit }[] = [];

  private constructor(worker: WorkerProcess, peer: RouterPeer, source: PictureSource) {
    this.worker = worker;
    this.peer = peer;
    this.source = source;
    peer.on('unit', (ssrc, unit) => void this.#units.push({ ssrc, unit }));
    peer.answerNacksWith((sequenceNumbers) => source.resend(sequenceNumbers, performance.now()));
  }

  static async open(
    worker: WorkerProcess,
    input: PayloadCodec,
    outputs: Record<number, PayloadCodec>,
  ): Promise<Stage> {
    const peer = await RouterPeer.open(
      new Map(Object.entries(outputs).map(([ssrc, codec]) => [Number(ssrc), codec])),
    );
    const source = new PictureSource(
      engine,
      specOf(input, INPUT_SSRC),
      2_000_000,
      (out, width, height, frame) => drawPattern(out, width, height, { frame, timeMs: 0, stream: 1 }),
    );
    const { localPort } = await worker.demand({
      op: 'open-session',
      ...SESSION,
      remote: { ip: '127.0.0.1', port: peer.port },
      input: specOf(input, INPUT_SSRC),
      cname: 'camera-1',
    });
    peer.connect(localPort ?? 0);
    const stage = new Stage(worker, peer, source);
    for (const [ssrc, codec] of Object.entries(outputs)) {
      stage.#sinks.set(Number(ssrc), new PictureSink(engine, codec, readPattern));
    }
    return stage;
  }

  async addOutput(
    ssrc: number,
    codec: PayloadCodec,
    limits: { maxWidth?: number; maxHeight?: number } = {},
  ): Promise<void> {
    await this.worker.demand({
      op: 'add-output',
      sessionId: SESSION.sessionId,
      outputId: `o${ssrc}`,
      stream: specOf(codec, ssrc),
      targetBps: 2_000_000,
      ...limits,
    });
  }

  async play(frame: number, size: { width: number; height: number } = SIZE, keyFrame = false): Promise<void> {
    this.peer.play(await this.source.packets(frame, timestampOf(frame), size, keyFrame));
  }

  /** Plays one picture and waits for it to come back on each of the streams. */
  async playThrough(frame: number, ssrcs: readonly number[], size = SIZE): Promise<SeenPicture[]> {
    await this.play(frame, size);
    return Promise.all(ssrcs.map((ssrc) => this.next(ssrc)));
  }

  /** The next picture of a stream that the test has not looked at. */
  async next(ssrc: number): Promise<SeenPicture> {
    const index = this.#units.findIndex((entry) => entry.ssrc === ssrc);
    const [found] = index < 0 ? [] : this.#units.splice(index, 1);
    if (found !== undefined) return this.sink(ssrc).take(found.unit);
    await once(this.peer, 'unit');
    return this.next(ssrc);
  }

  sink(ssrc: number): PictureSink {
    const sink = this.#sinks.get(ssrc);
    if (sink === undefined) throw new Error(`no sink for ${ssrc}`);
    return sink;
  }

  async rtcp<T extends RtcpPacket>(matches: (packet: RtcpPacket) => packet is T): Promise<T> {
    const seen = this.peer.rtcpSeen.find(matches);
    if (seen !== undefined) return seen;
    await once(this.peer, 'rtcp');
    return this.rtcp(matches);
  }

  /** Statistics from after this call. */
  async statistics(): Promise<SessionStats> {
    const before = this.worker.messages.length;
    return this.worker.waitFor(
      (message): message is SessionStats =>
        message.op === 'session-stats' && this.worker.messages.indexOf(message) >= before,
    );
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sinks.values()].map((sink) => sink.close()));
    await this.source.close();
    await this.peer.close();
  }
}

describe('a media worker process', () => {
  let worker: WorkerProcess;
  let stage: Stage | null = null;

  beforeEach(async () => {
    worker = new WorkerProcess();
    await worker.waitFor((message) => message.op === 'ready');
  });
  afterEach(async () => {
    await stage?.close();
    stage = null;
    expect(await worker.stop()).toBe(0);
  });

  test.each(PAIRS)('%s comes back as %s: every picture, its timestamp, its content', async (from, to) => {
    stage = await Stage.open(worker, from, { 2222: to });
    await stage.addOutput(2222, to);
    const seen: SeenPicture[] = [];
    for (let frame = 0; frame < 60; frame++) seen.push(...(await stage.playThrough(frame, [2222])));
    expect(seen.map(({ frame, timestampRtp90k }) => [frame, timestampRtp90k])).toEqual(
      Array.from({ length: 60 }, (_, frame) => [frame, timestampOf(frame)]),
    );
    expect(seen.filter((picture) => picture.keyFrame).map((picture) => picture.frame)).toEqual([0]);
    expect(seen[0]).toMatchObject(SIZE);
    const settled = seen.slice(10).map((picture) => picture.psnrDb);
    expect(Math.min(...settled)).toBeGreaterThan(28);
    expect(settled.reduce((sum, psnrDb) => sum + psnrDb, 0) / settled.length).toBeGreaterThan(31);
    const started = await worker.waitFor(
      (message): message is OutputStarted => message.op === 'output-started',
    );
    expect(started).toEqual({ op: 'output-started', sessionId: 's1', outputId: 'o2222', ...SIZE });
    expect(await stage.statistics()).toMatchObject({
      packetsForeign: 0,
      packetsMalformed: 0,
      framesDecoded: 60,
      framesDropped: 0,
      decodeErrors: 0,
      outputs: [{ outputId: 'o2222', framesEncoded: 60, framesSkipped: 0, keyFrames: 1, ...SIZE }],
    });
  });

  test('loss, reordering and duplication on the way in cost no order and no damage', async () => {
    stage = await Stage.open(worker, 'VP8', { 2222: 'H264' });
    await stage.addOutput(2222, 'H264');
    const seen = await stage.playThrough(0, [2222]);
    stage.peer.impair({ random: seededRandom(17), loss: 0.05, duplication: 0.05, swap: 0.1 });
    const last = 75;
    for (let frame = 1; frame < last; frame++) {
      // The pace of a camera: the worker's clock decides when to ask again.
      await Promise.all([stage.play(frame), new Promise((resolve) => setTimeout(resolve, 33))]);
    }
    stage.peer.impair(null);
    await stage.play(last, SIZE, true);
    while (seen.at(-1)?.frame !== last) seen.push(await stage.next(2222));
    const frames = seen.map((picture) => picture.frame ?? -1);
    expect(frames).toEqual(frames.toSorted((a, b) => a - b));
    expect(new Set(frames).size).toBe(frames.length);
    // Retransmission repairs nearly all; some pictures may be passed over when several come at once.
    expect(frames.length).toBeGreaterThan(60);
    expect(seen.map((picture) => picture.timestampRtp90k)).toEqual(frames.map((frame) => timestampOf(frame)));
    expect(Math.min(...seen.slice(5).map((picture) => picture.psnrDb))).toBeGreaterThan(26);
    expect(stage.peer.rtcpSeen.some((packet) => packet.type === 'generic-nack')).toBe(true);
    expect((await stage.statistics()).decodeErrors).toBe(0);
  });

  test('a source that cannot be repaired is asked for a key frame', async () => {
    stage = await Stage.open(worker, 'H264', { 2222: 'VP8' });
    await stage.addOutput(2222, 'VP8');
    await stage.playThrough(0, [2222]);
    stage.peer.answerNacksWith(() => []);
    await stage.source.packets(1, timestampOf(1), SIZE);
    await stage.play(2);
    await stage.rtcp((packet) => packet.type === 'picture-loss-indication');
    await stage.play(3, SIZE, true);
    expect(await stage.next(2222)).toMatchObject({ frame: 3, timestampRtp90k: timestampOf(3) });
  });

  test('a PLI is answered with a key frame at the next picture; at rest, with the last picture', async () => {
    stage = await Stage.open(worker, 'VP8', { 2222: 'H264' });
    await stage.addOutput(2222, 'H264');
    for (let frame = 0; frame < 8; frame++) await stage.playThrough(frame, [2222]);
    const ask = (): void => {
      for (let i = 0; i < 3; i++) {
        stage?.peer.sendRtcp({ type: 'picture-loss-indication', senderSsrc: 2222, mediaSsrc: 2222 });
      }
    };
    ask();
    const repeated = await stage.next(2222);
    expect(repeated).toMatchObject({ frame: 7, keyFrame: true });
    expect(repeated.timestampRtp90k).toBeGreaterThan(timestampOf(7));
    // A later picture goes on from there; three requests were one.
    const [after] = await stage.playThrough(60, [2222]);
    expect(after).toMatchObject({ frame: 60, keyFrame: false, timestampRtp90k: timestampOf(60) });
    stage.peer.sendRtcp({
      type: 'full-intra-request',
      senderSsrc: 1,
      entries: [{ ssrc: 2222, commandSequence: 1 }],
    });
    expect(await stage.next(2222)).toMatchObject({ frame: 60, keyFrame: true });
    expect((await stage.statistics()).outputs[0]).toMatchObject({ keyFrames: 3, keyFrameRequests: 4 });
    expect(stage.peer.rtcpSeen.some((packet) => packet.type === 'picture-loss-indication')).toBe(false);
  });

  test('a second output shares the decoder, starts from the last picture and may be smaller', async () => {
    stage = await Stage.open(worker, 'VP8', { 2222: 'H264', 3333: 'VP8' });
    await stage.addOutput(2222, 'H264');
    for (let frame = 0; frame < 3; frame++) await stage.playThrough(frame, [2222]);
    await stage.addOutput(3333, 'VP8', { maxWidth: 320, maxHeight: 320 });
    expect(await stage.next(3333)).toMatchObject({ frame: 2, keyFrame: true, width: 320, height: 180 });
    for (let frame = 30; frame < 40; frame++) {
      const pictures = await stage.playThrough(frame, [2222, 3333]);
      expect(pictures.map((picture) => [picture.frame, picture.timestampRtp90k])).toEqual([
        [frame, timestampOf(frame)],
        [frame, timestampOf(frame)],
      ]);
      expect(Math.min(...pictures.map((picture) => picture.psnrDb))).toBeGreaterThan(24);
    }
    const statistics = await stage.statistics();
    expect(statistics.framesDecoded).toBe(13);
    expect(statistics.outputs.map((output) => output.framesEncoded)).toEqual([13, 11]);
    await worker.demand({ op: 'remove-output', sessionId: 's1', outputId: 'o3333' });
    const bye = await stage.rtcp((packet) => packet.type === 'goodbye');
    expect(bye).toEqual({ type: 'goodbye', ssrcs: [3333] });
    await stage.playThrough(40, [2222]);
  });

  test('another size of the source makes a new encoder, which begins with a key frame', async () => {
    stage = await Stage.open(worker, 'VP8', { 2222: 'H264' });
    await stage.addOutput(2222, 'H264');
    await stage.playThrough(0, [2222]);
    await stage.playThrough(1, [2222]);
    const small = { width: 320, height: 180 };
    expect(await stage.playThrough(2, [2222], small)).toMatchObject([{ frame: 2, keyFrame: true, ...small }]);
    expect(await stage.playThrough(3, [2222], small)).toMatchObject([
      { frame: 3, keyFrame: false, ...small },
    ]);
  });

  test('sender reports carry the mapping of the captured stream, with its CNAME', async () => {
    stage = await Stage.open(worker, 'VP8', { 2222: 'H264' });
    await stage.addOutput(2222, 'H264');
    await stage.playThrough(0, [2222]);
    const ntpSeconds = 3_900_000_000;
    const rtpTimestamp = 12_345_678;
    const sentAtMs = performance.now();
    stage.peer.sendRtcp({
      type: 'sender-report',
      ssrc: INPUT_SSRC,
      ntpSeconds,
      ntpFraction: 0x8000_0000,
      rtpTimestamp,
      packetCount: 1,
      octetCount: 1,
      reports: [],
    });
    const report = await stage.rtcp((packet) => packet.type === 'sender-report');
    const roundTripMs = performance.now() - sentAtMs;
    const ntpElapsedMs =
      (report.ntpSeconds - ntpSeconds) * 1000 + (report.ntpFraction / 2 ** 32) * 1000 - 500;
    const rtpElapsedMs = (report.rtpTimestamp - rtpTimestamp) / 90;
    expect(report.ssrc).toBe(2222);
    expect(report.packetCount).toBeGreaterThan(0);
    expect(ntpElapsedMs).toBeGreaterThanOrEqual(0);
    expect(ntpElapsedMs).toBeLessThanOrEqual(roundTripMs);
    expect(Math.abs(ntpElapsedMs - rtpElapsedMs)).toBeLessThan(0.02);
    const description = await stage.rtcp(
      (packet): packet is SourceDescription =>
        packet.type === 'source-description' && packet.chunks.length > 1,
    );
    expect(description.chunks).toContainEqual({ ssrc: 2222, cname: 'camera-1' });
    const back = await stage.rtcp(
      (packet): packet is ReceiverReport =>
        packet.type === 'receiver-report' && (packet.reports[0]?.lastSenderReport ?? 0) > 0,
    );
    expect(back.reports).toMatchObject([{ ssrc: INPUT_SSRC, cumulativeLost: 0 }]);
    expect(back.reports[0]?.lastSenderReport).toBe(((ntpSeconds & 0xffff) * 65_536 + 0x8000) % 2 ** 32);
  });

  test('a packet lost on the way back is sent again under its own number', async () => {
    stage = await Stage.open(worker, 'VP8', { 2222: 'H264' });
    await stage.addOutput(2222, 'H264');
    const packets: Uint8Array[] = [];
    const { peer } = stage;
    peer.on('packet', (packet) => void packets.push(serializeRtp(packet)));
    await stage.playThrough(0, [2222]);
    const first = packets[0] ?? new Uint8Array(0);
    const sequenceNumber = ((first[2] ?? 0) << 8) | (first[3] ?? 0);
    const before = packets.length;
    peer.sendRtcp({
      type: 'generic-nack',
      senderSsrc: 1,
      mediaSsrc: 2222,
      sequenceNumbers: [sequenceNumber, sequenceNumber],
    });
    await once(peer, 'packet');
    expect(packets.slice(before)).toEqual([first]);
  });

  test('strangers and garbage are counted, and disturb nothing', async () => {
    stage = await Stage.open(worker, 'VP8', { 2222: 'H264' });
    await stage.addOutput(2222, 'H264');
    await stage.playThrough(0, [2222]);
    const { peer, source } = stage;
    const random = seededRandom(5);
    const stranger = dgram.createSocket('udp4');
    const localPort = peer.workerPort;
    const next = await source.packets(1, timestampOf(1), SIZE);
    // The true packets, but from another address.
    for (const datagram of next) {
      await new Promise((resolve) => stranger.send(datagram, localPort, '127.0.0.1', resolve));
    }
    stranger.close();
    const payload = Uint8Array.of(0x10, 0x00);
    const header = { marker: true, sequenceNumber: 1, timestamp: 1, payload };
    peer.sendRaw(serializeRtp({ ...header, payloadType: 96, ssrc: INPUT_SSRC + 1 }));
    peer.sendRaw(serializeRtp({ ...header, payloadType: 97, ssrc: INPUT_SSRC }));
    for (let i = 0; i < 200; i++) {
      const bytes = random.bytes(1 + random.integer(40));
      // Neither RTP nor RTCP of version 2.
      bytes[0] = (bytes[0] ?? 0) & 0x3f;
      peer.sendRaw(bytes);
    }
    peer.play(next);
    expect(await stage.next(2222)).toMatchObject({ frame: 1 });
    expect(await stage.statistics()).toMatchObject({
      packetsForeign: next.length + 2,
      packetsMalformed: 200,
      framesDecoded: 2,
      framesDropped: 0,
    });
  });

  test.each(['H264', 'VP9', 'AV1'] as const)(
    'damaged payloads of %s cost a key frame, not the session',
    async (from) => {
      stage = await Stage.open(worker, from, { 2222: 'VP8' });
      await stage.addOutput(2222, 'VP8');
      await stage.playThrough(0, [2222]);
      const random = seededRandom(9);
      for (let frame = 1; frame < 20; frame++) {
        const packets = await stage.source.packets(frame, timestampOf(frame), SIZE, frame % 5 === 0);
        for (const packet of packets) packet.set(random.bytes(4), 14 + random.integer(packet.length - 20));
        stage.peer.play(packets);
      }
      const seen: SeenPicture[] = [];
      // Undamaged from here on: within a few key frames the picture is sound again.
      for (let frame = 20; seen.at(-1)?.frame !== frame - 1 || frame < 25; frame++) {
        await stage.play(frame, SIZE, true);
        do seen.push(await stage.next(2222));
        while ((seen.at(-1)?.timestampRtp90k ?? 0) < timestampOf(frame));
      }
      expect(seen.at(-1)?.psnrDb).toBeGreaterThan(26);
      expect((await stage.statistics()).decodeErrors).toBeGreaterThan(0);
    },
  );

  test('requests that cannot be met are refused by name, malformed ones too', async () => {
    stage = await Stage.open(worker, 'VP8', { 2222: 'H264' });
    await stage.addOutput(2222, 'H264');
    const stream = specOf('H264', 2222);
    const add = { op: 'add-output', sessionId: 's1', outputId: 'x', stream, targetBps: 500_000 } as const;
    const open = {
      op: 'open-session',
      ...SESSION,
      remote: { ip: '127.0.0.1', port: 9 },
      input: specOf('VP8', 1),
      cname: 'c',
    } as const;
    const codes = async (...requests: Parameters<WorkerProcess['request']>[0][]): Promise<string[]> => {
      const replies = await Promise.all(requests.map((request) => worker.request(request)));
      return replies.map((reply) => (reply.ok ? 'ok' : reply.error.code));
    };
    expect(
      await codes(
        open,
        add,
        { ...add, outputId: 'o2222', stream: specOf('H264', 5) },
        { ...add, stream: specOf('H264', INPUT_SSRC) },
        { ...add, sessionId: 'none' },
        { op: 'remove-output', sessionId: 's1', outputId: 'none' },
        { op: 'close-session', sessionId: 'none' },
        { ...open, sessionId: 's2', remote: { ip: '10.0.0.1', port: 9 } },
        { ...add, targetBps: -1 },
      ),
    ).toEqual([
      'SESSION_EXISTS',
      'SSRC_IN_USE',
      'OUTPUT_EXISTS',
      'SSRC_IN_USE',
      'SESSION_UNKNOWN',
      'OUTPUT_UNKNOWN',
      'SESSION_UNKNOWN',
      'IPC_MESSAGE_INVALID',
      'IPC_MESSAGE_INVALID',
    ]);
    for (const nonsense of ['text', 7, { op: 'no-such' }, [], { requestId: {} }]) worker.child.send(nonsense);
    worker.tell({ op: 'set-output-rate', sessionId: 's1', outputId: 'none', targetBps: 500_000 });
    worker.tell({
      op: 'set-output-rate',
      sessionId: 's1',
      outputId: 'o2222',
      targetBps: 300_000,
      paceBps: 750_000,
    });
    await stage.playThrough(0, [2222]);
    expect((await stage.statistics()).outputs).toMatchObject([{ targetBps: 300_000 }]);
    expect(
      worker.messages.filter((message) => message.op === 'log' && message.level === 'error').length,
    ).toBe(5);
    expect(await codes({ op: 'close-session', sessionId: 's1' }, open)).toEqual(['ok', 'ok']);
    // The close overtakes the open, which still waits for its socket: nothing is left of it, and its id is free.
    const other = { ...open, sessionId: 's3' };
    const end = { op: 'close-session', sessionId: 's3' } as const;
    expect(await codes(other, end)).toEqual(['ok', 'ok']);
    expect(await codes(other, end)).toEqual(['ok', 'ok']);
    expect(await codes(end)).toEqual(['SESSION_UNKNOWN']);
  });
});

describe('the end of a media worker', () => {
  test('it exits when the IPC channel closes', async () => {
    const worker = new WorkerProcess();
    await worker.waitFor((message) => message.op === 'ready');
    worker.child.disconnect();
    expect((await worker.exited).code).toBe(0);
  });

  test('it does not outlive a parent that is killed', async () => {
    const script = `
      const { fork } = await import('node:child_process');
      const child = fork(${JSON.stringify(MEDIA_WORKER_ENTRY)}, [], { execPath: process.execPath, execArgv: [] });
      child.on('message', (message) => { if (message.op === 'ready') process.stdout.write(String(message.pid) + '\\n'); });
    `;
    const parent = spawn(NODE, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    expect(process.kill(pid, 0)).toBe(true);
    parent.kill('SIGKILL');
    // The worker holds the other end of the same pipe, so the stream ends only when it has ended too.
    await once(parent.stdout, 'close');
  });

  test('without a parent it says so', async () => {
    const alone = spawn(NODE, [MEDIA_WORKER_ENTRY], { stdio: ['ignore', 'ignore', 'pipe'] });
    const [text] = (await once(alone.stderr, 'data')) as [Buffer];
    expect(text.toString()).toContain('started by the server');
    expect(await once(alone, 'exit')).toEqual([2, null]);
  });
});
