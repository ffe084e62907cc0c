/**
 * A bar that follows the own microphone, and words where nothing is heard from it for a while.
 *
 * What will surprise you: the bar is moved past the rendering, fifteen times a second; only the words are state.
 */
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../design/icon.tsx';
import { useWords } from '../words/language.tsx';
import type { Devices } from './devices.ts';
import { useDevices } from './use-devices.ts';

/** Less than breath. */
const HEARD_LEVEL = 0.04;
const SILENT_MS = 8_000;

export interface MicLevelProps {
  readonly devices: Devices;
  /** Milliseconds, of any clock. */
  readonly nowMs?: () => number;
}

export function MicLevel({ devices, nowMs = () => performance.now() }: MicLevelProps): JSX.Element {
  const t = useWords();
  useDevices(devices);
  const bar = useRef<HTMLDivElement | null>(null);
  const [silent, setSilent] = useState(false);
  const { microphone } = devices;
  const listens = microphone !== null && devices.isOn('microphone');
  useEffect(() => {
    setSilent(false);
    const show = (level: number): void => {
      const element = bar.current;
      if (element === null) return;
      element.style.setProperty('--level', level.toFixed(2));
      element.setAttribute('aria-valuenow', String(Math.round(level * 10) * 10));
    };
    if (!listens) {
      show(0);
      return undefined;
    }
    let heardAtMs = nowMs();
    return devices.level.subscribe((level) => {
      show(level);
      if (level >= HEARD_LEVEL) heardAtMs = nowMs();
      setSilent(nowMs() - heardAtMs > SILENT_MS);
    });
  }, [devices, microphone, listens]);
  return (
    <div class="mic-level-block">
      <div class="mic-level-row">
        <Icon name={listens ? 'microphone' : 'microphone-off'} />
        <div
          ref={bar}
          class="mic-level"
          role="meter"
          aria-label={t('devices.level')}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={0}
          data-testid="mic-level"
        />
      </div>
      <p role="status" class="notice">
        {silent && listens ? t('devices.silence') : ''}
      </p>
    </div>
  );
}
