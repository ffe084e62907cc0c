/**
 * The connection test: what works between this browser and the server, one check after another, each with a code that a page
 * can put into words.
 *
 * What will surprise you:
 * - It needs a browser's own types (RTCPeerConnection), which the rest of the SDK does not; that is why `index.ts` leaves it
 *   out: import this file.
 * - Checks of paths run one at a time, since the server keeps one probing transport for a connection; a path that is blocked
 *   costs `pathTimeoutMs` each.
 * - It only reports. It opens no camera and asks for no permission, so devices are counted, not named.
 */
import type { IceServer } from '../../signaling/messages/media.ts';
import { type PathPeer, type PathVerdict, checkPath } from './probe-path.ts';
import { type Clock, systemClock } from './clock.ts';
import { Connection } from './connection.ts';
import { RequestRefused, RequestTimedOut, ServerFailure } from './errors.ts';
import { type CheckDetail, type CheckId, type CheckResult } from './probe-types.ts';
import type { OpenPipe } from './socket.ts';

export * from './probe-types.ts';

/** What the test needs of the browser; `browserEnvironment()` is the real one. */
export interface ProbeEnvironment {
  readonly isSecureContext: boolean;
  /** Null where the browser has no WebRTC. */
  readonly createPeer: ((configuration: RTCConfiguration) => PathPeer) | null;
  /** Kinds of the devices that are there; null where the page may not know. */
  deviceKinds(): Promise<readonly string[] | null>;
  /** MIME types of video codecs that can be both sent and received, lower case. */
  videoCodecs(): readonly string[];
}

export interface ConnectionTestOptions {
  /** To the server's `/connect`, as for a call: `webSocketPipe(url)`. */
  readonly open: OpenPipe;
  /** Called when a check starts and when it is done. */
  readonly onResult: (result: CheckResult) => void;
  readonly environment?: ProbeEnvironment;
  readonly clock?: Clock;
  /** Stops the test: what has not run is reported as skipped. */
  readonly signal?: AbortSignal;
  /** What one path may take before it counts as blocked, ms. @default 6000: several rounds of ICE's own retransmissions */
  readonly pathTimeoutMs?: number;
}

type Verdict = Omit<CheckResult, 'id'>;

const DEFAULT_PATH_TIMEOUT_MS = 6000;

/**
 * Runs every check once.
 * @returns the last result of each, in the order of `CHECKS`; never rejects
 */
export async function testConnection(options: ConnectionTestOptions): Promise<readonly CheckResult[]> {
  const { clock = systemClock, environment = browserEnvironment(), signal, onResult } = options;
  const results: CheckResult[] = [];
  const isStopped = (): boolean => signal?.aborted === true;
  const run = async (id: CheckId, check: () => Promise<Verdict> | Verdict): Promise<void> => {
    let verdict: Verdict = skipped('stopped');
    if (!isStopped()) {
      onResult({ id, state: 'running', rttMs: null, detail: 'running' });
      verdict = await check();
      // What ended because the test was stopped says nothing about the path.
      if (isStopped() && verdict.state === 'failed') verdict = skipped('stopped');
    }
    const result = { id, ...verdict };
    results.push(result);
    onResult(result);
  };

  await run('secure-context', () => (environment.isSecureContext ? ok('secure') : failed('insecure-page')));
  await run('devices', async () => deviceVerdict(await environment.deviceKinds()));
  await run('codecs', () => codecVerdict(environment.videoCodecs()));

  let openedAtMs = clock.nowMs();
  const connection = new Connection({
    clock,
    open: (events) =>
      options.open({
        ...events,
        opened: () => {
          openedAtMs = clock.nowMs();
          events.opened();
        },
        received: (bytes) => events.received(bytes),
        closed: (detail) => events.closed(detail),
      }),
  });
  const stop = (): void => connection.close();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    // A box, since the compiler does not see an assignment inside a callback.
    const hello: { relays: readonly IceServer[] | null } = { relays: null };
    await run('signalling', async () => {
      try {
        hello.relays = (await connection.connect()).ice_servers;
        return ok('connected', clock.nowMs() - openedAtMs);
      } catch (error) {
        return failed(signallingDetail(error));
      }
    });
    const { relays } = hello;
    const path = (protocol: 'udp' | 'tcp', relay: RTCIceServer | null): Promise<PathVerdict> =>
      checkPath({
        connection,
        createPeer: environment.createPeer,
        protocol,
        relay,
        timeoutMs: options.pathTimeoutMs ?? DEFAULT_PATH_TIMEOUT_MS,
        clock,
        ...(signal === undefined ? {} : { signal }),
      });
    for (const protocol of ['udp', 'tcp'] as const) {
      await run(protocol, () => (relays === null ? skipped('no-signalling') : path(protocol, null)));
    }
    for (const kind of ['turn-udp', 'turn-tcp', 'turn-tls'] as const) {
      await run(kind, async () => {
        if (relays === null) return skipped('no-signalling');
        let verdict: Verdict = skipped('no-relay');
        for (const relay of relaysOf(relays, kind)) {
          verdict = await path('udp', relay);
          if (verdict.state === 'ok') break;
        }
        return verdict;
      });
    }
  } finally {
    signal?.removeEventListener('abort', stop);
    connection.close();
  }
  return results;
}

