/** Before joining: see and hear oneself, choose devices, type a name, see who is there, and go in. */
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useTitle } from '../app/looks.ts';
import { TopBar } from '../app/top-bar.tsx';
import type { Settings } from '../app/settings.ts';
import type { Visit } from '../app/visit.ts';
import { Button, Field, RoundButton } from '../design/controls.tsx';
import { BlurSwitch } from '../devices/blur-switch.tsx';
import { DeviceNotes } from '../devices/device-notes.tsx';
import { DeviceSelect, canChooseSpeaker } from '../devices/device-select.tsx';
import type { Devices } from '../devices/devices.ts';
import { MicLevel } from '../devices/mic-level.tsx';
import { TestSound } from '../devices/test-sound.tsx';
import { useDevices } from '../devices/use-devices.ts';
import { SettingsDialog } from '../settings/settings-dialog.tsx';
import { useEmitter } from '../view/hooks.ts';
import { useWords } from '../words/language.tsx';
import { problemWords } from '../words/problems.ts';
import { LobbyLine } from './lobby-line.tsx';
import { Preview } from './preview.tsx';

/** How long the browser's own question may stand before the page points at it. */
const ASKS_MS = 1_200;

export interface PrejoinProps {
  readonly visit: Visit;
  readonly settings: Settings;
}

export function Prejoin({ visit, settings }: PrejoinProps): JSX.Element {
  const t = useWords();
  const [settingsOpen, setSettingsOpen] = useState(false);
  useTitle(t('prejoin.title'));
  const { devices } = visit;
  return (
    <div class="place">
      <TopBar>
        <RoundButton
          icon="settings"
          label={t('common.settings')}
          testId="settings"
          onPress={() => setSettingsOpen(true)}
        />
      </TopBar>
      <main class="prejoin">
        <div class="prejoin-picture">
          <Preview devices={devices} />
          <MicLevel devices={devices} />
        </div>
        <div class="prejoin-side">
          <JoinForm visit={visit} settings={settings} />
          <Notes devices={devices} />
        </div>
        <section class="prejoin-devices" aria-label={t('prejoin.devices')}>
          <DeviceSelect devices={devices} kind="microphone" />
          <DeviceSelect devices={devices} kind="camera" />
          {canChooseSpeaker() ? <DeviceSelect devices={devices} kind="speaker" /> : null}
          <div class="prejoin-extras">
            <BlurSwitch devices={devices} />
            <TestSound devices={devices} />
          </div>
        </section>
      </main>
      {settingsOpen ? (
        <SettingsDialog
          settings={settings}
          devices={devices}
          call={null}
          onClose={() => setSettingsOpen(false)}
        />
      ) : null}
    </div>
  );
}

function JoinForm({ visit, settings }: PrejoinProps): JSX.Element {
  const t = useWords();
  useVisit(visit);
  const [name, setName] = useState(settings.value.name);
  const input = useRef<HTMLInputElement | null>(null);
  const joining = visit.stage === 'joining';
  const { nameProblem } = visit;
  useEffect(() => {
    // On a phone the keyboard would cover the page.
    if (window.matchMedia('(pointer: fine)').matches) input.current?.focus();
  }, []);
  useEffect(() => {
    if (nameProblem !== null) input.current?.focus();
  }, [nameProblem]);
  return (
    <form
      class="stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void visit.join(name);
      }}
    >
      <h1>{t('prejoin.title')}</h1>
      <LobbyLine people={visit.lobby} isFull={visit.isFull} />
      <Field label={t('prejoin.name')}>
        <input
          ref={input}
          name="name"
          required
          maxLength={64}
          autocomplete="name"
          data-testid="name"
          value={name}
          aria-invalid={nameProblem !== null}
          aria-describedby="join-status"
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </Field>
      <Button
        kind="primary"
        label={t(joining ? 'prejoin.joining' : 'prejoin.join')}
        testId="join"
        disabled={joining}
      />
      <p id="join-status" role="status" class="notice" data-kind="warn" data-testid="status">
        {nameProblem === null
          ? visit.failure === null
            ? ''
            : problemWords(t, visit.failure)
          : t(`prejoin.name-${nameProblem}`)}
      </p>
    </form>
  );
}

function Notes({ devices }: { readonly devices: Devices }): JSX.Element {
  const t = useWords();
  useDevices(devices);
  const opening = devices.isOpening('microphone') || devices.isOpening('camera');
  const asks = useLasting(
    opening && devices.lists.cameras.length + devices.lists.microphones.length === 0,
    ASKS_MS,
  );
  return (
    <>
      <p role="status" class="notice">
        {asks ? t('prejoin.allow') : ''}
      </p>
      <DeviceNotes devices={devices} />
    </>
  );
}

/** Whether something has been so for a while. */
function useLasting(is: boolean, forMs: number): boolean {
  const [lasts, setLasts] = useState(false);
  useEffect(() => {
    setLasts(false);
    if (!is) return undefined;
    const timer = window.setTimeout(() => setLasts(true), forMs);
    return () => window.clearTimeout(timer);
  }, [is, forMs]);
  return lasts;
}

/** Draws again on every change of the visit. */
function useVisit(visit: Visit): void {
  useEmitter(
    visit,
    (source, changed) => [source.on('changed', changed)],
    (source) => source.revision,
  );
}
