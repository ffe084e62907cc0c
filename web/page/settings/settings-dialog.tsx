/**
 * What can be chosen, before and in the call: devices, language, appearance, codec, push to talk, a test network; and the keyboard
 * shortcuts.
 *
 * What will surprise you: before the call the devices are on the page itself, so that the dialog leaves them out.
 */
import type { JSX } from 'preact';
import { useId, useState } from 'preact/hooks';
import { type Call, EmulatedNetwork } from '../../sdk/index.ts';
import { useSettings } from '../app/looks.ts';
import { CODEC_CHOICES, type Settings, THEMES } from '../app/settings.ts';
import { restrictionOf } from '../app/visit.ts';
import { ShortcutList } from '../call/help-dialog.tsx';
import { Check, Select } from '../design/controls.tsx';
import { Dialog } from '../design/surfaces.tsx';
import { BlurSwitch } from '../devices/blur-switch.tsx';
import { DeviceNotes } from '../devices/device-notes.tsx';
import { DeviceSelect, canChooseSpeaker } from '../devices/device-select.tsx';
import type { Devices } from '../devices/devices.ts';
import { MicLevel } from '../devices/mic-level.tsx';
import { TestSound } from '../devices/test-sound.tsx';
import { useEmitter } from '../view/hooks.ts';
import { useWords } from '../words/language.tsx';
import { problemWords } from '../words/problems.ts';
import { LANGUAGES } from '../words/translate.ts';

export interface SettingsDialogProps {
  readonly settings: Settings;
  readonly devices: Devices;
  /** Null before the join. */
  readonly call: Pick<Call, 'restrict' | 'on' | 'canEmulate' | 'emulated' | 'emulate'> | null;
  readonly onClose: () => void;
}

export function SettingsDialog({ settings, devices, call, onClose }: SettingsDialogProps): JSX.Element {
  const t = useWords();
  return (
    <Dialog title={t('settings.title')} testId="settings-panel" onClose={onClose}>
      {call === null ? null : <DeviceSettings devices={devices} />}
      <CallSettings settings={settings} call={call} />
      {call?.canEmulate === true ? <NetworkSettings call={call} /> : null}
      <PageSettings settings={settings} />
      <details class="settings-shortcuts">
        <summary>{t('settings.shortcuts')}</summary>
        <ShortcutList />
      </details>
    </Dialog>
  );
}

function DeviceSettings({ devices }: { readonly devices: Devices }): JSX.Element {
  const t = useWords();
  const id = useId();
  return (
    <section class="settings-group" aria-labelledby={id}>
      <h3 id={id}>{t('settings.devices')}</h3>
      <DeviceNotes devices={devices} />
      <DeviceSelect devices={devices} kind="microphone" />
      <MicLevel devices={devices} />
      {canChooseSpeaker() ? <DeviceSelect devices={devices} kind="speaker" /> : null}
      <TestSound devices={devices} />
      <DeviceSelect devices={devices} kind="camera" />
      <BlurSwitch devices={devices} />
    </section>
  );
}

type CallSettingsProps = Pick<SettingsDialogProps, 'settings' | 'call'>;

function CallSettings({ settings, call }: CallSettingsProps): JSX.Element {
  const t = useWords();
  const id = useId();
  const [failure, setFailure] = useState<unknown>(null);
  const { codec, pushToTalk } = useSettings(settings);
  return (
    <section class="settings-group" aria-labelledby={id}>
      <h3 id={id}>{t('settings.call')}</h3>
      <Check
        label={t('settings.push-to-talk')}
        checked={pushToTalk}
        testId="push-to-talk"
        onChange={(on) => settings.set({ pushToTalk: on })}
      />
      <Select
        label={t('settings.codec')}
        value={codec}
        choices={CODEC_CHOICES.map((value) => ({ value, label: t(`settings.codec.${value}`) }))}
        testId="codec-choice"
        onChoose={(value) => {
          settings.set({ codec: value });
          setFailure(null);
          call?.restrict(restrictionOf(value)).catch(setFailure);
        }}
      />
      <p class="notice" data-kind={failure === null ? undefined : 'warn'}>
        {failure === null ? t('settings.codec.help') : problemWords(t, failure)}
      </p>
    </section>
  );
}

const NO_NETWORK = 'none';
const NETWORKS = [NO_NETWORK, ...EmulatedNetwork.options] as const;

/** For people who try out what calls are like on bad networks. */
function NetworkSettings({ call }: { readonly call: NonNullable<SettingsDialogProps['call']> }): JSX.Element {
  const t = useWords();
  const id = useId();
  const [failure, setFailure] = useState<unknown>(null);
  const [asked, setAsked] = useState<EmulatedNetwork | null | undefined>(undefined);
  const emulated = useEmitter(
    call,
    (source, changed) => [source.on('emulated', changed)],
    (source) => source.emulated,
  );
  return (
    <section class="settings-group" aria-labelledby={id}>
      <h3 id={id}>{t('settings.network')}</h3>
      <Select
        label={t('settings.network.choice')}
        value={(asked === undefined ? emulated : asked) ?? NO_NETWORK}
        choices={NETWORKS.map((value) => ({
          value,
          label: t(`network.${value}`),
        }))}
        testId="test-network"
        disabled={asked !== undefined}
        onChoose={(value) => {
          const network = value === NO_NETWORK ? null : value;
          setFailure(null);
          setAsked(network);
          call
            .emulate(network)
            .catch(setFailure)
            .finally(() => setAsked(undefined));
        }}
      />
      <p class="notice" data-kind={failure === null ? undefined : 'warn'}>
        {failure === null ? t('settings.network.help') : problemWords(t, failure)}
      </p>
    </section>
  );
}

function PageSettings({ settings }: Pick<SettingsDialogProps, 'settings'>): JSX.Element {
  const t = useWords();
  const id = useId();
  const { language, theme } = useSettings(settings);
  return (
    <section class="settings-group" aria-labelledby={id}>
      <h3 id={id}>{t('settings.page')}</h3>
      <div class="settings-pair">
        <Select
          label={t('common.language')}
          value={language}
          choices={LANGUAGES.map((one) => ({ value: one.language, label: one.name }))}
          testId="language"
          onChoose={(value) => settings.set({ language: value })}
        />
        <Select
          label={t('common.theme')}
          value={theme}
          choices={THEMES.map((value) => ({ value, label: t(`common.theme.${value}`) }))}
          testId="theme"
          onChoose={(value) => settings.set({ theme: value })}
        />
      </div>
    </section>
  );
}
