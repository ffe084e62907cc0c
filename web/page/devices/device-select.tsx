/** A drop-down list of devices of one kind. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Select } from '../design/controls.tsx';
import { useWords } from '../words/language.tsx';
import { problemWords } from '../words/problems.ts';
import type { DeviceChoice, DeviceKind, DeviceProblem, Devices } from './devices.ts';
import { useDevices } from './use-devices.ts';

export interface DeviceSelectProps {
  readonly devices: Devices;
  readonly kind: DeviceKind | 'speaker';
}

const LISTS = { microphone: 'microphones', camera: 'cameras', speaker: 'speakers' } as const;
/** What no device is called. */
const NOTHING = '';

/** Whether this browser lets a page choose where sound is played. */
export function canChooseSpeaker(): boolean {
  return 'setSinkId' in HTMLMediaElement.prototype;
}

export function DeviceSelect({ devices, kind }: DeviceSelectProps): JSX.Element {
  const t = useWords();
  useDevices(devices);
  const [failure, setFailure] = useState<unknown>(null);
  const list = devices.lists[LISTS[kind]];
  const chosen = devices.chosenId(kind);
  const choices = list.map(({ id, label }, index) => ({
    value: id,
    label: labelOf({ id, label }, t(`devices.${kind}.number`, { number: index + 1 })),
  }));
  const blocked = kind !== 'speaker' && isBlocked(devices.problem(kind));
  // A system whose speakers have no default of their own, or a device that is not in the list.
  if (!list.some(({ id }) => id === chosen)) {
    const none = list.length === 0 && kind !== 'speaker';
    const label = t(blocked ? 'devices.blocked' : none ? 'devices.none' : 'devices.system-default');
    choices.unshift({ value: NOTHING, label });
  }
  const choose = async (id: string): Promise<void> => {
    setFailure(null);
    try {
      await devices.choose(kind, id);
    } catch (error) {
      setFailure(error);
    }
  };
  return (
    <div class="device-select">
      <Select
        label={t(`devices.${kind}`)}
        value={list.some(({ id }) => id === chosen) ? (chosen ?? NOTHING) : NOTHING}
        choices={choices}
        testId={`device-${kind}`}
        disabled={list.length === 0 || blocked}
        onChoose={(id) => void (id === NOTHING ? undefined : choose(id))}
      />
      <p role="status" class="notice" data-kind="warn">
        {failure === null ? '' : problemWords(t, failure)}
      </p>
    </div>
  );
}

function isBlocked(problem: DeviceProblem | null): boolean {
  return problem === 'denied' || problem === 'insecure';
}

function labelOf({ label }: DeviceChoice, numbered: string): string {
  // Chromium adds the maker's numbers of USB devices.
  const plain = label.replace(/\s*\([0-9a-f]{4}:[0-9a-f]{4}\)$/i, '').trim();
  return plain === '' ? numbered : plain;
}
