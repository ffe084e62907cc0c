/** A short sound, played where the call's sound will be. */
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../design/controls.tsx';
import { useWords } from '../words/language.tsx';
import { type ChimePlayback, playChime } from './chime.ts';
import type { Devices } from './devices.ts';

export function TestSound({ devices }: { readonly devices: Devices }): JSX.Element {
  const t = useWords();
  const [state, setState] = useState<'quiet' | 'playing' | 'failed'>('quiet');
  const playing = useRef<ChimePlayback | null>(null);
  useEffect(() => () => playing.current?.close(), []);
  const play = async (): Promise<void> => {
    playing.current?.close();
    setState('playing');
    const playback = playChime(devices.chosenId('speaker'));
    playing.current = playback;
    const heard = await playback.ended;
    if (playing.current === playback) setState(heard ? 'quiet' : 'failed');
  };
  return (
    <div class="test-sound">
      <Button
        kind="quiet"
        icon="volume"
        label={t('devices.test-sound')}
        testId="test-sound"
        onPress={() => void play()}
      />
      <p role="status" class="notice" data-kind={state === 'failed' ? 'warn' : undefined}>
        {state === 'quiet' ? '' : t(`devices.test-sound.${state}`)}
      </p>
    </div>
  );
}
