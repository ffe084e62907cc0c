/**
 * The frame of a call: everything around the tiles, and what ties it to the call and the devices.
 *
 * What will surprise you: on a phone a panel covers the whole screen, and what is below it is inert meanwhile; the calm line stays
 * above both. The tiles and the settings come from outside, so that this frame needs only the part of the call that it uses.
 *
 * Ownership: owns the shared screen, its listeners and timers; call and devices belong to the app.
 */
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Call } from '../../sdk/index.ts';
import type { LayoutChoice } from '../app/layout-choice.ts';
import type { Settings } from '../app/settings.ts';
import type { Devices } from '../devices/devices.ts';
import { Button } from '../design/controls.tsx';
import { useEmitter } from '../view/hooks.ts';
import { useWords } from '../words/language.tsx';
import type { Translate } from '../words/translate.ts';
import { Announcer } from './announcer.tsx';
import { ChatPanel } from './chat/chat-panel.tsx';
import { MessagePreview } from './chat/message-preview.tsx';
import { useUnread } from './chat/use-unread.ts';
import { HelpDialog } from './help-dialog.tsx';
import { QrDialog } from './invite.tsx';
import { PeoplePanel } from './people/people-panel.tsx';
import { type PublishSwitches, publishOwn } from './publishing.ts';
import { ReactionVoice } from './reactions/reaction-voice.tsx';
import { StatusLine } from './status-line.tsx';
import { statusOf } from './status.ts';
import { Toolbar } from './toolbar/toolbar.tsx';
import { useControls } from './use-controls.ts';
import { useVisible } from './viewport.ts';

export type FrameCall = Pick<
  Call,
  | 'on'
  | 'state'
  | 'self'
  | 'participants'
  | 'participantId'
  | 'messages'
  | 'sendMessage'
  | 'setHand'
  | 'react'
  | 'publish'
  | 'unpublish'
  | 'setPaused'
  | 'replaceTrack'
  | 'emulated'
  | 'emulate'
>;
export type FrameDevices = Pick<
  Devices,
  'on' | 'microphone' | 'camera' | 'isOn' | 'setOn' | 'isOpening' | 'problem' | 'retry'
>;

export interface StageGiven {
  readonly layout: LayoutChoice;
  /** The own shared screen. */
  readonly screen: MediaStreamTrack | null;
  readonly onSoundBlocked: (play: () => void) => void;
}

export interface PictureInPicture {
  readonly can: () => boolean;
  readonly toggle: () => Promise<void>;
}

export interface CallFrameProps {
  readonly call: FrameCall;
  readonly devices: FrameDevices;
  readonly settings: Pick<Settings, 'on' | 'value' | 'set'>;
  readonly switches: PublishSwitches;
  readonly link: string;
  readonly pictureInPicture: PictureInPicture;
  readonly problemWords: (t: Translate, error: unknown) => string;
  readonly stage: (given: StageGiven) => JSX.Element;
  readonly settingsDialog: (onClose: () => void) => JSX.Element;
  readonly onLeave: () => void;
}

