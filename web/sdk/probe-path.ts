/**
 * One path of the connection test: a bare RTCPeerConnection against a probing transport of the server, until DTLS is up.
 *
 * No media and no data travel: that ICE found a pair and DTLS shook hands over it is the proof (RFC 8445, RFC 5764). The
 * server's half has no SDP, so its answer is written here (RFC 8829; RFC 8841 for the data channel's section, which is the
 * cheapest one to negotiate).
 *
 * What will surprise you: with a relay, gathering says more than connecting: no relay candidate at all means that the relay
 * did not answer or refused, and the peer's own error events say which (RFC 8656 codes; 701 is the browser's "no answer").
 */
import {
  type DtlsParameters,
  type IceCandidate,
  type TransportOffer,
} from '../../signaling/messages/media.ts';
import { PlainAck, ProbeAck } from '../../signaling/messages/requests.ts';
import type { Clock } from './clock.ts';
import type { Connection } from './connection.ts';
import { RequestRefused } from './errors.ts';

/** What is used of an RTCPeerConnection. */
export type PathPeer = Pick<
  RTCPeerConnection,
  | 'addEventListener'
  | 'close'
  | 'connectionState'
  | 'createDataChannel'
  | 'createOffer'
  | 'getStats'
  | 'iceGatheringState'
  | 'setLocalDescription'
  | 'setRemoteDescription'
>;

export interface PathVerdict {
  readonly state: 'ok' | 'failed' | 'skipped';
  readonly rttMs: number | null;
  readonly detail:
    | 'connected'
    | 'no-webrtc'
    | 'no-signalling'
    | 'not-offered'
    | 'no-path'
    | 'relay-unreachable'
    | 'relay-refused'
    | 'busy';
}

