/**
 * One person in the call: picture or letter, name, mute mark, how the picture comes, and a panel with details.
 *
 * What will surprise you: the video element stays the same for the tile's whole life and shows one MediaStream whose track is
 * exchanged, so the last picture stays on screen until the next one has a frame. State stands in data attributes, for
 * the style sheet and for tests alike: `data-participant`, `data-picture` (`live`, `waiting`, `off`, `unavailable`),
 * `data-muted`, `data-speaking`, `data-via`.
 * Ownership: owns its listeners on streams and its elements; `close()` is idempotent.
 */
import type { CallStats, RemoteStream } from '../sdk/index.ts';
import { h, setAttributes, setText } from './dom.ts';
import { icon } from './icon.ts';
import { type TileDetails, tileDetails } from './tile-details.ts';
import { codecWords, deliveryWords, initialOf } from './words.ts';

export interface TileOptions {
  /** Unique on the page. */
  readonly id: string;
  readonly name: string;
  readonly self: boolean;
  readonly detailsOpen: boolean;
  /** The browser wants a press before it plays sound. */
  readonly soundBlocked: (play: () => void) => void;
}

type Picture = 'live' | 'waiting' | 'off' | 'unavailable';

export class Tile {
  readonly element: HTMLElement;
  readonly #video: HTMLVideoElement;
  readonly #audio = h('audio', { autoplay: true });
  readonly #stream = new MediaStream();
  readonly #avatar: HTMLElement;
  readonly #name: HTMLElement;
  readonly #badge: HTMLElement;
  readonly #message = h('p', { class: 'tile-message' });
  readonly #details: TileDetails;
  readonly #options: TileOptions;
  #soundOff: (() => void)[] = [];
  #pictureOff: (() => void)[] = [];
  #picture: RemoteStream | null = null;
  #sound: RemoteStream | null = null;
  #closed = false;

