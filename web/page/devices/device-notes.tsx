/** What is wrong with the own devices, in words, with what to do. */
import type { JSX } from 'preact';
import { Button } from '../design/controls.tsx';
import { Icon } from '../design/icon.tsx';
import { useWords } from '../words/language.tsx';
import type { Key } from '../words/translate.ts';
import type { DeviceKind, DeviceProblem, Devices } from './devices.ts';
import { useDevices } from './use-devices.ts';

export interface Note {
  readonly key: Key;
  /** What trying again tries; empty where it cannot help. */
  readonly retries: readonly DeviceKind[];
}

/** One note for what both devices have in common, else one for each. Pure. */
export function notesOf(microphone: DeviceProblem | null, camera: DeviceProblem | null): readonly Note[] {
  if (microphone === 'insecure' || camera === 'insecure') {
    return [{ key: 'devices.problem.insecure', retries: [] }];
  }
  if (microphone === camera && (microphone === 'denied' || microphone === 'missing')) {
    return [{ key: `devices.problem.both-${microphone}`, retries: ['microphone', 'camera'] }];
  }
  return [
    ...(microphone === null ? [] : [noteOf('microphone', microphone)]),
    ...(camera === null ? [] : [noteOf('camera', camera)]),
  ];
}

function noteOf(kind: DeviceKind, problem: Exclude<DeviceProblem, 'insecure'>): Note {
  return { key: `devices.problem.${kind}.${problem}`, retries: [kind] };
}

export function DeviceNotes({ devices }: { readonly devices: Devices }): JSX.Element {
  const t = useWords();
  useDevices(devices);
  const problemOf = (kind: DeviceKind): DeviceProblem | null =>
    devices.isOn(kind) && !devices.isOpening(kind) ? devices.problem(kind) : null;
  const retry = async (kinds: readonly DeviceKind[]): Promise<void> => {
    // One question of the browser after the other.
    for (const kind of kinds) await devices.retry(kind);
  };
  return (
    <div class="device-notes" role="status" data-testid="device-notes">
      {notesOf(problemOf('microphone'), problemOf('camera')).map(({ key, retries }) => (
        <div key={key} class="device-note">
          <Icon name="warn" />
          <p>{t(key)}</p>
          {retries.length === 0 ? null : (
            <Button kind="quiet" label={t('common.retry')} onPress={() => void retry(retries)} />
          )}
        </div>
      ))}
    </div>
  );
}
