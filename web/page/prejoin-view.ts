/** Before joining: see yourself, type a name, choose a codec. The connection is made meanwhile. */
import type { CodecRestriction } from '../../signaling/messages/media.ts';
import { codecChoice, deviceSwitch } from './controls.ts';
import { h, setText } from './dom.ts';
import type { LocalMedia } from './local-media.ts';
import { header } from './start-view.ts';

export interface Wishes {
  readonly name: string;
  readonly restriction: CodecRestriction;
  readonly microphoneOn: boolean;
  readonly cameraOn: boolean;
}

export interface PrejoinView {
  readonly element: HTMLElement;
  /** The devices are known (or known to be missing). */
  setMedia(media: LocalMedia): void;
  setStatus(words: string): void;
  /** Whether the join is under way: the form rests meanwhile. */
  setBusy(busy: boolean): void;
  /** What is chosen at this moment. */
  wishes(): Wishes;
}

export function prejoinView(
  initial: { readonly name: string; readonly restriction: CodecRestriction },
  join: () => void,
): PrejoinView {
  let media: LocalMedia | null = null;
  let microphoneOn = true;
  let cameraOn = true;
  let { restriction } = initial;

  const video = h('video', { playsinline: true, autoplay: true, 'data-testid': 'preview' });
  video.muted = true;
  const name = h('input', {
    name: 'name',
    required: true,
    maxlength: 64,
    autocomplete: 'name',
    placeholder: 'Your name',
    value: initial.name,
    'data-testid': 'name',
  });
  const button = h('button', { type: 'submit', class: 'primary', 'data-testid': 'join' }, 'Join');
  const notes = h('p', { class: 'notice', 'data-testid': 'device-notes' });
  const status = h('p', { role: 'status', class: 'notice', 'data-testid': 'status' });

  const showDevices = (): void => {
    const stateOf = (track: MediaStreamTrack | null, on: boolean): 'on' | 'off' | 'none' =>
      track === null ? 'none' : on ? 'on' : 'off';
    if (media === null) return;
    microphone.show(stateOf(media.microphone, microphoneOn));
    camera.show(stateOf(media.camera, cameraOn));
    if (media.microphone !== null) media.microphone.enabled = microphoneOn;
    if (media.camera !== null) media.camera.enabled = cameraOn;
    video.hidden = media.camera === null || !cameraOn;
  };
  const microphone = deviceSwitch('microphone', () => {
    microphoneOn = !microphoneOn;
    showDevices();
  });
  const camera = deviceSwitch('camera', () => {
    cameraOn = !cameraOn;
    showDevices();
  });

  const form = h(
    'form',
    { class: 'card prejoin' },
    h(
      'div',
      { class: 'preview mirrored' },
      h('div', { class: 'avatar', 'aria-hidden': 'true' }, 'No picture'),
      video,
      h('div', { class: 'preview-controls' }, microphone.element, camera.element),
    ),
    h(
      'div',
      { class: 'prejoin-fields' },
      h('label', { class: 'field' }, h('span', {}, 'Name'), name),
      codecChoice(restriction, (choice) => {
        restriction = choice;
      }),
      button,
      notes,
      status,
    ),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    join();
  });

  return {
    element: h('main', { class: 'page' }, header(), form),
    setMedia: (found) => {
      media = found;
      if (found.camera !== null) video.srcObject = new MediaStream([found.camera]);
      setText(notes, found.notes.join(' '));
      showDevices();
    },
    setStatus: (words) => setText(status, words),
    setBusy: (busy) => {
      button.disabled = busy;
      setText(button, busy ? 'Joining…' : 'Join');
    },
    wishes: () => ({ name: name.value.trim(), restriction, microphoneOn, cameraOn }),
  };
}
