/** The whole page in full screen, and back. Owns its listener. */
import { useEffect, useState } from 'preact/hooks';

export interface FullScreen {
  readonly on: boolean;
  readonly toggle: () => void;
}

/** @returns null where the browser has none, as on an iPhone */
export function useFullScreen(): FullScreen | null {
  const [on, setOn] = useState(() => isOn());
  useEffect(() => {
    const look = (): void => setOn(isOn());
    document.addEventListener('fullscreenchange', look);
    return () => document.removeEventListener('fullscreenchange', look);
  }, []);
  if (!('fullscreenEnabled' in document) || !document.fullscreenEnabled) return null;
  return {
    on,
    toggle: () => {
      // Refused where the press that asked for it is too long ago: then everything stays as it is.
      const done = isOn() ? document.exitFullscreen() : document.documentElement.requestFullscreen();
      done.catch(() => undefined);
    },
  };
}

function isOn(): boolean {
  return 'fullscreenElement' in document && document.fullscreenElement !== null;
}
