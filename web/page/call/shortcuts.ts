/**
 * Keyboard shortcuts of the call: which key does what. Pure; `use-shortcuts.ts` listens.
 *
 * What will surprise you: letters are known by their place on the keyboard (`code`), so that they work whatever alphabet the
 * keyboard writes; the question mark is known by what it writes (`key`), because its place differs. Keys that are typed into a field
 * or choose in a list are never shortcuts.
 */

export const ACTIONS = [
  'microphone',
  'camera',
  'hand',
  'share',
  'chat',
  'people',
  'layout',
  'full-screen',
  'help',
] as const;
export type Action = (typeof ACTIONS)[number];

interface Shortcut {
  /** Place of the key, as `KeyboardEvent.code`. */
  readonly code: string;
  /** The same with Ctrl (Cmd on a Mac), where there is one that people know from elsewhere. */
  readonly withControl?: string;
}

const LETTERS: Readonly<Record<Exclude<Action, 'help'>, Shortcut>> = {
  microphone: { code: 'KeyM', withControl: 'KeyD' },
  camera: { code: 'KeyV', withControl: 'KeyE' },
  hand: { code: 'KeyH' },
  share: { code: 'KeyS' },
  chat: { code: 'KeyC' },
  people: { code: 'KeyP' },
  layout: { code: 'KeyL' },
  'full-screen': { code: 'KeyF' },
};

/** What is needed of a `KeyboardEvent`. */
export interface Stroke {
  readonly code: string;
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
  readonly repeat: boolean;
}

/** What a key does in the call; null: nothing. */
export function actionOf(stroke: Stroke): Action | null {
  const { code, key, ctrlKey, metaKey, altKey, shiftKey, repeat } = stroke;
  if (repeat || altKey) return null;
  const control = ctrlKey || metaKey;
  if (!control && key === '?') return 'help';
  if (shiftKey) return null;
  for (const action of ACTIONS) {
    if (action === 'help') continue;
    const shortcut = LETTERS[action];
    if (code === (control ? shortcut.withControl : shortcut.code)) return action;
  }
  return null;
}

/** The single key of an action, as tooltips and `aria-keyshortcuts` write it. */
export function keyOf(action: Action): string {
  return action === 'help' ? '?' : LETTERS[action].code.slice('Key'.length);
}

/** All ways to call an action, each as its keys in order. @param mac Whether the keyboard has a Command key */
export function waysTo(action: Action, mac: boolean): readonly (readonly string[])[] {
  if (action === 'help') return [['?']];
  const { withControl } = LETTERS[action];
  const single = [keyOf(action)];
  return withControl === undefined
    ? [single]
    : [single, [mac ? '⌘' : 'Ctrl', withControl.slice('Key'.length)]];
}

const TYPING = 'input:not([type=checkbox],[type=radio],[type=button],[type=range]), textarea, select';

/** Whether a key that goes to this element is typed there, or chooses in it. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.closest(TYPING) !== null || target.isContentEditable;
}

/** Whether the space bar presses or scrolls what has the focus. */
export function usesSpace(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return (
    isTyping(target) ||
    target.closest('button, a[href], input, summary, [role^=menuitem], [role=button], [role=log]') !== null
  );
}
