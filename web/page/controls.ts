/** Small controls that several views use. */
import type { CodecRestriction } from '../../signaling/messages/media.ts';
import { h, setAttributes, setText } from './dom.ts';
import { type IconName, icon } from './icon.ts';

/** A button with an icon and a word below or beside it. */
export function iconButton(
  name: IconName,
  label: string,
  testId: string,
  press: () => void,
): HTMLButtonElement {
  const button = h(
    'button',
    { type: 'button', class: 'icon-button', 'data-testid': testId },
    icon(name),
    h('span', {}, label),
  );
  button.addEventListener('click', press);
  return button;
}

export interface DeviceSwitch {
  readonly element: HTMLButtonElement;
  /** Shows whether the device is on, or that there is none. */
  show(state: 'on' | 'off' | 'none'): void;
}

/** A button that mutes a microphone or switches a camera off. */
export function deviceSwitch(device: 'microphone' | 'camera', toggle: () => void): DeviceSwitch {
  const words = h('span', {});
  const element = h(
    'button',
    { type: 'button', class: 'icon-button switch', 'data-testid': `toggle-${device}` },
    icon(device),
    icon(`${device}-off`),
    words,
  );
  element.addEventListener('click', toggle);
  return {
    element,
    show: (state) => {
      const on = state === 'on';
      setAttributes(element, { 'data-state': state, 'aria-pressed': String(on), disabled: state === 'none' });
      const name = device === 'microphone' ? 'Microphone' : 'Camera';
      setText(words, state === 'none' ? `No ${device}` : on ? `${name} on` : `${name} off`);
    },
  };
}

const CHOICES: readonly { readonly value: 'auto' | 'VP8' | 'H264'; readonly words: string }[] = [
  { value: 'auto', words: 'Automatic' },
  { value: 'VP8', words: 'VP8 only' },
  { value: 'H264', words: 'H.264 only' },
];

/** `auto` and anything unknown leave the choice to the server. */
export function restrictionOf(choice: string): CodecRestriction {
  return choice === 'VP8' || choice === 'H264' ? choice : null;
}

/** The choice of video codec, as a drop-down list with a label. */
export function codecChoice(
  chosen: CodecRestriction,
  choose: (choice: CodecRestriction) => void,
): HTMLElement {
  const select = h('select', { 'data-testid': 'codec-choice', name: 'codec' });
  for (const { value, words } of CHOICES) {
    select.append(h('option', { value, selected: value === (chosen ?? 'auto') }, words));
  }
  select.addEventListener('change', () => choose(restrictionOf(select.value)));
  return h('label', { class: 'field codec-choice' }, h('span', {}, 'Video codec'), select);
}
