/**
 * A device in a call that really has no H.264: the client SDK in this process, on @roamhq/wrtc.
 *
 * What will surprise you: wrtc's pictures and sounds are handled on this process's one thread, beside whatever else it does.
 */
import { Device } from 'mediasoup-client';
import type { FrameLog } from '../signal/score.ts';
import { type ToneReport, toneHzOf } from '../signal/tone.ts';
import { Call, type MediaTrack, type RemoteStream, webSocketPipe } from '../../web/sdk/index.ts';
import { type CallMember, type Person, PICTURE } from '../harness/callMember.ts';
import { passMs, waitFor } from '../harness/wait.ts';
import {
  type WrtcSource,
  openWrtcCamera,
  openWrtcMicrophone,
  recordWrtcTone,
  WrtcFrameProbe,
} from './media.ts';
import { asWrtcTrack, installWrtcGlobals, WrtcError, type WrtcTrack } from './wrtc.ts';

export class WrtcClient implements CallMember {
  readonly name: string;
  readonly stream: number;
  readonly #call: Call;
  readonly #devices: readonly WrtcSource[];

  private constructor({ name, stream }: Person, call: Call, devices: readonly WrtcSource[]) {
    this.name = name;
    this.stream = stream;
    this.#call = call;
    this.#devices = devices;
  }

  /** Joins with camera and microphone. */
  static async join(origin: string, room: string, person: Person): Promise<WrtcClient> {
    installWrtcGlobals();
    const call = new Call({
      open: webSocketPipe(`${origin.replace('http', 'ws')}/connect`),
      createDevice: () => new Device({ handlerName: 'Chrome111' }),
      client: { name: 'wrtc', version: '1' },
    });
    const camera = openWrtcCamera({ stream: person.stream, ...PICTURE });
    const microphone = openWrtcMicrophone(toneHzOf(person.stream));
    const published = Promise.all([
      call.publish('camera', asMediaTrack(camera.track), { simulcast: false }),
      call.publish('microphone', asMediaTrack(microphone.track)),
    ]);
    await call.join({ room, name: person.name });
    await published;
    return new WrtcClient(person, call, [camera, microphone]);
  }

  badge(of: Person): Promise<string> {
    const delivery = this.#streamOf(of, 'camera')?.delivery;
    const words =
      delivery?.via === 'transcode' ? `transcoded ${delivery.from} → ${delivery.to}` : (delivery?.via ?? '');
    return Promise.resolve(
      `${words.replace(/^forward$/, 'forwarded').replace('H264', 'H.264')}: ${delivery?.reason ?? ''}`,
    );
  }

  async waitForPicture(of: Person, timeoutMs = 15_000): Promise<void> {
    const track = await waitFor(
      `${this.name} to get a track of ${of.name}`,
      () => this.#streamOf(of, 'camera')?.track,
      { timeoutMs },
    );
    const probe = new WrtcFrameProbe(asWrtcTrack(track), 0);
    try {
      await waitFor(`${this.name} to see ${of.name}`, () => probe.read().samples.length > 0, { timeoutMs });
    } finally {
      probe.close();
    }
  }

  async watchFrames(of: Person, windowMs: number): Promise<FrameLog> {
    const probe = new WrtcFrameProbe(this.#trackOf(of, 'camera'));
    await passMs(windowMs);
    return probe.close();
  }

  recordTone(of: Person, windowMs: number): Promise<ToneReport> {
    return recordWrtcTone(this.#trackOf(of, 'microphone'), windowMs);
  }

  async leave(): Promise<void> {
    await this.#call.leave();
    for (const device of this.#devices) device.close();
  }

  #streamOf(of: Person, source: 'camera' | 'microphone'): RemoteStream | undefined {
    const id = this.#call.participants.find(({ name }) => name === of.name)?.participant_id;
    return this.#call.streams.find((stream) => stream.participantId === id && stream.source === source);
  }

  #trackOf(of: Person, source: 'camera' | 'microphone'): WrtcTrack {
    const track = this.#streamOf(of, source)?.track;
    if (track === null || track === undefined) throw new WrtcError(`no ${source} of ${of.name}`);
    return asWrtcTrack(track);
  }
}

/** wrtc's tracks are what mediasoup-client calls tracks; the two packages describe the same W3C class. */
function asMediaTrack(track: WrtcTrack): MediaTrack {
  if (isMediaTrack(track)) return track;
  throw new WrtcError('not a track');
}

function isMediaTrack(track: WrtcTrack): track is WrtcTrack & MediaTrack {
  return 'getSettings' in track && 'readyState' in track;
}