export interface PathOptions {
  readonly connection: Connection;
  readonly createPeer: ((configuration: RTCConfiguration) => PathPeer) | null;
  /** Which of the server's candidates are offered. */
  readonly protocol: 'udp' | 'tcp';
  /** Only through this relay; null: without any. */
  readonly relay: RTCIceServer | null;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

/** A browser measures with its next check of the path, within a few hundred milliseconds. */
const ROUND_TRIP_LOOKS = 10;
const ROUND_TRIP_LOOK_MS = 100;

/** @returns what was found; never rejects */
export async function checkPath(options: PathOptions): Promise<PathVerdict> {
  const { connection, createPeer, protocol, relay } = options;
  if (createPeer === null) return failed('no-webrtc');
  let offer: TransportOffer;
  try {
    offer = (await connection.request('TRANSPORT_UPDATE', { op: 'probe', protocol }, ProbeAck)).transport;
  } catch (error) {
    return failed(error instanceof RequestRefused ? 'busy' : 'no-signalling');
  }
  if (offer.ice_candidates.length === 0) return failed('not-offered');
  const peer = createPeer(
    relay === null ? { iceServers: [] } : { iceServers: [relay], iceTransportPolicy: 'relay' },
  );
  try {
    return await connect(peer, offer, options);
  } catch (error) {
    if (error instanceof RequestRefused) return failed('busy');
    return failed(connection.closed ? 'no-signalling' : 'no-path');
  } finally {
    peer.close();
  }
}

async function connect(peer: PathPeer, offer: TransportOffer, options: PathOptions): Promise<PathVerdict> {
  const { connection, relay } = options;
  let relayCandidates = 0;
  let refusals = 0;
  peer.addEventListener('icecandidate', ({ candidate }) => {
    if (candidate?.type === 'relay') relayCandidates += 1;
  });
  peer.addEventListener('icecandidateerror', ({ errorCode }) => {
    if (errorCode >= 300 && errorCode < 700) refusals += 1;
  });
  const withoutRelay = (): boolean =>
    relay !== null && peer.iceGatheringState === 'complete' && relayCandidates === 0;
  const outcome = watch(peer, withoutRelay, options);
  try {
    peer.createDataChannel('probe');
    const local = await peer.createOffer();
    const sdp = local.sdp ?? '';
    await peer.setLocalDescription(local);
    await peer.setRemoteDescription({ type: 'answer', sdp: answerSdp(offer, sdp) });
    await connection.request(
      'TRANSPORT_UPDATE',
      { op: 'connect', transport_id: offer.transport_id, dtls_parameters: localDtls(sdp) },
      PlainAck,
    );
    if (await outcome.connected) {
      return { state: 'ok', rttMs: await roundTripMs(peer, options.clock), detail: 'connected' };
    }
  } finally {
    outcome.close();
  }
  if (relay === null || relayCandidates > 0) return failed('no-path');
  return failed(refusals > 0 ? 'relay-refused' : 'relay-unreachable');
}

interface Outcome {
  /** Whether it connected, before it failed, could not, took too long or was closed. */
  readonly connected: Promise<boolean>;
  /** Ends its timer; idempotent. */
  close(): void;
}

/** Its listeners on the peer end with the peer. */
function watch(
  peer: PathPeer,
  cannot: () => boolean,
  { clock, timeoutMs, signal }: Pick<PathOptions, 'clock' | 'timeoutMs' | 'signal'>,
): Outcome {
  const { promise: connected, resolve } = Promise.withResolvers<boolean>();
  const end = (value: boolean): void => {
    cancel();
    signal?.removeEventListener('abort', close);
    resolve(value);
  };
  const close = (): void => end(false);
  const cancel = clock.after(timeoutMs, close);
  signal?.addEventListener('abort', close, { once: true });
  peer.addEventListener('connectionstatechange', () => {
    if (peer.connectionState === 'connected') end(true);
    if (peer.connectionState === 'failed' || peer.connectionState === 'closed') end(false);
  });
  peer.addEventListener('icegatheringstatechange', () => {
    if (cannot()) end(false);
  });
  return { connected, close };
}

/**
 * The server's half as an SDP answer to a data channel's offer.
 * @param offerSdp the browser's offer, with one section
 */
export function answerSdp(offer: TransportOffer, offerSdp: string): string {
  const { ice_parameters: ice, ice_candidates: candidates, dtls_parameters: dtls } = offer;
  const mid = /^a=mid:(\S+)/m.exec(offerSdp)?.[1] ?? '0';
  return [
    'v=0',
    'o=- 0 0 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=ice-lite',
    `a=group:BUNDLE ${mid}`,
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'c=IN IP4 0.0.0.0',
    `a=mid:${mid}`,
    'a=sctp-port:5000',
    // The browser shakes hands as the DTLS client.
    'a=setup:passive',
    `a=ice-ufrag:${ice.usernameFragment}`,
    `a=ice-pwd:${ice.password}`,
    ...dtls.fingerprints.map(({ algorithm, value }) => `a=fingerprint:${algorithm} ${value}`),
    ...candidates.map(candidateLine),
    'a=end-of-candidates',
    '',
  ].join('\r\n');
}

function candidateLine({
  foundation,
  protocol,
  priority,
  address,
  port,
  type,
  tcpType,
}: IceCandidate): string {
  const tcp = protocol === 'tcp' ? ` tcptype ${tcpType ?? 'passive'}` : '';
  return `a=candidate:${foundation} 1 ${protocol} ${priority} ${address} ${port} typ ${type}${tcp}`;
}

/** The browser's certificate, from its own offer. */
export function localDtls(offerSdp: string): DtlsParameters {
  const [, value = ''] = /^a=fingerprint:sha-256 (\S+)/m.exec(offerSdp) ?? [];
  return { role: 'client', fingerprints: [{ algorithm: 'sha-256', value }] };
}

/** Of the pairs that work; waits a moment for the browser to have measured one, and is null where it does not. */
async function roundTripMs(peer: PathPeer, clock: Clock): Promise<number | null> {
  for (let look = 0; look < ROUND_TRIP_LOOKS; look += 1) {
    const times: number[] = [];
    (await peer.getStats()).forEach((entry: unknown) => {
      if (typeof entry !== 'object' || entry === null) return;
      if (!('type' in entry) || entry.type !== 'candidate-pair') return;
      if (!('currentRoundTripTime' in entry) || typeof entry.currentRoundTripTime !== 'number') return;
      times.push(entry.currentRoundTripTime * 1000);
    });
    if (times.length > 0) return Math.min(...times);
    await new Promise<void>((resolve) => {
      clock.after(ROUND_TRIP_LOOK_MS, resolve);
    });
  }
  return null;
}

function failed(detail: PathVerdict['detail']): PathVerdict {
  return { state: 'failed', rttMs: null, detail };
}
