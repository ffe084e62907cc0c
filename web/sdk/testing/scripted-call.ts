/**
 * A call against a scripted server, for tests: a room in which Ben is already, with a camera that the server offers when the
 * test says so.
 *
 * What will surprise you: the server takes every stream, whatever it has already; a test that cares wraps `server.answer`.
 */
import { expect } from 'vitest';
import type { JsonValue } from '../../../signaling/frames/index.ts';
import { Call } from '../call.ts';
import type { CallOptions } from '../call-types.ts';
import type { RemoteStream } from '../remote-stream.ts';
import { FakeDevices, ROUTER_CAPABILITIES, streamParameters, transportOffer } from './fake-device.ts';
import { type Answer, CALL_CHANNEL, ScriptedServer } from './scripted-server.ts';
import { VirtualClock, settle } from './virtual-clock.ts';

export const ROOM = 'A'.repeat(32);
/** Who is in the room already. */
export const BEN = {
  participant_id: 'ben',
  name: 'Ben',
  restriction: null,
  joined_at: 1_000,
  hand_raised_at: null,
  quality: 'good',
  sources: [{ source_id: 'ben-camera', source: 'camera', kind: 'video', paused: false }],
};
/** How his camera arrives. */
export const FORWARD = {
  via: 'forward',
  from: 'VP8',
  to: 'VP8',
  reason: 'Both can use VP8.',
  why: { code: 'forwarded', args: { codec: 'VP8' } },
};
/** This participant, as the server lists him. */
export const ADA = {
  participant_id: 'ada',
  name: 'Ada',
  restriction: null,
  joined_at: 2_000,
  hand_raised_at: null,
  quality: 'good',
  sources: [],
};
export const RESUME_TOKEN = 'R'.repeat(32);
export const RELAY = { urls: ['turn:relay.example:3478'], username: 'u', credential: 'c' };

/** A server that lets everybody in and takes everything. */
function friendly(): Answer {
  let links = 0;
  let producers = 0;
  return ({ type, payload }, connection): Record<string, JsonValue> => {
    if (type === 'HELLO') {
      return {
        handshake: 'ok',
        protocol_version: 1,
        session_id: 's',
        router_rtp_capabilities: ROUTER_CAPABILITIES,
        ice_servers: [RELAY],
      };
    }
    if (type === 'JOIN') {
      connection.channel = CALL_CHANNEL;
      links += 1;
      return {
        channel: CALL_CHANNEL,
        call_id: 'call',
        participant_id: ADA.participant_id,
        participants: [BEN, ADA],
        resume_token: RESUME_TOKEN,
        messages: [],
        send_transport: transportOffer(`send-${links}`),
        receive_transport: transportOffer(`receive-${links}`),
      };
    }
    const { op } = payload as { op?: string };
    if (op === 'publish') {
      producers += 1;
      const { source } = payload as { source: string };
      return { producer_id: `producer-${producers}`, source_id: `my-${source}` };
    }
    if (op === 'watch') return { participants: [{ name: 'Ben' }], max_participants: 25 };
    if (op === 'restart-ice') return { ice_parameters: { usernameFragment: 'new', password: 'new' } };
    return {};
  };
}

export interface Part {
  readonly call: Call;
  readonly server: ScriptedServer;
  readonly clock: VirtualClock;
  readonly devices: FakeDevices;
  readonly log: string[];
  readonly errors: Error[];
  /** Timers that run for as long as the call is connected: the keep-alive's. */
  readonly steadyTimers: number;
  stream(): RemoteStream;
}

export function setUp(devices = new FakeDevices(), more: Partial<CallOptions> = {}): Part {
  const clock = new VirtualClock();
  const server = new ScriptedServer(friendly());
  const call = new Call({ open: server.open, createDevice: devices.create, clock, random: () => 0, ...more });
  const log: string[] = [];
  const errors: Error[] = [];
  call.on('state', (state) => log.push(state));
  call.on('recovering', (trouble) => log.push(`event: ${trouble}`));
  call.on('recovered', () => log.push('event: recovered'));
  call.on('closed', (reason) => log.push(`event: closed (${reason})`));
  call.on('error', (error) => errors.push(error));
  const stream = (): RemoteStream => {
    const found = call.streams.find((candidate) => candidate.source === 'camera');
    if (found === undefined) throw new Error('no camera stream');
    return found;
  };
  return { call, server, clock, devices, log, errors, steadyTimers: 1, stream };
}

/** How long a joining participant lets the streams of the others go first. */
export const FIRST_PICTURES_PATIENCE_MS = 250;

export async function joined(devices?: FakeDevices): Promise<Part> {
  const part = setUp(devices);
  await part.call.join({ room: ROOM, name: 'Ada' });
  // Ben publishes but offers nothing here: publishing waits no longer for his pictures.
  await part.clock.advance(FIRST_PICTURES_PATIENCE_MS);
  return part;
}

/** The server offers Ben's camera. */
export function offer(
  part: Part,
  consumerId: string,
  ssrc: number,
  more: Record<string, JsonValue> = {},
): void {
  part.server.last.send('CALL_OFFER', {
    op: 'consume',
    consumer_id: consumerId,
    producer_id: `producer of ${consumerId}`,
    participant_id: 'ben',
    source_id: 'ben-camera',
    source: 'camera',
    kind: 'video',
    rtp_parameters: streamParameters('VP8', ssrc),
    paused: false,
    delivery: FORWARD,
    ...more,
  });
}

/** The server asks for the camera in another codec. */
export function askSwitch(part: Part, codec: 'VP8' | 'H264'): void {
  part.server.last.send('CALL_OFFER', {
    op: 'switch',
    source_id: 'my-camera',
    codec,
    reason: `All others take ${codec} only.`,
  });
}

/** The payloads that the client sent of one type and op, on the newest connection. */
export function asked(part: Part, type: string, op: string): Record<string, JsonValue>[] {
  return part.server.last
    .asked(type)
    .map((request) => request.payload as Record<string, JsonValue>)
    .filter((payload) => payload['op'] === op);
}

export function decoding(part: Part, ssrc: number, framesDecoded: number, packetsReceived = 10): void {
  part.devices.setStats([
    {
      type: 'inbound-rtp',
      id: `in-${ssrc}`,
      ssrc,
      packetsReceived,
      framesDecoded,
      framesReceived: packetsReceived / 2,
      bytesReceived: 9_000,
    },
  ]);
}

export async function expectNothingLeft(part: Part): Promise<void> {
  part.call.close();
  await settle();
  expect(part.call.state).toBe('closed');
  expect(part.clock.pending).toBe(0);
  expect(part.call.listenerCount).toBe(0);
  expect(part.call.streams).toEqual([]);
  expect(part.server.openConnections).toBe(0);
  expect(part.devices.transports.filter((transport) => !transport.closed)).toEqual([]);
}