  constructor(options: TileOptions) {
    this.#options = options;
    this.#video = h('video', { playsinline: true, autoplay: true, 'data-testid': 'video' });
    this.#video.muted = true;
    this.#video.srcObject = this.#stream;
    this.#avatar = h('div', { class: 'avatar', 'aria-hidden': 'true' });
    this.#name = h('span', { class: 'name', 'data-testid': 'tile-name' });
    this.#badge = h('span', { class: 'badge', 'data-testid': 'badge' });
    this.#details = tileDetails(`details-${options.id}`);
    const toggle = h(
      'button',
      {
        type: 'button',
        class: 'details-toggle',
        'aria-controls': this.#details.element.id,
        'data-testid': 'details-toggle',
      },
      icon('info'),
    );
    const open = (isOpen: boolean): void => {
      setAttributes(this.#details.element, { hidden: !isOpen });
      setAttributes(toggle, {
        'aria-expanded': String(isOpen),
        'aria-label': `${isOpen ? 'Hide' : 'Show'} details of ${options.name}`,
      });
    };
    toggle.addEventListener('click', () => open(this.#details.element.hasAttribute('hidden')));
    open(options.detailsOpen);
    this.element = h(
      'article',
      {
        class: 'tile',
        'data-testid': 'tile',
        'data-self': String(options.self),
        'data-speaking': 'false',
      },
      this.#avatar,
      h('div', { class: options.self ? 'picture mirrored' : 'picture' }, this.#video),
      this.#message,
      h(
        'div',
        { class: 'tile-foot' },
        h('span', { class: 'plate' }, icon('microphone-off'), this.#name),
        this.#badge,
        toggle,
      ),
      this.#details.element,
      this.#audio,
    );
    this.rename(options.name);
    this.setMuted(true);
    this.#show('waiting', '');
  }

  rename(name: string): void {
    const label = this.#options.self ? `${name} (you)` : name;
    setText(this.#name, label);
    setText(this.#avatar, initialOf(name));
    setAttributes(this.element, { 'data-participant': name, 'aria-label': label });
  }

  setSpeaking(speaking: boolean): void {
    setAttributes(this.element, { 'data-speaking': String(speaking) });
  }

  setMuted(muted: boolean): void {
    setAttributes(this.element, { 'data-muted': String(muted) });
  }

  /** The own camera; null where there is none or it is off. */
  setOwnCamera(track: MediaStreamTrack | null, sentCodec: string | null): void {
    this.#setTrack(track);
    this.#show(track === null ? 'off' : 'live', '');
    setText(this.#badge, sentCodec === null ? 'not sending' : `sending ${codecWords(sentCodec)}`);
    setAttributes(this.#badge, { 'data-via': 'own' });
    this.#details.showDelivery(
      'your own camera',
      sentCodec === null ? 'nothing is sent' : 'your own picture, not sent back to you',
    );
  }

  /** Whether this person has a camera at all; a stream that comes says more. */
  setHasCamera(hasCamera: boolean): void {
    if (this.#picture === null && !this.#options.self) this.#show(hasCamera ? 'waiting' : 'off', '');
  }

  /** Somebody else's picture. */
  attachPicture(stream: RemoteStream): void {
    this.#detach(this.#pictureOff);
    this.#picture = stream;
    const follow = (): void => this.#followPicture(stream);
    this.#pictureOff = [
      stream.on('track', (track) => {
        this.#setTrack(track);
        follow();
      }),
      stream.on('changed', follow),
      stream.on('ended', () => {
        if (this.#picture !== stream) return;
        this.#picture = null;
        this.#setTrack(null);
        this.#show('off', '');
        setText(this.#badge, '');
      }),
    ];
    if (stream.track !== null) this.#setTrack(stream.track);
    follow();
  }

  /** Somebody else's sound. */
  attachSound(stream: RemoteStream): void {
    this.#detach(this.#soundOff);
    this.#sound = stream;
    const follow = (): void => this.setMuted(stream.paused || stream.track === null);
    const play = (track: MediaStreamTrack): void => {
      this.#audio.srcObject = new MediaStream([track]);
      const start = (): void => {
        this.#audio.play().catch((error: unknown) => {
          if (error instanceof DOMException && error.name === 'NotAllowedError') {
            this.#options.soundBlocked(start);
          }
        });
      };
      start();
      follow();
    };
    this.#soundOff = [
      stream.on('track', play),
      stream.on('changed', follow),
      stream.on('ended', () => {
        this.#audio.srcObject = null;
        if (this.#sound === stream) this.#sound = null;
        this.setMuted(true);
      }),
    ];
    if (stream.track !== null) play(stream.track);
    else follow();
  }

  /** New figures. */
  showStats({ received, sent }: CallStats): void {
    if (this.#details.element.hasAttribute('hidden')) return;
    if (this.#options.self) {
      this.#details.showVideo(sent.find((one) => one.source === 'camera'));
      this.#details.showSound(sent.find((one) => one.source === 'microphone'));
    } else {
      this.#details.showVideo(received.find((one) => one.stream === this.#picture));
      this.#details.showSound(received.find((one) => one.stream === this.#sound));
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#detach(this.#pictureOff);
    this.#detach(this.#soundOff);
    this.#video.srcObject = null;
    this.#audio.srcObject = null;
    this.element.remove();
  }

  #detach(offs: (() => void)[]): void {
    for (const off of offs.splice(0)) off();
  }

  #followPicture(stream: RemoteStream): void {
    const { delivery, unavailable } = stream;
    if (unavailable !== null) {
      this.#show('unavailable', unavailable);
      setText(this.#badge, 'not available');
      setAttributes(this.#badge, { 'data-via': 'none' });
      this.#details.showDelivery('not available', unavailable);
      return;
    }
    this.#show(stream.paused ? 'off' : stream.track === null ? 'waiting' : 'live', '');
    if (delivery === null) return;
    setText(this.#badge, deliveryWords(delivery));
    setAttributes(this.#badge, { 'data-via': delivery.via, title: delivery.reason });
    this.#details.showDelivery(deliveryWords(delivery), delivery.reason);
  }

  #setTrack(track: MediaStreamTrack | null): void {
    const old = this.#stream.getVideoTracks();
    if (track !== null && old.length === 1 && old[0] === track) return;
    for (const one of old) this.#stream.removeTrack(one);
    if (track !== null) this.#stream.addTrack(track);
  }

  #show(picture: Picture, message: string): void {
    setAttributes(this.element, { 'data-picture': picture });
    setText(this.#message, message);
  }
}
