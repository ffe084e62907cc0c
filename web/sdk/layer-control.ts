/**
 * Sends only the layers of a stream that somebody watches, and no more bits than they can take: the server says how many layers,
 * from the smallest, and for a stream of one layer its rate. The encodings of the stream's sender are switched on and off, and
 * limited (W3C webrtc, RTCRtpEncodingParameters.active and maxBitrate).
 *
 * What will surprise you:
 * - Switching encodings is not enough where a stream has several: the next renegotiation, of whatever stream of the transport,
 *   brings them all back, because the remote description says which layers are wanted (RFC 8853 section 5.1, the tilde).
 *   mediasoup-client's `setMaxSpatialLayer` changes both, at the price of one renegotiation.
 * - It obeys at once. Every change makes browsers start the encoders of all layers of the stream again, each with a key frame, so
 *   the server asks for less only after a while. A layer that is switched on begins with a key frame by itself.
 * - The server may speak of a stream before this side knows its id, since the notification can arrive together with the answer
 *   that names it: what is not known yet is kept. Every stream starts with all its layers, also one that replaces another one:
 *   the server counts on that, and only it knows who has changed over.
 * - The last wish wins: of the wishes that come while the platform is busy with one, only the last is carried out. A stream that
 *   ends meanwhile is no error.
 */
import { LayersNotSet } from './errors.ts';

/** The part of an RTCRtpSender that is used. */
export interface LayerSender {
  getParameters(): SendParameters;
  setParameters(parameters: SendParameters): Promise<void>;
}

/** As read; everything else that it holds goes back as it was. */
export interface SendParameters {
  encodings: LayerEncoding[];
}

interface LayerEncoding {
  active?: boolean | undefined;
  maxBitrate?: number | undefined;
}

/** A stream that is sent. */
export interface LayeredStream {
  readonly closed: boolean;
  /** Sends no layer above this one; -1: none at all. Says nothing of failures. */
  readonly setMaxSpatialLayer: (layer: number) => Promise<void>;
  readonly rtpSender?: LayerSender | undefined;
}

interface Wish {
  /** Layers that should be on. */
  readonly layers: number;
  /** The most that the only layer should take, bits per second. */
  readonly maxBps: number;
}

interface Entry {
  readonly stream: LayeredStream;
  wish: Wish;
  /** The rate that its only layer was published with; infinite: none was said, or it has several layers. */
  readonly ownMaxBps: number;
  busy: boolean;
}

/** Wishes about streams that are not known are kept for this many of them. */
const MAX_UNKNOWN = 16;
const EVERYTHING: Wish = { layers: Number.POSITIVE_INFINITY, maxBps: Number.POSITIVE_INFINITY };

export class LayerControl {
  readonly #failed: (error: LayersNotSet) => void;
  readonly #entries = new Map<string, Entry>();
  readonly #unknown = new Map<string, Partial<Wish>>();

  constructor(failed: (error: LayersNotSet) => void) {
    this.#failed = failed;
  }

  /** A stream is sent from now on, with all its layers. */
  add(producerId: string, stream: LayeredStream): void {
    const only = stream.rtpSender === undefined ? undefined : onlyEncoding(stream.rtpSender.getParameters());
    const ownMaxBps = only?.maxBitrate ?? Number.POSITIVE_INFINITY;
    this.#entries.set(producerId, { stream, wish: EVERYTHING, ownMaxBps, busy: false });
    const wish = this.#unknown.get(producerId);
    this.#unknown.delete(producerId);
    if (wish !== undefined) this.#wish(producerId, wish);
  }

  /** @param layers How many layers anybody watches, from the smallest; 0: none. */
  want(producerId: string, layers: number): void {
    this.#wish(producerId, { layers });
  }

  /** @param maxBps What those who watch can take of a stream of one layer, bits per second. */
  limit(producerId: string, maxBps: number): void {
    this.#wish(producerId, { maxBps });
  }

  #wish(producerId: string, change: Partial<Wish>): void {
    const entry = this.#entries.get(producerId);
    if (entry === undefined) {
      this.#unknown.set(producerId, { ...this.#unknown.get(producerId), ...change });
      const [oldest] = this.#unknown.keys();
      if (this.#unknown.size > MAX_UNKNOWN && oldest !== undefined) this.#unknown.delete(oldest);
      return;
    }
    entry.wish = { ...entry.wish, ...change };
    if (!entry.busy) void this.#apply(entry);
  }

  /** The stream has ended, or will be spoken of no more. */
  remove(producerId: string): void {
    this.#unknown.delete(producerId);
    this.#entries.delete(producerId);
  }

  /** Forgets every stream. Idempotent. */
  clear(): void {
    this.#entries.clear();
    this.#unknown.clear();
  }

  async #apply(entry: Entry): Promise<void> {
    const { stream } = entry;
    entry.busy = true;
    try {
      for (;;) {
        const sender = stream.rtpSender;
        const { wish } = entry;
        if (stream.closed || sender === undefined) return;
        if (areSet(sender, wish.layers) && isLimited(sender, entry)) return;
        await setLayers(stream, sender, entry);
        if (entry.wish === wish) return;
      }
    } catch (error) {
      if (!stream.closed) this.#failed(new LayersNotSet('the layers could not be changed', { cause: error }));
    } finally {
      entry.busy = false;
    }
  }
}

function areSet(sender: LayerSender, layers: number): boolean {
  return sender.getParameters().encodings.every(({ active }, at) => active === at < layers);
}

/** Of a stream that has one layer; undefined: it has several, or none. */
function onlyEncoding({ encodings }: SendParameters): LayerEncoding | undefined {
  return encodings.length === 1 ? encodings[0] : undefined;
}

/** What the only layer may take; undefined: nothing is said of it. */
function limitOf({ ownMaxBps, wish }: Entry): number | undefined {
  const maxBps = Math.min(ownMaxBps, wish.maxBps);
  return Number.isFinite(maxBps) ? Math.round(maxBps) : undefined;
}

function isLimited(sender: LayerSender, entry: Entry): boolean {
  const only = onlyEncoding(sender.getParameters());
  const limit = limitOf(entry);
  return only === undefined || limit === undefined || only.maxBitrate === limit;
}

async function setLayers(stream: LayeredStream, sender: LayerSender, entry: Entry): Promise<void> {
  const { layers } = entry.wish;
  // Read and written in one go: parameters that are older than the last write are refused.
  const parameters = sender.getParameters();
  const only = onlyEncoding(parameters);
  if (only !== undefined) {
    only.active = layers > 0;
    const limit = limitOf(entry);
    if (limit !== undefined) only.maxBitrate = limit;
    await sender.setParameters(parameters);
    return;
  }
  await stream.setMaxSpatialLayer(layers - 1);
  if (!areSet(sender, layers)) throw new LayersNotSet(`${layers} layers were wanted`);
}
