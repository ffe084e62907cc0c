/** Whether anybody can see the page: hooks that tell of hidden tabs and full screen. */
import { useEffect, useState } from 'preact/hooks';

/** A tab that is looked away from for a moment only keeps its pictures. */
export const PATIENCE_MS = 5_000;

/** False when the page has been hidden for a while; true again as soon as it shows. */
export function useAttention(): boolean {
  const [attentive, setAttentive] = useState(true);
  useEffect(() => {
    let timer = 0;
    const changed = (): void => {
      window.clearTimeout(timer);
      if (document.hidden) timer = window.setTimeout(() => setAttentive(false), PATIENCE_MS);
      else setAttentive(true);
    };
    changed();
    document.addEventListener('visibilitychange', changed);
    return () => {
      window.clearTimeout(timer);
      document.removeEventListener('visibilitychange', changed);
    };
  }, []);
  return attentive;
}

/** The element that fills the screen; null where none does. */
export function useFullScreen(): Element | null {
  const [element, setElement] = useState<Element | null>(null);
  useEffect(() => {
    const changed = (): void => setElement(document.fullscreenElement ?? null);
    document.addEventListener('fullscreenchange', changed);
    return () => document.removeEventListener('fullscreenchange', changed);
  }, []);
  return element;
}
