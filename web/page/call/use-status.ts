/** What the calm line says, from the events of the call and the devices. Owns its listeners and the timer of what passes. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Call, Trouble } from '../../sdk/index.ts';
import type { Devices } from '../devices/devices.ts';
import { type Saying, sayingMs } from './status.ts';

export type StatusCall = Pick<Call, 'on' | 'state'>;
export type StatusDevices = Pick<Devices, 'on' | 'problem'>;

export interface Happening {
  readonly trouble: Trouble | 'unknown' | null;
  readonly online: boolean;
  readonly saying: Saying | null;
  /** Says something for some seconds, instead of what was said before. */
  readonly say: (saying: Saying) => void;
}

export function useHappening(call: StatusCall, devices: StatusDevices): Happening {
  const [trouble, setTrouble] = useState<Trouble | 'unknown' | null>(
    call.state === 'recovering' ? 'unknown' : null,
  );
  const [online, setOnline] = useState(() => navigator.onLine);
  const [saying, setSaying] = useState<Saying | null>(null);
  const timer = useRef(0);

  const say = useCallback((next: Saying): void => {
    window.clearTimeout(timer.current);
    setSaying(next);
    timer.current = window.setTimeout(() => setSaying(null), sayingMs(next));
  }, []);

  useEffect(() => {
    const offs = [
      call.on('recovering', setTrouble),
      call.on('recovered', ({ tookMs }) => {
        setTrouble(null);
        say({ of: 'recovered', tookMs });
      }),
      call.on('state', (state) => {
        if (state !== 'recovering') setTrouble(null);
      }),
      call.on('error', (error) => say({ of: 'error', error })),
      devices.on('ended', (kind) => {
        say({ of: 'device', kind, problem: devices.problem(kind) ?? 'ended' });
      }),
      devices.on('replaced', (_, label) => say({ of: 'device-replaced', label })),
      devices.on('blur-failed', (cameraOff) => say({ of: 'blur-failed', cameraOff })),
    ];
    return () => {
      for (const off of offs) off();
    };
  }, [call, devices]);

  useEffect(() => {
    const look = (): void => setOnline(navigator.onLine);
    window.addEventListener('online', look);
    window.addEventListener('offline', look);
    return () => {
      window.removeEventListener('online', look);
      window.removeEventListener('offline', look);
      window.clearTimeout(timer.current);
    };
  }, []);

  return { trouble, online, saying, say };
}
