/**
 * Sends only the layers of a stream that somebody watches: the server says how many, from the smallest, and the encodings of the
 * stream's sender are switched on and off (W3C webrtc, RTCRtpEncodingParameters.active).
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
  encodings: { active?: boolean | undefined }[];
}

/** A stream that is sent. */
export interface LayeredStream {
  readonly closed: boolean;
  /** Sends no layer above this one; -1: none at all. Says nothing of failures. */
  readonly setMaxSpatialLayer: (layer: number) => Promise<void>;
  readonly rtpSender?: LayerSender | undefined;
}

interface Entry {
  readonly stream: LayeredStream;
  /** Layers that should be on. */
  wanted: number;
  busy: boolean;
}

/** Wishes about streams that are not known are kept for this many of them. */
const MAX_UNKNOWN = 16;

export class LayerControl {
  readonly #failed: (error: LayersNotSet) => void;
  readonly #entries = new Map<string, Entry>();
  readonly #unknown = new Map<string, number>();

  constructor(failed: (error: LayersNotSet) => void) {
    this.#failed = failed;
  }

  /** A stream is sent from now on, with all its layers. */
  add(producerId: string, stream: LayeredStream): void {
    this.#entries.set(producerId, { stream, wanted: Number.POSITIVE_INFINITY, busy: false });
    const layers = this.#unknown.get(producerId);
    this.#unknown.delete(producerId);
    if (layers !== undefined) this.want(producerId, layers);
  }

  /** @param layers How many layers anybody watches, from the smallest; 0: none. */
  want(producerId: string, layers: number): void {
    const entry = this.#entries.get(producerId);
    if (entry === undefined) {
      this.#unknown.set(producerId, layers);
      const [oldest] = this.#unknown.keys();
      if (this.#unknown.size > MAX_UNKNOWN && oldest !== undefined) this.#unknown.delete(oldest);
      return;
    }
    entry.wanted = layers;
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
        const layers = entry.wanted;
        if (stream.closed || sender === undefined) return;
        if (isSet(sender, layers)) return;
        await setLayers(stream, sender, layers);
        if (entry.wanted === layers) return;
      }
    } catch (error) {
      if (!stream.closed) this.#failed(new LayersNotSet('the layers could not be changed', { cause: error }));
    } finally {
      entry.busy = false;
    }
  }
}

function isSet(sender: LayerSender, layers: number): boolean {
  return sender.getParameters().encodings.every(({ active }, at) => active === at < layers);
}

async function setLayers(stream: LayeredStream, sender: LayerSender, layers: number): Promise<void> {
  // Read and written in one go: parameters that are older than the last write are refused.
  const parameters = sender.getParameters();
  const [only, ...others] = parameters.encodings;
  if (only !== undefined && others.length === 0) {
    only.active = layers > 0;
    await sender.setParameters(parameters);
    return;
  }
  await stream.setMaxSpatialLayer(layers - 1);
  if (!isSet(sender, layers)) throw new LayersNotSet(`${layers} layers were wanted`);
}
