/**
 * One consumer on its way to one device: paused while the device has not built its half, or does not look; in the layer that
 * the device's view of it needs.
 *
 * What will surprise you: `paused` is what mediasoup was asked last, not what it has confirmed. It carries requests out in order,
 * so the last one wins, and nobody waits for the others.
 */
import type { types } from 'mediasoup';
import type { Delivery } from '../../signaling/messages/notifications.ts';
import type { LayerSteering } from '../sfu/layerSteering.ts';
import { type LayerScale, type ViewSize, isHidden, layerFor, layersOf } from '../sfu/viewLayer.ts';
import { unlessGone } from './unlessGone.ts';

export interface DeliveredStreamOptions {
  readonly producer: types.Producer;
  readonly consumer: types.Consumer;
  readonly delivery: Delivery;
  /** The consumer waits for the device's half. */
  readonly held: boolean;
  readonly layers: LayerSteering;
}

export class DeliveredStream {
  readonly consumer: types.Consumer;
  readonly producerId: string;
  delivery: Delivery;
  cancelDeadline: () => void = () => undefined;
  readonly #layers: LayerSteering;
  readonly #encodings: readonly LayerScale[];
  #held: boolean;
  #hidden: boolean;
  #paused: boolean;

  constructor({ producer, consumer, delivery, held, layers }: DeliveredStreamOptions) {
    this.consumer = consumer;
    this.producerId = producer.id;
    this.delivery = delivery;
    this.#layers = layers;
    this.#encodings = layersOf(producer.rtpParameters);
    this.#held = held;
    this.#paused = consumer.paused;
    this.#hidden = consumer.paused && !held;
    layers.add(producer, consumer);
  }

  /** Whether nothing of it is sent to the device. */
  get paused(): boolean {
    return this.#paused;
  }

  /**
   * The device built its half: media may flow, and begins with a key frame.
   * @throws ProtocolError MediaUnavailable
   */
  async ready(): Promise<void> {
    this.#held = false;
    if (this.#paused || this.consumer.kind === 'audio') await this.#settle();
    else await this.requestKeyFrame();
  }

  /**
   * @param view how large the device shows it; null: it has not said
   * @param picture as it is captured; null: unknown
   * @throws ProtocolError MediaUnavailable
   */
  async show(view: ViewSize | null, picture: ViewSize | null): Promise<void> {
    const layer = layerFor(view, picture, this.#encodings);
    if (layer !== null && view !== null) this.#layers.want(this.consumer.id, layer);
    this.#hidden = isHidden(view);
    await this.#settle();
  }

  /** @throws ProtocolError MediaUnavailable */
  async requestKeyFrame(): Promise<void> {
    const { consumer } = this;
    if (consumer.closed) return;
    await unlessGone(
      () => consumer.closed,
      () => consumer.requestKeyFrame(),
    );
  }

  /** mediasoup asks for a key frame when a stream goes on. */
  async #settle(): Promise<void> {
    const { consumer } = this;
    const paused = this.#held || this.#hidden;
    if (paused === this.#paused || consumer.closed) return;
    this.#paused = paused;
    await unlessGone(
      () => consumer.closed,
      () => (paused ? consumer.pause() : consumer.resume()),
    );
  }
}
