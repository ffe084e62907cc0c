/**
 * Where the page is, as its address says, and the way to elsewhere without loading it again.
 *
 * What will surprise you: the token for making calls, which may stand behind `#`, is taken out of the address and its history at
 * once. Switches stay as they were at the first look, since what they change is made once.
 */
import { useCallback, useEffect, useState } from 'preact/hooks';
import { type Place, readPlace } from '../address.ts';
import { memory } from '../memory.ts';

export interface PlaceAndWay {
  readonly place: Place;
  /** @param path An address of this page, for example `/call#…` */
  readonly go: (path: string) => void;
}

export function usePlace(): PlaceAndWay {
  const [place, setPlace] = useState<Place>(look);
  useEffect(() => {
    const changed = (): void => setPlace(look());
    // `popstate` also follows a link that is typed into the same tab and differs only behind #.
    window.addEventListener('popstate', changed);
    return () => window.removeEventListener('popstate', changed);
  }, []);
  const go = useCallback((path: string): void => {
    history.pushState(null, '', path);
    setPlace(look());
    window.scrollTo(0, 0);
  }, []);
  return { place, go };
}

function look(): Place {
  const place = readPlace(location);
  if (place.view === 'start' && place.token !== null) {
    memory.token = place.token;
    history.replaceState(null, '', `/${location.search}`);
  }
  return place;
}
