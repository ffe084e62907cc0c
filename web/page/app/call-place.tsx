/** A call's link: visits to it, one after the other; what is shown of the present one. */
import type { JSX } from 'preact';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Switches } from '../address.ts';
import type { CallScreenProps } from '../call/call-screen.tsx';
import { Prejoin } from '../prejoin/prejoin.tsx';
import { EndedPage } from '../start/ended-page.tsx';
import { useEmitter } from '../view/hooks.ts';
import { Lazy, lazyPart } from './lazy.tsx';
import { makeVisit } from './make-visit.ts';
import type { Settings } from './settings.ts';
import { browserWakeEnvironment, watchWake } from './wake.ts';
import type { Visit } from './visit.ts';

const callScreen = lazyPart<CallScreenProps>(
  async () => (await import('../call/call-screen.tsx')).CallScreen,
);

export interface CallPlaceProps {
  readonly room: string;
  readonly switches: Switches;
  readonly settings: Settings;
  readonly onHome: () => void;
}

export function CallPlace({ room, switches, settings, onHome }: CallPlaceProps): JSX.Element | null {
  const [visit, setVisit] = useState<Visit | null>(null);
  // The address joins by itself once, and not again after the person left.
  const [round, setRound] = useState(0);
  useEffect(() => {
    const begun = makeVisit({
      room,
      settings,
      switches: round === 0 ? switches : { ...switches, join: false },
    });
    setVisit(begun);
    const stopWake = watchWake(() => begun.wake(), browserWakeEnvironment());
    const vanish = (): void => begun.vanish();
    window.addEventListener('pagehide', vanish);
    void begun.start();
    // Loaded while the person types a name.
    callScreen.load().catch(() => undefined);
    return () => {
      stopWake();
      window.removeEventListener('pagehide', vanish);
      begun.close();
    };
  }, [room, round]);
  const again = useCallback(() => {
    setVisit(null);
    setRound((before) => before + 1);
  }, []);
  return visit === null ? null : (
    <VisitView visit={visit} settings={settings} onAgain={again} onHome={onHome} />
  );
}

interface VisitViewProps {
  readonly visit: Visit;
  readonly settings: Settings;
  readonly onAgain: () => void;
  readonly onHome: () => void;
}

function VisitView({ visit, settings, onAgain, onHome }: VisitViewProps): JSX.Element {
  const stage = useEmitter(
    visit,
    (source, changed) => [source.on('changed', changed)],
    (source) => source.stage,
  );
  const leave = useRef(() => visit.leave());
  switch (stage) {
    case 'prejoin':
    case 'joining':
      return <Prejoin visit={visit} settings={settings} />;
    case 'call':
      return (
        <Lazy
          part={callScreen}
          props={{
            call: visit.call,
            devices: visit.devices,
            settings,
            switches: visit.switches,
            link: `${location.origin}/call#${visit.room}`,
            onLeave: leave.current,
          }}
        />
      );
    case 'ended':
      return <EndedPage ending={visit.ending} onAgain={onAgain} onHome={onHome} settings={settings} />;
  }
}
