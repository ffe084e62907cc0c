/**
 * What every modal dialog does: it is open for as long as it is rendered, Escape and a press on the backdrop close it.
 *
 * What will surprise you: closing is the owner's, who stops to render it; the browser's own way to close is refused.
 */
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

export interface Modal {
  readonly ref: RefObject<HTMLDialogElement | null>;
  readonly onCancel: (event: Event) => void;
  readonly onClick: (event: MouseEvent) => void;
}

/** @returns What a `<dialog>` element takes as its properties */
export function useModal(onClose: () => void): Modal {
  const ref = useRef<HTMLDialogElement | null>(null);
  useEffect(() => {
    const dialog = ref.current;
    if (dialog !== null && !dialog.open) dialog.showModal();
    return () => dialog?.close();
  }, []);
  return {
    ref,
    onCancel: (event) => {
      event.preventDefault();
      onClose();
    },
    onClick: (event) => {
      // The dialog itself is hit only beside its content: on the backdrop.
      if (event.target === ref.current) onClose();
    },
  };
}
