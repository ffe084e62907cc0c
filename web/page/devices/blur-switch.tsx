/** The switch for the blurred background, with what it is doing. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Check } from '../design/controls.tsx';
import { useWords } from '../words/language.tsx';
import type { Devices } from './devices.ts';
import { useDevices } from './use-devices.ts';

export function BlurSwitch({ devices }: { readonly devices: Devices }): JSX.Element {
  const t = useWords();
  useDevices(devices);
  const [held, setHeld] = useState(false);
  useEffect(() => devices.on('blur-failed', setHeld), [devices]);
  const { blur } = devices;
  const words =
    blur === 'unavailable'
      ? t(held ? 'devices.blur.held' : 'devices.blur.unavailable')
      : blur === 'starting' && devices.isOn('camera')
        ? t('devices.blur.starting')
        : '';
  return (
    <div>
      <Check
        label={t('devices.blur')}
        checked={blur === 'on' || blur === 'starting'}
        testId="blur"
        onChange={(on) => void devices.setBlur(on)}
      />
      <p role="status" class="notice" data-kind={blur === 'unavailable' ? 'warn' : undefined}>
        {words}
      </p>
    </div>
  );
}
