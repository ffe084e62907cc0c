/**
 * One consumer on its way to one device: paused while the device has not built its half, does not look, or has no room for it; in
 * the layer that the device's view of it needs and its way takes.
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
  /** Its picture does not appear, and its `delivery` says what is being done about that. */
  troubled = false;
  cancelTrouble: () => void = () => undefined;
  readonly #layers: LayerSteering;
  readonly #encodings: readonly LayerScale[];
  /** The consumer waits for the device's half. */
  #waiting: boolean;
  #hidden: boolean;
  /** The way to the device has no room for it. */
  #held = false;
  #paused: boolean;
  /** The layer that the view needs, and the largest one for which there is room; null: all of them. */
  #viewLayer: number | null = null;
  #roomLayer: number | null = null;
  /** The largest one that may appear on the device; null: all of them. */
  #shownLayer: number | null = null;
  #priority = 1;

  constructor({ producer, consumer, delivery, held, layers }: DeliveredStreamOptions) {
    this.consumer = consumer;
    this.producerId = producer.id;
    this.delivery = delivery;
    this.#layers = layers;
    this.#encodings = layersOf(producer.rtpParameters);
    this.#waiting = held;
    this.#paused = consumer.paused;
    this.#hidden = consumer.paused && !held;
    layers.add(producer, consumer);
  }

  /** It ends, or is given up. */
  cancelTimers(): void {
    this.cancelDeadline();
    this.cancelTrouble();
  }

  /** Of its consumer. */
  get id(): string {
    return this.consumer.id;
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
    this.#waiting = false;
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
    if (layer !== null && view !== null) this.#viewLayer = layer;
    this.#wantLayer();
    this.#hidden = isHidden(view);
    await this.#settle();
  }

  /** How many layers there are; 1 without simulcast. */
  get layerCount(): number {
    return Math.max(1, this.#encodings.length);
  }

  /** The largest layer that the device's view needs; null: all. */
  get viewLayer(): number | null {
    return this.#viewLayer;
  }

  /**
   * What the way to the device takes of it.
   * @param held nothing of it is sent
   * @param layer the largest one; null: every one
   * @throws ProtocolError MediaUnavailable
   */
  async allow(held: boolean, layer: number | null): Promise<void> {
    if (layer !== this.#roomLayer) {
      this.#roomLayer = layer;
      this.#wantLayer();
    }
    this.#held = held;
    await this.#settle();
  }

  /** What mediasoup gives the device's way to first: 1 to 255. @throws ProtocolError MediaUnavailable */
  async prefer(priority: number): Promise<void> {
    const { consumer } = this;
    if (priority === this.#priority || consumer.closed) return;
    this.#priority = priority;
    await unlessGone(
      () => consumer.closed,
      () => consumer.setPriority(priority),
    );
  }

  /** Whether there is a layer below the one that is wanted. */
  get canLower(): boolean {
    return this.#wantedLayer > 0;
  }

  /** The wanted layer does not appear on the device: the one below it, from now on. */
  lower(): void {
    this.#shownLayer = Math.max(0, this.#wantedLayer - 1);
    this.#wantLayer();
  }

  get #wantedLayer(): number {
    const largest = this.layerCount - 1;
    return Math.min(this.#viewLayer ?? largest, this.#roomLayer ?? largest, this.#shownLayer ?? largest);
  }

  #wantLayer(): void {
    this.#layers.want(this.consumer.id, this.#wantedLayer);
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
    const paused = this.#waiting || this.#hidden || this.#held;
    if (paused === this.#paused || consumer.closed) return;
    this.#paused = paused;
    await unlessGone(
      () => consumer.closed,
      () => (paused ? consumer.pause() : consumer.resume()),
    );
  }
}
