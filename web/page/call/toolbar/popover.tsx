/**
 * What opens above a control of the toolbar: a press elsewhere closes it, and so does the focus when it goes elsewhere. Escape is
 * the frame's (use-keys.ts).
 *
 * What will surprise you: the control that opened it stands in the same `.anchor`; pressing it again is its own business.
 */
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

export interface PopoverProps {
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

export function Popover({ onClose, children }: PopoverProps): JSX.Element {
  const element = useRef<HTMLDivElement | null>(null);
  const close = useRef(onClose);
  close.current = onClose;
  useEffect(() => {
    const popover = element.current;
    const anchor = popover?.parentElement ?? null;
    const first = popover?.querySelector<HTMLElement>('input:checked') ?? popover?.querySelector('button');
    first?.focus({ preventScroll: true });
    const look = (event: Event): void => {
      if (event.target instanceof Node && anchor?.contains(event.target) !== true) close.current();
    };
    document.addEventListener('pointerdown', look);
    document.addEventListener('focusin', look);
    return () => {
      document.removeEventListener('pointerdown', look);
      document.removeEventListener('focusin', look);
      // Whoever was in it goes back to where it was opened.
      if (popover?.contains(document.activeElement) === true || document.activeElement === document.body) {
        anchor?.querySelector('button')?.focus({ preventScroll: true });
      }
    };
  }, []);
  return (
    <div ref={element} class="popover">
      {children}
    </div>
  );
}