/** What the page's own browser offers. */
export function browserEnvironment(): ProbeEnvironment {
  const hasWebRtc = 'RTCPeerConnection' in globalThis;
  return {
    isSecureContext: globalThis.isSecureContext,
    createPeer: hasWebRtc ? (configuration) => new RTCPeerConnection(configuration) : null,
    deviceKinds: async () => {
      // Absent on insecure pages, whatever the type says.
      if (!('mediaDevices' in navigator)) return null;
      try {
        return (await navigator.mediaDevices.enumerateDevices()).map(({ kind }) => kind);
      } catch {
        return null;
      }
    },
    videoCodecs: () => {
      if (!hasWebRtc) return [];
      const types = (capabilities: RTCRtpCapabilities | null): readonly string[] =>
        (capabilities?.codecs ?? []).map(({ mimeType }) => mimeType.toLowerCase());
      const received = new Set(types(RTCRtpReceiver.getCapabilities('video')));
      return types(RTCRtpSender.getCapabilities('video')).filter((type) => received.has(type));
    },
  };
}

/** One entry for each URL of that kind (RFC 7065 for the form of the URLs). */
export function relaysOf(
  servers: readonly IceServer[],
  kind: 'turn-udp' | 'turn-tcp' | 'turn-tls',
): readonly RTCIceServer[] {
  return servers.flatMap(({ urls, ...credentials }) =>
    urls.filter((url) => kindOf(url) === kind).map((url) => ({ urls: [url], ...credentials })),
  );
}

function kindOf(url: string): 'turn-udp' | 'turn-tcp' | 'turn-tls' | null {
  if (/^turns:/i.test(url)) return 'turn-tls';
  if (!/^turn:/i.test(url)) return null;
  return /[?&]transport=tcp\b/i.test(url) ? 'turn-tcp' : 'turn-udp';
}

function deviceVerdict(kinds: readonly string[] | null): Verdict {
  if (kinds === null) return failed('devices-hidden');
  const camera = kinds.includes('videoinput');
  const microphone = kinds.includes('audioinput');
  if (camera && microphone) return ok('camera-and-microphone');
  if (camera) return ok('camera-only');
  return microphone ? ok('microphone-only') : failed('no-devices');
}

function codecVerdict(types: readonly string[]): Verdict {
  const vp8 = types.includes('video/vp8');
  const h264 = types.includes('video/h264');
  if (vp8 && h264) return ok('vp8-and-h264');
  if (vp8) return ok('vp8-only');
  return h264 ? ok('h264-only') : failed('no-video-codec');
}

function signallingDetail(error: unknown): CheckDetail {
  if (error instanceof RequestTimedOut) return 'timed-out';
  return error instanceof RequestRefused || error instanceof ServerFailure ? 'refused' : 'unreachable';
}

function ok(detail: CheckDetail, rttMs: number | null = null): Verdict {
  return { state: 'ok', rttMs, detail };
}
function failed(detail: CheckDetail): Verdict {
  return { state: 'failed', rttMs: null, detail };
}
function skipped(detail: CheckDetail): Verdict {
  return { state: 'skipped', rttMs: null, detail };
}
