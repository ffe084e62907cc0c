/**
 * Every setting of the server: its default, its unit (in the name) and its reason. Unknown keys are refused, so that a typing
 * error is an error and not a default.
 */
import * as v from 'valibot';

const count = (min: number, max: number) => v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));
const port = count(0, 65_535);

const Listen = v.strictObject({
  /** Address for HTTP and WebSocket. Default: this machine only, until the operator says otherwise. */
  host: v.optional(v.string(), '127.0.0.1'),
  /** 0 lets the system choose. */
  port: v.optional(port, 7880),
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
  /** Microphone, camera and screen, and one more of each while a codec is being switched. */
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
});

const Media = v.strictObject({
  /** Addresses for media; absent: every IPv4 address of this machine, loopback included. */
  listen: v.optional(
    v.array(
      v.strictObject({
        ip: v.pipe(v.string(), v.ip()),
        /** What clients are told, where a 1:1 NAT stands before this machine. */
        announcedAddress: v.optional(v.string()),
      }),
    ),
  ),
  /** UDP and TCP port of the first mediasoup worker, the next worker takes the next one; 0: any free port. */
  firstPort: v.optional(port, 0),
  /** mediasoup workers; absent: one for each core. */
  workers: v.optional(count(1, 256)),
  /** Media workers (transcoding processes); absent: one for every two cores, at least one. 0: no transcoding. */
  mediaWorkers: v.optional(count(0, 256)),
  /** Codec threads of each media worker; absent: one for each core. */
  codecThreads: v.optional(count(1, 256)),
  /** Where congestion control starts before it has measured anything. */
  initialOutgoingBps: v.optional(count(50_000, 100_000_000), 1_000_000),
  /** What one participant may send at the most. */
  maxIncomingBps: v.optional(count(100_000, 1_000_000_000), 8_000_000),
});

export const Config = v.strictObject({
  listen: v.optional(Listen, {}),
  rooms: v.optional(Rooms, {}),
  media: v.optional(Media, {}),
  log: v.optional(
    v.strictObject({ level: v.optional(v.picklist(['debug', 'info', 'warn', 'error', 'silent']), 'info') }),
    {},
  ),
  /** Where the server keeps its secret; absent: `${XDG_DATA_HOME:-~/.local/share}/commucat`. */
  dataDir: v.optional(v.string()),
});
export type Config = v.InferOutput<typeof Config>;
export type ConfigInput = v.InferInput<typeof Config>;
