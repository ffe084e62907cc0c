/** A call and devices made by hand, for tests of what the stage shows: streams are the SDK's own. */
import type { Delivery } from '../../../signaling/messages/notifications.ts';
import type { Participant, SourceName } from '../../../signaling/messages/requests.ts';
import type { CallEvents, CallState, CallStats } from '../../sdk/call-types.ts';
import { Emitter } from '../../sdk/emitter.ts';
import type { CallStatsEvent, ViewSize } from '../../sdk/index.ts';
import { RemoteStream } from '../../sdk/remote-stream.ts';
import type { DeviceEvents } from '../devices/devices.ts';
import type { StageCall, StageDevices } from './director.ts';

export const FORWARDED: Delivery = {
  via: 'forward',
  from: 'VP8',
  to: 'VP8',
  reason: 'forwarded: sends VP8, which you receive',
  why: { code: 'forwarded', args: { codec: 'VP8' } },
};
export const TRANSCODED: Delivery = {
  via: 'transcode',
  from: 'VP8',
  to: 'H264',
  reason: 'transcoded VP8 → H.264: you receive only H.264 and the sender can only send VP8',
  why: {
    code: 'transcoded-sender-limited',
    args: { from: 'VP8', to: 'H.264', receives: 'H.264', sends: 'VP8' },
  },
};

export function participant(id: string, change: Partial<Participant> = {}): Participant {
  return {
    participant_id: id,
    name: id.charAt(0).toUpperCase() + id.slice(1),
    restriction: null,
    joined_at: 0,
    hand_raised_at: null,
    quality: 'good',
    sources: [
      { source_id: `${id}-c`, source: 'camera', kind: 'video', paused: false },
      { source_id: `${id}-m`, source: 'microphone', kind: 'audio', paused: false },
    ],
    ...change,
  };
}

export class FakeCall extends Emitter<CallEvents> implements StageCall {
  state: CallState = 'joined';
  self: Participant | null = participant('ada');
  participantId: string | null = 'ada';
  participants: readonly Participant[] = [];
  streams: readonly RemoteStream[] = [];
  network: CallStatsEvent | null = null;
  codecs: Partial<Record<SourceName, string>> = { camera: 'VP8' };
  nextStats: CallStats = { received: [], sent: [], receivePath: null, sendPath: null };
  readonly views: (readonly [string, ViewSize])[] = [];

  sentCodec(source: SourceName): string | null {
    return this.codecs[source] ?? null;
  }

  view(stream: RemoteStream, size: ViewSize): void {
    this.views.push([stream.key, size]);
  }

  stats(): Promise<CallStats> {
    return Promise.resolve(this.nextStats);
  }

  /** Somebody comes. */
  add(...people: readonly Participant[]): void {
    this.participants = [...this.participants, ...people];
    this.emit('participants');
  }

  change(id: string, change: Partial<Participant>): void {
    this.participants = this.participants.map((one) =>
      one.participant_id === id ? { ...one, ...change } : one,
    );
    this.emit('participants');
  }

  leave(id: string): void {
    for (const stream of this.streams.filter(({ participantId }) => participantId === id)) this.end(stream);
    this.participants = this.participants.filter(({ participant_id }) => participant_id !== id);
    this.emit('participants');
  }

  /** A stream begins; it has a track where one is given. */
  begin(
    id: string,
    source: SourceName,
    track?: MediaStreamTrack,
    delivery: Delivery = FORWARDED,
  ): RemoteStream {
    const stream = new RemoteStream(id, source);
    stream.update({ delivery });
    if (track !== undefined) stream.setTrack(track);
    this.streams = [...this.streams, stream];
    this.emit('stream', stream);
    return stream;
  }

  end(stream: RemoteStream): void {
    this.streams = this.streams.filter((one) => one !== stream);
    stream.end();
    this.emit('stream-ended', stream);
  }
}

export class FakeDevices extends Emitter<DeviceEvents> implements StageDevices {
  microphone: MediaStreamTrack | null = null;
  camera: MediaStreamTrack | null = null;
  readonly switched = { microphone: true, camera: true };

  isOn(kind: 'microphone' | 'camera'): boolean {
    return this.switched[kind];
  }

  setOn(kind: 'microphone' | 'camera', on: boolean): void {
    this.switched[kind] = on;
    this.emit('changed');
  }
}
