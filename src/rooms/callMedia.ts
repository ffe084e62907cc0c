/**
 * The media ground of one call: a router, its transports for participants, and who is speaking.
 *
 * It lives as long as its router. `lost` says that the mediasoup worker below died: everything made here is gone, and the room
 * asks for another. `close()` closes the router and with it transports, producers, consumers and observers.
 */
import { EventEmitter } from 'node:events';
import type { types } from 'mediasoup';
import * as v from 'valibot';
import { RtpParameters, type TransportOffer } from '../../signaling/messages/media.ts';
import type { WorkerPool } from '../sfu/workerPool.ts';

export interface CallMediaEvents {
  lost: [];
  /** The audio producer that is heard most, or null in silence. */
  speaker: [string | null];
}

export interface MediaLimits {
  readonly initialOutgoingBps: number;
  readonly maxIncomingBps: number;
}

/** Quieter than this is nobody speaking, dBov (RFC 6464). */
const SPEECH_THRESHOLD_DBOV = -55;
const SPEAKER_INTERVAL_MS = 400;
/** A worker that died is replaced well within this. */
const ROUTER_WAIT_MS = 3000;

export class CallMedia extends EventEmitter<CallMediaEvents> {
  readonly router: types.Router;
  readonly workerPid: number;
  readonly #webRtcServer: types.WebRtcServer;
  readonly #limits: MediaLimits;
  readonly #speakers: types.ActiveSpeakerObserver;
  readonly #levels: types.AudioLevelObserver;
  /** The producer that is heard now; null: silence. */
  #heard: string | null = null;

  private constructor(
    placed: Awaited<ReturnType<WorkerPool['createRouter']>>,
    observers: readonly [types.ActiveSpeakerObserver, types.AudioLevelObserver],
    limits: MediaLimits,
  ) {
    super();
    this.router = placed.router;
    this.workerPid = placed.workerPid;
    this.#webRtcServer = placed.webRtcServer;
    this.#limits = limits;
    [this.#speakers, this.#levels] = observers;
    this.router.on('workerclose', () => this.emit('lost'));
    this.#speakers.on('dominantspeaker', ({ producer }) => this.#speaks(producer.id));
    this.#levels.on('silence', () => this.#speaks(null));
    // Who spoke last and speaks again after a silence is no change of the dominant speaker, and would not be told.
    this.#levels.on('volumes', (volumes) => {
      if (this.#heard === null) this.#speaks(volumes[0]?.producer.id ?? null);
    });
  }

  /** @throws NoWorkerError when no mediasoup worker runs within a few seconds */
  static async open(workers: WorkerPool, limits: MediaLimits): Promise<CallMedia> {
    const placed = await workers.createRouter(ROUTER_WAIT_MS);
    const observers = await Promise.all([
      placed.router.createActiveSpeakerObserver({ interval: SPEAKER_INTERVAL_MS }),
      placed.router.createAudioLevelObserver({
        maxEntries: 1,
        threshold: SPEECH_THRESHOLD_DBOV,
        interval: SPEAKER_INTERVAL_MS,
      }),
    ]);
    return new CallMedia(placed, observers, limits);
  }

  async createTransport(): Promise<types.WebRtcTransport> {
    const transport = await this.router.createWebRtcTransport({
      webRtcServer: this.#webRtcServer,
      enableUdp: true,
      enableTcp: true,
      preferUdp: true,
      initialAvailableOutgoingBitrate: this.#limits.initialOutgoingBps,
    });
    return transport;
  }

  async limitIncoming(transport: types.WebRtcTransport): Promise<void> {
    await transport.setMaxIncomingBitrate(this.#limits.maxIncomingBps);
  }

  async watchLevel(audio: types.Producer): Promise<void> {
    await Promise.all([
      this.#speakers.addProducer({ producerId: audio.id }),
      this.#levels.addProducer({ producerId: audio.id }),
    ]);
  }

  #speaks(producerId: string | null): void {
    if (producerId === this.#heard) return;
    this.#heard = producerId;
    this.emit('speaker', producerId);
  }

  close(): void {
    this.removeAllListeners();
    this.router.close();
  }
}

/** What a client needs to build its half. */
export function transportOffer(transport: types.WebRtcTransport): TransportOffer {
  return {
    transport_id: transport.id,
    ice_parameters: transport.iceParameters,
    ice_candidates: transport.iceCandidates.map(({ tcpType, ...candidate }) =>
      tcpType === undefined ? candidate : { ...candidate, tcpType },
    ),
    dtls_parameters: transport.dtlsParameters,
  };
}

/** mediasoup's parameters as the message carries them: members without a value are left out. */
export function wireRtpParameters(parameters: types.RtpParameters): RtpParameters {
  return v.parse(RtpParameters, JSON.parse(JSON.stringify(parameters)));
}
