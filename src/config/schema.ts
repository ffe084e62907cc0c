/**
 * Every setting of the server: its default, its unit (in the name) and its reason. Unknown keys are refused, so that a typing
 * error is an error and not a default.
 */
import * as v from 'valibot';

const count = (min: number, max: number) => v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));
const port = count(0, 65_535);

const TlsFiles = v.strictObject({
  /** PEM file: the server's certificate, and behind it those between it and the root. */
  cert: v.pipe(v.string(), v.minLength(1)),
  /** PEM file: its private key, without a passphrase. */
  key: v.pipe(v.string(), v.minLength(1)),
});
const TlsMode = v.picklist(['off', 'local']);

/** A host name or an IP address, as it stands in a URL without its port and brackets. */
const host = v.pipe(
  v.string(),
  v.maxLength(253),
  v.regex(/^[A-Za-z0-9]([A-Za-z0-9.:-]*[A-Za-z0-9:])?$|^::1?$/, 'not a host'),
);

const Listen = v.strictObject({
  /** Address for HTTP and WebSocket. Default: this machine only, until the operator says otherwise. */
  host: v.optional(v.string(), '127.0.0.1'),
  /** 0 lets the system choose. */
  port: v.optional(port, 7880),
  /**
   * `off`: plain HTTP, for localhost and behind a proxy. `local`: a certificate of an own CA in the data folder, made at the first
   * start. Else the operator's files. Browsers give cameras to https pages only, localhost aside.
   */
  tls: v.optional(
    v.lazy((input): typeof TlsFiles | typeof TlsMode => (typeof input === 'object' ? TlsFiles : TlsMode)),
    'off',
  ),
  /** With TLS: a second port with plain HTTP, that has the CA's certificate and sends everything else to https. Absent: none. */
  httpPort: v.optional(port),
  /** The name or address that people reach this server by, where the machine does not know it itself. */
  publicHost: v.optional(host),
  /** `uws` is the faster one; `node` needs no third-party binary (docs/decisions/002-signalling-listener.md). */
  implementation: v.optional(v.picklist(['uws', 'node']), 'uws'),
  /** Origins, beside the server's own, whose pages may connect. */
  allowedOrigins: v.optional(v.array(v.pipe(v.string(), v.url())), []),
  /** Connections from one address: several people behind one NAT, but not a flood. */
  maxConnectionsPerAddress: v.optional(count(1, 100_000), 200),
  maxConnections: v.optional(count(1, 1_000_000), 10_000),
  /** A browser that answers no ping for this long is gone. */
  idleTimeoutMs: v.optional(count(1000, 600_000), 30_000),
  /** Frames of CCP-1 may have 16 MiB; signalling needs far less, and memory is taken per connection. */
  maxFrameBytes: v.optional(count(1024, 16_777_216), 262_144),
  /** A receiver that does not read is closed when this much waits for it. */
  maxBufferedBytes: v.optional(count(65_536, 67_108_864), 4_194_304),
});

const Rooms = v.strictObject({
  /** Who may create a room: whoever has the token, or everybody who reaches the server. */
  creation: v.optional(v.picklist(['token', 'open']), 'token'),
  /** The token for creating rooms; absent: one is made and kept in the data folder. */
  creationToken: v.optional(v.pipe(v.string(), v.minLength(16), v.maxLength(256))),
  maxRooms: v.optional(count(1, 100_000), 1000),
  maxParticipants: v.optional(count(2, 1000), 50),
  /** Microphone, camera, screen and its sound, and one more of each while a codec is being switched. */
  maxProducersPerParticipant: v.optional(count(1, 64), 8),
  /** How many thousandths of a core a room's transcodes may take together; 1000 is one core. */
  transcodeBudgetMilliCores: v.optional(count(0, 1_000_000), 1500),
  transcoding: v.optional(v.picklist(['allowed', 'never']), 'allowed'),
  /** Requests that one connection may send at once, and each second after that. */
  requestBurst: v.optional(count(1, 10_000), 200),
  requestsPerSecond: v.optional(count(1, 10_000), 50),
  /** Rooms that one address may create or fail to enter in a burst, and how many each minute after that. */
  attemptBurst: v.optional(count(1, 10_000), 30),
  attemptsPerMinute: v.optional(count(1, 10_000), 30),
  /** How long somebody whose connection broke keeps his place: a change of network takes some seconds. 0: not at all. */
  resumeGraceMs: v.optional(count(0, 600_000), 30_000),
});

