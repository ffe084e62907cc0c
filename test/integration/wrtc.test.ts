// The wrtc client against a real mediasoup router: it sends VP8 and Opus through it and receives them back.
import { createWorker } from 'mediasoup';
import type { types as server } from 'mediasoup';
import type { types as client } from 'mediasoup-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtPaths } from '../../native/paths.ts';
import { passMs, waitFor } from '../harness/wait.ts';
import { openWrtcCamera, openWrtcMicrophone, recordWrtcTone, WrtcFrameProbe } from '../wrtc/media.ts';
import { asRtpParameters, asWrtcTrack, createWrtcDevice, type WrtcTrack } from '../wrtc/wrtc.ts';
import { judgeFrames, judgeTone, scoreFrames } from '../signal/score.ts';
import { toneHzOf } from '../signal/tone.ts';

const STREAM = 9;
let worker: server.Worker;
let router: server.Router;

beforeAll(async () => {
  worker = await createWorker({ workerBin: builtPaths().workerBin, logLevel: 'warn' });
  router = await worker.createRouter({
    mediaCodecs: [
      { kind: 'audio', mimeType: 'audio/opus', clockRate: 48_000, channels: 2 },
      { kind: 'video', mimeType: 'video/VP8', clockRate: 90_000 },
      {
        kind: 'video',
        mimeType: 'video/H264',
        clockRate: 90_000,
        parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 },
      },
    ],
  });
});

afterAll(async () => {
  const { pid } = worker;
  worker.close();
  await waitFor('the worker process to end', () => !exists(pid));
});

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

interface TransportPair {
  readonly near: client.Transport;
  readonly far: server.WebRtcTransport;
}

async function openTransport(device: client.Device, direction: 'send' | 'recv'): Promise<TransportPair> {
  const far = await router.createWebRtcTransport({ listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }] });
  const { id, iceParameters, iceCandidates, dtlsParameters } = far;
  const options = { id, iceParameters, iceCandidates, dtlsParameters };
  const near =
    direction === 'send' ? device.createSendTransport(options) : device.createRecvTransport(options);
  near.on('connect', ({ dtlsParameters: own }, done, failed) => {
    far.connect({ dtlsParameters: own }).then(done, failed);
  });
  near.on('produce', ({ kind, rtpParameters }, done, failed) => {
    far.produce({ kind, rtpParameters }).then(({ id: producerId }) => done({ id: producerId }), failed);
  });
  return { near, far };
}

async function consume(to: TransportPair, device: client.Device, producerId: string): Promise<WrtcTrack> {
  const there = await to.far.consume({
    producerId,
    rtpCapabilities: device.recvRtpCapabilities,
    paused: true,
  });
  const { id, kind } = there;
  const rtpParameters = asRtpParameters(there.rtpParameters);
  const here = await to.near.consume({ id, kind, rtpParameters, producerId });
  await there.resume();
  return asWrtcTrack(here.track);
}

describe('wrtc on mediasoup', () => {
  it('has no H.264, whatever the router offers', async () => {
    const device = await createWrtcDevice(router.rtpCapabilities);
    const names = device.recvRtpCapabilities.codecs?.map((codec) => codec.mimeType) ?? [];
    expect(names).toContain('video/VP8');
    expect(names).not.toContain('video/H264');
  });

  it('sends VP8 and Opus through a router and receives both well', async () => {
    const device = await createWrtcDevice(router.rtpCapabilities);
    const [send, receive] = await Promise.all([openTransport(device, 'send'), openTransport(device, 'recv')]);
    const camera = openWrtcCamera({ stream: STREAM, width: 640, height: 360, frameRate: 15 });
    const microphone = openWrtcMicrophone(toneHzOf(STREAM));
    const video = await send.near.produce({ track: camera.track, stopTracks: false });
    const audio = await send.near.produce({ track: microphone.track, stopTracks: false });
    const videoTrack = await consume(receive, device, video.id);
    const audioTrack = await consume(receive, device, audio.id);

    const rampUp = new WrtcFrameProbe(videoTrack, 0);
    await waitFor('the first picture', () => rampUp.read().samples.length > 0);
    await passMs(3000);
    rampUp.close();

    const probe = new WrtcFrameProbe(videoTrack);
    const tone = await recordWrtcTone(audioTrack, 3000);
    await passMs(2000);
    const report = scoreFrames(probe.close());
    expect(judgeFrames(report, { stream: STREAM })).toEqual([]);
    expect(judgeFrames(report, { stream: STREAM + 1 })).not.toEqual([]);
    expect(judgeTone(tone, { frequencyHz: toneHzOf(STREAM) })).toEqual([]);
    expect(judgeTone(tone, { frequencyHz: toneHzOf(STREAM + 1) })).not.toEqual([]);

    // Without a camera the same probe says so.
    camera.close();
    const still = new WrtcFrameProbe(videoTrack);
    await passMs(1500);
    expect(judgeFrames(scoreFrames(still.close()), { stream: STREAM })).toContainEqual(
      expect.stringContaining('stood still'),
    );

    microphone.close();
    send.near.close();
    receive.near.close();
    send.far.close();
    receive.far.close();
  });
});
