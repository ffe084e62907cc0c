/**
 * Listens to the keyboard during a call: shortcuts, Escape, and the space bar that opens a muted microphone while it is held.
 *
 * What will surprise you: a button that was pressed with the mouse keeps the focus, and the space bar would press it again; so the
 * space bar counts as the button's only where the focus came by keyboard. Owns its listeners.
 */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Devices } from '../devices/devices.ts';
import { type Action, actionOf, isTyping, usesSpace } from './shortcuts.ts';
import { TalkKey } from './talk-key.ts';

export interface KeyHandlers {
  readonly act: (action: Action) => void;
  /** @returns Whether there was anything to close */
  readonly escape: () => boolean;
}

export type TalkDevices = Pick<Devices, 'isOn' | 'setOn' | 'problem'>;

export interface Keys {
  /** The space bar is held, and the microphone is open for as long. */
  readonly talking: boolean;
  /** The microphone is switched by other means than the space bar. */
  readonly forget: () => void;
}

export function useKeys(devices: TalkDevices, handlers: KeyHandlers): Keys {
  const latest = useRef(handlers);
  latest.current = handlers;
  const [talking, setTalking] = useState(false);
  const talk = useRef<TalkKey | null>(null);

  // Before the screen is painted: what a person can see, its keys can do.
  useLayoutEffect(() => {
    const key = new TalkKey({
      usable: () => devices.problem('microphone') === null,
      isOn: () => devices.isOn('microphone'),
      setOn: (on) => devices.setOn('microphone', on),
    });
    talk.current = key;
    /** What the mouse or a finger pressed last. */
    let pressed: EventTarget | null = null;

    const down = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.isComposing) return;
      if (event.key === 'Escape') {
        // Also out of a field: whoever writes a message closes the chat with it.
        if (latest.current.escape()) event.preventDefault();
        return;
      }
      if (isTyping(event.target)) return;
      if (event.code === 'Space') {
        const own = event.target === pressed || !usesSpace(event.target);
        if (!own || event.ctrlKey || event.metaKey || event.altKey) return;
        if (key.press()) setTalking(true);
        // Otherwise it would scroll, or press what the mouse pressed before.
        event.preventDefault();
        return;
      }
      const action = actionOf(event);
      if (action === null || document.querySelector('dialog[open]') !== null) return;
      event.preventDefault();
      latest.current.act(action);
    };
    const up = (event: KeyboardEvent): void => {
      if (event.code !== 'Space') return;
      if (event.target === pressed && !isTyping(event.target)) event.preventDefault();
      release();
    };
    const release = (): void => {
      key.release();
      setTalking(false);
    };
    const point = (event: PointerEvent): void => {
      pressed = event.target instanceof Element ? event.target.closest('button') : null;
    };
    const focus = (event: FocusEvent): void => {
      if (event.target !== pressed) pressed = null;
    };
    const hide = (): void => {
      if (document.hidden) release();
    };
    window.addEventListener('keydown', down);
    window.addEventListener('keyup', up);
    window.addEventListener('blur', release);
    window.addEventListener('pointerdown', point);
    window.addEventListener('focusin', focus);
    document.addEventListener('visibilitychange', hide);
    return () => {
      key.release();
      window.removeEventListener('keydown', down);
      window.removeEventListener('keyup', up);
      window.removeEventListener('blur', release);
      window.removeEventListener('pointerdown', point);
      window.removeEventListener('focusin', focus);
      document.removeEventListener('visibilitychange', hide);
    };
  }, [devices]);

  return {
    talking,
    forget: () => {
      talk.current?.forget();
      setTalking(false);
    },
  };
}
