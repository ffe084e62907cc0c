/** The call, as a person sees it: tiles, toolbar, panels, and a calm line that says what is happening. */
import type { JSX } from 'preact';
import type { Call } from '../../sdk/index.ts';
import type { Switches } from '../address.ts';
import type { Settings } from '../app/settings.ts';
import type { Devices } from '../devices/devices.ts';
import { SettingsDialog } from '../settings/settings-dialog.tsx';
import { Stage, canPictureInPicture, togglePictureInPicture } from '../stage/stage.tsx';
import { useEmitter } from '../view/hooks.ts';
import { problemWords } from '../words/problems.ts';
import { CallFrame } from './call-frame.tsx';

export interface CallScreenProps {
  readonly call: Call;
  readonly devices: Devices;
  readonly settings: Settings;
  readonly switches: Switches;
  /** What others open to come in. */
  readonly link: string;
  readonly onLeave: () => void;
}

const PICTURE_IN_PICTURE = { can: canPictureInPicture, toggle: togglePictureInPicture };

export function CallScreen({
  call,
  devices,
  settings,
  switches,
  link,
  onLeave,
}: CallScreenProps): JSX.Element {
  const speakerId = useEmitter(
    devices,
    (source, changed) => [source.on('changed', changed)],
    (source) => source.chosenId('speaker'),
  );
  return (
    <CallFrame
      call={call}
      devices={devices}
      settings={settings}
      switches={switches}
      link={link}
      pictureInPicture={PICTURE_IN_PICTURE}
      problemWords={problemWords}
      stage={({ layout, screen, onSoundBlocked }) => (
        <Stage
          call={call}
          devices={devices}
          ownName={call.self?.name ?? settings.value.name}
          layout={layout}
          detailsOpen={switches.stats ?? false}
          screen={screen}
          speakerId={speakerId}
          onSoundBlocked={onSoundBlocked}
        />
      )}
      settingsDialog={(onClose) => (
        <SettingsDialog settings={settings} devices={devices} call={call} onClose={onClose} />
      )}
      onLeave={onLeave}
    />
  );
}
