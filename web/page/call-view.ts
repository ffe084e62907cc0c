/**
 * The call itself: tiles, controls, and a calm line that says what is happening.
 *
 * Ownership: owns its grid, its listeners on the call, and the timer that reads the statistics. The call and the tracks
 * belong to `call-page.ts`. `close()` is idempotent.
 */
import type { Call } from '../sdk/index.ts';
import { codecChoice, deviceSwitch, iconButton } from './controls.ts';
import { h, setAttributes, setText } from './dom.ts';
import type { LocalMedia } from './local-media.ts';
import type { Wishes } from './prejoin-view.ts';
import { TileGrid } from './tile-grid.ts';
import { codecWords } from './words.ts';

export interface CallViewOptions {
  readonly call: Call;
  readonly media: LocalMedia;
  readonly wishes: Wishes;
  readonly detailsOpen: boolean;
  /** What others open to come in. */
  readonly link: string;
  readonly leave: () => void;
}

const STATS_EVERY_MS = 1_000;
/** How long a sentence that needs no action stays. */
const SENTENCE_MS = 4_000;

export class CallView {
  readonly element: HTMLElement;
  readonly #options: CallViewOptions;
  readonly #grid: TileGrid;
  readonly #status = h('p', { class: 'status-line', role: 'status', 'data-testid': 'status' });
  readonly #soundButton = h(
    'button',
    { type: 'button', class: 'primary sound-button', hidden: true, 'data-testid': 'play-sound' },
    'Press to hear the others',
  );
  readonly #offs: (() => void)[];
  readonly #statsTimer: number;
  readonly #microphone = deviceSwitch('microphone', () => this.#toggle('microphone'));
  readonly #camera = deviceSwitch('camera', () => this.#toggle('camera'));
  #microphoneOn: boolean;
  #cameraOn: boolean;
  #sentenceTimer = 0;
  #blocked: (() => void)[] = [];
  #closed = false;

  constructor(options: CallViewOptions) {
    this.#options = options;
    const { call, wishes } = options;
    this.#microphoneOn = wishes.microphoneOn;
    this.#cameraOn = wishes.cameraOn;
    this.#grid = new TileGrid({
      call,
      ownName: wishes.name,
      detailsOpen: options.detailsOpen,
      soundBlocked: (play) => this.#soundBlocked(play),
    });
    this.#soundButton.addEventListener('click', () => {
      this.#soundButton.hidden = true;
      for (const play of this.#blocked.splice(0)) play();
    });
    this.element = h(
      'main',
      { class: 'call', 'data-testid': 'call', 'data-state': call.state },
      h('h1', { class: 'only-read' }, 'CommuCat call'),
      this.#status,
      this.#soundButton,
      this.#grid.element,
      h(
        'div',
        { class: 'controls', role: 'toolbar', 'aria-label': 'Call' },
        this.#microphone.element,
        this.#camera.element,
        codecChoice(wishes.restriction, (choice) => void this.#restrict(choice)),
        iconButton('link', 'Copy link', 'copy-link', () => void this.#copyLink()),
        iconButton('leave', 'Leave', 'leave', options.leave),
      ),
    );
    this.#offs = [
      call.on('state', (state) => setAttributes(this.element, { 'data-state': state })),
      call.on('recovering', (reason) => this.#say(`${reason} Coming back…`, false)),
      call.on('recovered', () => this.#say('You are back in the call.', true)),
      call.on('error', (error) => this.#say(error.message, true)),
      call.on('publications', () => this.#showOwn()),
      call.on('participants', () => this.#showAlone()),
    ];
    this.#statsTimer = window.setInterval(() => void this.#readStats(), STATS_EVERY_MS);
    for (const device of ['microphone', 'camera'] as const) {
      options.media[device]?.addEventListener('ended', this.#deviceEnded);
    }
    this.#showOwn();
    this.#showAlone();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    window.clearInterval(this.#statsTimer);
    window.clearTimeout(this.#sentenceTimer);
    for (const off of this.#offs.splice(0)) off();
    for (const device of ['microphone', 'camera'] as const) {
      this.#options.media[device]?.removeEventListener('ended', this.#deviceEnded);
    }
    this.#grid.close();
    this.element.remove();
  }

  /** A device was unplugged, or its permission taken back: the browser stops the track by itself. */
  readonly #deviceEnded = (): void => {
    const { media, call } = this.#options;
    for (const device of ['microphone', 'camera'] as const) {
      if (media[device]?.readyState !== 'ended') continue;
      call.unpublish(device);
      this.#say(`The ${device} is gone. You are still in the call.`, true);
    }
    this.#showOwn();
  };

  #toggle(device: 'microphone' | 'camera'): void {
    const { media, call } = this.#options;
    const on = device === 'microphone' ? !this.#microphoneOn : !this.#cameraOn;
    if (device === 'microphone') this.#microphoneOn = on;
    else this.#cameraOn = on;
    const track = media[device];
    if (track !== null) track.enabled = on;
    call.setPaused(device, !on);
    this.#showOwn();
  }

  #showOwn(): void {
    const { media, call } = this.#options;
    const usable = (track: MediaStreamTrack | null): track is MediaStreamTrack =>
      track?.readyState === 'live';
    const microphone = usable(media.microphone);
    const camera = usable(media.camera) && this.#cameraOn ? media.camera : null;
    this.#microphone.show(microphone ? (this.#microphoneOn ? 'on' : 'off') : 'none');
    this.#camera.show(usable(media.camera) ? (this.#cameraOn ? 'on' : 'off') : 'none');
    this.#grid.own.setMuted(!microphone || !this.#microphoneOn);
    this.#grid.own.setOwnCamera(camera, camera === null ? null : call.sentCodec('camera'));
  }

  #showAlone(): void {
    if (this.#options.call.state !== 'joined' || this.#sentenceTimer !== 0) return;
    setText(
      this.#status,
      this.#options.call.participants.length === 0 ? 'Nobody else is here yet. Send them the link.' : '',
    );
  }

  async #restrict(choice: Wishes['restriction']): Promise<void> {
    try {
      await this.#options.call.restrict(choice);
      this.#say(
        choice === null ? 'The codec is chosen automatically.' : `Only ${codecWords(choice)} is used now.`,
        true,
      );
    } catch (error) {
      this.#say(error instanceof Error ? error.message : String(error), true);
    }
  }

  async #copyLink(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.#options.link);
      this.#say('The link is copied.', true);
    } catch {
      // Not allowed: show it, so that it can be selected.
      this.#say(this.#options.link, false);
    }
  }

  async #readStats(): Promise<void> {
    const stats = await this.#options.call.stats();
    if (!this.#closed) this.#grid.showStats(stats);
  }

  #soundBlocked(play: () => void): void {
    this.#blocked.push(play);
    this.#soundButton.hidden = false;
  }

  /** @param passing Whether the sentence goes away by itself. */
  #say(sentence: string, passing: boolean): void {
    window.clearTimeout(this.#sentenceTimer);
    this.#sentenceTimer = 0;
    setText(this.#status, sentence);
    if (!passing) return;
    this.#sentenceTimer = window.setTimeout(() => {
      this.#sentenceTimer = 0;
      setText(this.#status, '');
      this.#showAlone();
    }, SENTENCE_MS);
  }
}