export function CallFrame(props: CallFrameProps): JSX.Element {
  const { call, devices, settings, switches, link, problemWords, stage, settingsDialog } = props;
  const t = useWords();
  const { arrangement, uncovered } = useVisible();
  const { state: callState, self, others, messages, network } = useCallView(call);
  const chosen = useEmitter(
    settings,
    (source, changed) => [source.on('changed', changed)],
    (source) => source.value,
  );
  const controls = useControls({ ...props, chosen, self, others });
  const { panel, dialog, happening, share, talking, closePanel, openPanel, showDialog } = controls;
  const unread = useUnread(call, panel === 'chat');
  const [draft, setDraft] = useState('');
  const [blocked, setBlocked] = useState<readonly (() => void)[]>([]);
  const covers = arrangement === 'phone' || arrangement === 'side';
  usePublishing(call, devices, switches);
  useFocusReturn(panel);

  const status = statusOf(
    t,
    {
      ...happening,
      talking,
      sharing: share.track !== null,
      network,
      alone: callState === 'joined' && others.length === 0,
    },
    problemWords,
  );
  return (
    <main
      class="call"
      data-testid="call"
      data-state={callState}
      data-arrangement={arrangement}
      data-panel={panel ?? 'none'}
      style={
        uncovered === null
          ? {}
          : { '--uncovered-top': `${uncovered.top}px`, '--uncovered-height': `${uncovered.height}px` }
      }
    >
      <h1 class="only-read">{t('call.title')}</h1>
      <StatusLine
        status={status}
        onRemedy={(remedy) => {
          if (remedy.of === 'invite') showDialog('qr');
          else if (remedy.of === 'retry') controls.retry(remedy.kind);
          else call.emulate(null).catch((error: unknown) => happening.say({ of: 'error', error }));
        }}
      />
      <div class="call-stage" inert={covers && panel !== null}>
        {stage({
          layout: chosen.layout,
          screen: share.track,
          onSoundBlocked: (play) => setBlocked((before) => [...before, play]),
        })}
        {blocked.length === 0 ? null : (
          <div class="sound-blocked">
            <Button
              kind="primary"
              icon="volume"
              label={t('call.play-sound')}
              testId="play-sound"
              onPress={() => {
                setBlocked([]);
                for (const play of blocked) play();
              }}
            />
          </div>
        )}
        <MessagePreview message={unread.latest} onOpen={() => openPanel('chat')} onDismiss={unread.dismiss} />
      </div>
      {panel === null ? null : (
        <aside class="call-panel">
          {panel === 'chat' ? (
            <ChatPanel
              messages={messages}
              ownId={call.participantId}
              draft={draft}
              onDraft={setDraft}
              send={(text) => call.sendMessage(text)}
              problemWords={(error) => problemWords(t, error)}
              onClose={closePanel}
            />
          ) : (
            <PeoplePanel
              self={self}
              others={others}
              onCopyLink={controls.actions.copyLink}
              onShowQr={controls.actions.showQr}
              onClose={closePanel}
            />
          )}
        </aside>
      )}
      <div class="call-bar" inert={covers && panel !== null}>
        <Toolbar
          arrangement={arrangement}
          state={{ ...controls.state, unread: unread.count }}
          actions={controls.actions}
        />
      </div>
      <Announcer others={others} />
      <ReactionVoice call={call} />
      {dialog === 'qr' ? <QrDialog link={link} onClose={() => showDialog(null)} /> : null}
      {dialog === 'help' ? <HelpDialog onClose={() => showDialog(null)} /> : null}
      {dialog === 'settings' ? settingsDialog(() => showDialog(null)) : null}
    </main>
  );
}

type CallView = Pick<FrameCall, 'state' | 'self' | 'messages'> & {
  readonly others: FrameCall['participants'];
  readonly network: FrameCall['emulated'];
};

/** What the frame shows of the call, drawn again when it changes. */
function useCallView(call: FrameCall): CallView {
  return useEmitter(
    call,
    (source, changed) => {
      const look = (): void => {
        views.delete(source);
        changed();
      };
      return [
        source.on('state', look),
        source.on('participants', look),
        source.on('message', look),
        source.on('emulated', look),
      ];
    },
    viewOf,
  );
}

const views = new WeakMap<FrameCall, CallView>();

/** The same object until something changed. */
function viewOf(call: FrameCall): CallView {
  let view = views.get(call);
  if (view === undefined) {
    view = {
      state: call.state,
      self: call.self,
      others: call.participants,
      messages: [...call.messages],
      network: call.emulated,
    };
    views.set(call, view);
  }
  return view;
}

function usePublishing(call: FrameCall, devices: FrameDevices, switches: PublishSwitches): void {
  useEffect(() => {
    const sync = (): void => publishOwn(call, devices, switches);
    sync();
    const offs = [devices.on('changed', sync), devices.on('ended', sync)];
    return () => {
      for (const off of offs) off();
    };
  }, [call, devices, switches]);
}

/** Who closes a panel is back at the button that opens it, unless the focus is somewhere already. */
function useFocusReturn(panel: 'chat' | 'people' | null): void {
  const before = useRef(panel);
  useEffect(() => {
    const closed = panel === null ? before.current : null;
    before.current = panel;
    const { activeElement } = document;
    if (closed === null || (activeElement !== null && activeElement !== document.body)) return;
    document.querySelector<HTMLElement>(`[data-testid=${closed}-toggle]`)?.focus({ preventScroll: true });
  }, [panel]);
}
