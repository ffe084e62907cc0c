/** The own picture before joining, as in a mirror, with the switches of microphone and camera on it. */
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from '../design/icon.tsx';
import type { DeviceKind, Devices } from '../devices/devices.ts';
import { useDevices } from '../devices/use-devices.ts';
import { useWords } from '../words/language.tsx';
import type { Key } from '../words/translate.ts';

export function Preview({ devices }: { readonly devices: Devices }): JSX.Element {
  const t = useWords();
  useDevices(devices);
  const video = useRef<HTMLVideoElement | null>(null);
  const { camera } = devices;
  const shows = camera !== null && devices.isOn('camera');
  useEffect(() => {
    const element = video.current;
    if (element === null) return;
    element.srcObject = camera === null ? null : new MediaStream([camera]);
  }, [camera]);
  return (
    <figure class="preview" data-picture={shows ? 'live' : 'none'}>
      <video
        ref={video}
        class="mirrored"
        playsInline
        autoPlay
        muted
        hidden={!shows}
        aria-label={t('prejoin.picture')}
        data-testid="preview"
      />
      {shows ? null : <p class="preview-words">{t(wordsOf(devices))}</p>}
      <div class="preview-switches">
        <DeviceToggle devices={devices} kind="microphone" />
        <DeviceToggle devices={devices} kind="camera" />
      </div>
    </figure>
  );
}

function wordsOf(devices: Devices): Key {
  if (!devices.isOn('camera')) return 'prejoin.camera-off';
  return devices.isOpening('camera') ? 'prejoin.camera-starting' : 'prejoin.camera-none';
}

function DeviceToggle({
  devices,
  kind,
}: {
  readonly devices: Devices;
  readonly kind: DeviceKind;
}): JSX.Element {
  const t = useWords();
  const on = devices.isOn(kind);
  const none = devices.problem(kind) !== null && !devices.isOpening(kind);
  const label =
    kind === 'microphone'
      ? t(on ? 'devices.microphone.mute' : 'devices.microphone.unmute')
      : t(on ? 'devices.camera.off' : 'devices.camera.on');
  return (
    <button
      type="button"
      class="preview-switch"
      data-testid={`toggle-${kind}`}
      data-state={none ? 'none' : on ? 'on' : 'off'}
      aria-pressed={on && !none}
      aria-label={t(`devices.${kind}`)}
      title={label}
      onClick={() => (on && none ? void devices.retry(kind) : devices.setOn(kind, !on))}
    >
      <Icon name={on && !none ? kind : `${kind}-off`} />
      {none && on ? <span class="preview-switch-mark">!</span> : null}
    </button>
  );
}
