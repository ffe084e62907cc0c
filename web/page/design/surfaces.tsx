/**
 * Surfaces that hold other views: a side panel, a dialog, the brand above a page.
 *
 * What will surprise you: a dialog is the browser's own `<dialog>`, shown as a modal: focus, Escape and the inert page behind it are
 * the browser's work.
 */
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { useWords } from '../words/language.tsx';
import { RoundButton } from './controls.tsx';
import { useModal } from './modal.ts';

export interface SurfaceProps {
  readonly title: string;
  readonly testId: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** A panel beside the tiles. */
export function Panel({ title, testId, onClose, children }: SurfaceProps): JSX.Element {
  const t = useWords();
  const id = useId();
  const element = useRef<HTMLElement | null>(null);
  useEffect(() => {
    // What opened it may be covered by it now; then the keyboard goes on here.
    const focused = document.activeElement;
    if (focused === null || focused === document.body || focused.closest('[inert]') !== null) {
      element.current?.focus();
    }
  }, []);
  return (
    <section ref={element} class="panel" tabIndex={-1} aria-labelledby={id} data-testid={testId}>
      <header>
        <h2 id={id}>{title}</h2>
        <RoundButton icon="close" label={t('common.close')} testId={`${testId}-close`} onPress={onClose} />
      </header>
      {children}
    </section>
  );
}

/** A question or a form above everything; it is open for as long as it is rendered. */
export function Dialog({ title, testId, onClose, children }: SurfaceProps): JSX.Element {
  const t = useWords();
  const id = useId();
  const modal = useModal(onClose);
  return (
    <dialog {...modal} class="dialog" aria-labelledby={id} data-testid={testId}>
      <header>
        <h2 id={id}>{title}</h2>
        <RoundButton icon="close" label={t('common.close')} testId={`${testId}-close`} onPress={onClose} />
      </header>
      <div class="dialog-body">{children}</div>
    </dialog>
  );
}

/** Name and mark above a page. */
export function Brand(): JSX.Element {
  return (
    <header class="brand">
      <span class="mark" aria-hidden="true" />
      <h1>CommuCat</h1>
    </header>
  );
}