/** A TURN server that somebody else runs: with a secret, credentials end with their time; else those given are handed on. */
const ExternalTurn = v.strictObject({
  urls: v.pipe(
    v.array(
      v.pipe(
        v.string(),
        v.maxLength(255),
        v.regex(/^(turns?|stun):[^\s]+$/, 'not a turn:, turns: or stun: URL'),
      ),
    ),
    v.minLength(1),
    v.maxLength(4),
  ),
  /** The secret that it shares with us (`static-auth-secret`). */
  secret: v.optional(v.pipe(v.string(), v.minLength(1))),
  username: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(512))),
  credential: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(512))),
});

const Turn = v.strictObject({
  /** Run coturn as our child: `auto` where it is installed, `on`: or do not start, `off`. */
  mode: v.optional(v.picklist(['auto', 'on', 'off']), 'auto'),
  /** UDP and TCP. Absent: 3478 where it is free, else any free one. */
  port: v.optional(v.pipe(port, v.minValue(1))),
  /** TLS, where the server has a certificate. Absent: 5349 where it is free, else any free one. */
  tlsPort: v.optional(v.pipe(port, v.minValue(1))),
  /** The host in the URLs that clients get; absent: the one by which each client reached the server. */
  host: v.optional(host),
  /** How long credentials are good for new relays. A call that is longer asks again when it reconnects. */
  credentialSeconds: v.optional(count(60, 604_800), 86_400),
  /** Relays at once of one connection: two transports, three ways, a few interfaces each. */
  relaysPerConnection: v.optional(count(1, 1000), 24),
  /** Relays at once of everybody: each costs a UDP port. */
  maxRelays: v.optional(count(1, 16_000), 2000),
  /** Of one relay, both directions together: a room full of pictures, and not a way to move files. */
  maxRelayBps: v.optional(count(100_000, 1_000_000_000), 40_000_000),
  /** Further servers, beside our own. */
  servers: v.optional(v.pipe(v.array(ExternalTurn), v.maxLength(4)), []),
});

/** Test networks: a participant's media through an emulated link, for him to see what a call makes of a bad network. */
const Emulation = v.strictObject({
  mode: v.optional(v.picklist(['on', 'off']), 'on'),
  /** At once: each takes a thread, and a UDP port on every media address (after the workers' ports, where those are named). */
  max: v.optional(count(1, 64), 4),
});

const Media = v.strictObject({
  /** Addresses for media; absent: every address of this machine, IPv4 and IPv6, loopback included. */
  listen: v.optional(
    v.array(
      v.strictObject({
        ip: v.pipe(v.string(), v.ip()),
        /** What clients are told, where a 1:1 NAT stands before this machine. */
        announcedAddress: v.optional(host),
      }),
    ),
  ),
  /** What clients are told instead of the machine's own address, where a 1:1 NAT stands before it and there is only one. */
  announce: v.optional(host),
  /** UDP and TCP port of the first mediasoup worker, the next worker takes the next one; 0: any free port. */
  firstPort: v.optional(port, 0),
  /** mediasoup workers; absent: one for each core. */
  workers: v.optional(count(1, 256)),
  /** Media workers (transcoding processes); absent: one for every two cores, at least one. 0: no transcoding. */
  mediaWorkers: v.optional(count(0, 256)),
  /** Codec threads of each media worker; absent: one for each core. */
  codecThreads: v.optional(count(1, 256)),
  /** The feature media-h264: H.264 encoded and decoded in software. Off: it is only forwarded, and the libraries stay unused. */
  h264: v.optional(v.picklist(['on', 'off']), 'on'),
  /**
   * Codecs of GPUs: `prefer` them where trying them at the start showed that they work; `allow` them for what software here cannot do;
   * or `refuse` them.
   */
  hardware: v.optional(v.picklist(['prefer', 'allow', 'refuse']), 'prefer'),
  /** Where congestion control starts before it has measured anything. */
  initialOutgoingBps: v.optional(count(50_000, 100_000_000), 1_000_000),
  /** What one participant may send at the most. */
  maxIncomingBps: v.optional(count(100_000, 1_000_000_000), 8_000_000),
  turn: v.optional(Turn, {}),
  emulation: v.optional(Emulation, {}),
});

export const Config = v.strictObject({
  listen: v.optional(Listen, {}),
  rooms: v.optional(Rooms, {}),
  media: v.optional(Media, {}),
  log: v.optional(
    v.strictObject({ level: v.optional(v.picklist(['debug', 'info', 'warn', 'error', 'silent']), 'info') }),
    {},
  ),
  /** Where the server keeps its secret and its own certificates; absent: `${XDG_DATA_HOME:-~/.local/share}/commucat`. */
  dataDir: v.optional(v.string()),
});
export type Config = v.InferOutput<typeof Config>;
export type ConfigInput = v.InferInput<typeof Config>;
