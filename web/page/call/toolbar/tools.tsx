/** Each control of the toolbar, one component each. */
import type { JSX } from 'preact';
import { Tool } from '../../design/controls.tsx';
import { useWords } from '../../words/language.tsx';
import { ReactionsBar } from '../reactions/reactions-bar.tsx';
import { keyOf } from '../shortcuts.ts';
import type { ControlsProps } from './controls.ts';
import { LayoutChoices } from './layout-choices.tsx';
import { Popover } from './popover.tsx';

export function MicrophoneTool({ state: { microphone, pushToTalk }, actions }: ControlsProps): JSX.Element {
  const t = useWords();
  return (
    <Tool
      icon={microphone === 'on' ? 'microphone' : 'microphone-off'}
      label={t('call.microphone')}
      hint={t(
        microphone === 'none'
          ? 'call.microphone.none'
          : microphone === 'on'
            ? 'call.microphone.mute'
            : pushToTalk
              ? 'call.microphone.hold'
              : 'call.microphone.unmute',
      )}
      testId="toggle-microphone"
      state={microphone}
      pressed={microphone === 'on'}
      shortcut={keyOf('microphone')}
      onPress={actions.toggleMicrophone}
    />
  );
}

export function CameraTool({ state: { camera }, actions }: ControlsProps): JSX.Element {
  const t = useWords();
  return (
    <Tool
      icon={camera === 'on' ? 'camera' : 'camera-off'}
      label={t('call.camera')}
      hint={t(
        camera === 'none' ? 'call.camera.none' : camera === 'on' ? 'call.camera.off' : 'call.camera.on',
      )}
      testId="toggle-camera"
      state={camera}
      pressed={camera === 'on'}
      shortcut={keyOf('camera')}
      onPress={actions.toggleCamera}
    />
  );
}

export function ShareTool({ state: { sharing }, actions }: ControlsProps): JSX.Element | null {
  const t = useWords();
  if (sharing === null) return null;
  return (
    <Tool
      icon={sharing ? 'screen-off' : 'screen'}
      label={t(sharing ? 'call.share.stop' : 'call.share')}
      testId="share-screen"
      state={sharing ? 'active' : 'on'}
      shortcut={keyOf('share')}
      onPress={actions.toggleShare}
    />
  );
}

export function HandTool({ state: { handRaised }, actions }: ControlsProps): JSX.Element {
  const t = useWords();
  return (
    <Tool
      icon="hand"
      label={t('call.hand')}
      hint={t(handRaised ? 'call.hand.lower' : 'call.hand.raise')}
      testId="raise-hand"
      pressed={handRaised}
      state={handRaised ? 'active' : 'on'}
      shortcut={keyOf('hand')}
      onPress={actions.toggleHand}
    />
  );
}

export function ReactionsTool({ state: { popup }, actions }: ControlsProps): JSX.Element {
  const t = useWords();
  const open = popup === 'reactions';
  return (
    <div class="anchor">
      <Tool
        icon="smile"
        label={t('call.reactions')}
        testId="reactions"
        expanded={open}
        onPress={() => actions.togglePopup('reactions')}
      />
      {open ? (
        <Popover onClose={() => actions.togglePopup('reactions')}>
          <ReactionsBar onReact={actions.react} />
        </Popover>
      ) : null}
    </div>
  );
}

export function ChatTool({ state: { panel, unread }, actions }: ControlsProps): JSX.Element {
  const t = useWords();
  return (
    <Tool
      icon="chat"
      label={t('call.chat')}
      {...(unread > 0 ? { hint: t('call.chat.unread', { count: unread }) } : {})}
      testId="chat-toggle"
      expanded={panel === 'chat'}
      count={unread}
      shortcut={keyOf('chat')}
      onPress={() => actions.togglePanel('chat')}
    />
  );
}

export function PeopleTool({ state: { panel, people }, actions }: ControlsProps): JSX.Element {
  const t = useWords();
  return (
    <Tool
      icon="people"
      label={t('call.people')}
      hint={t('people.count', { count: people })}
      testId="people-toggle"
      expanded={panel === 'people'}
      count={people}
      shortcut={keyOf('people')}
      onPress={() => actions.togglePanel('people')}
    />
  );
}

export function LayoutTool({ state: { popup, layout }, actions }: ControlsProps): JSX.Element {
  const t = useWords();
  const open = popup === 'layout';
  return (
    <div class="anchor">
      <Tool
        icon={layout === 'spotlight' || layout === 'speaker' ? layout : 'grid'}
        label={t('call.layout')}
        testId="layout-choice"
        expanded={open}
        shortcut={keyOf('layout')}
        onPress={() => actions.togglePopup('layout')}
      />
      {open ? (
        <Popover onClose={() => actions.togglePopup('layout')}>
          <LayoutChoices layout={layout} onChoose={actions.chooseLayout} />
        </Popover>
      ) : null}
    </div>
  );
}

export function LeaveTool({ actions }: ControlsProps): JSX.Element {
  const t = useWords();
  return <Tool icon="leave" label={t('call.leave')} kind="danger" testId="leave" onPress={actions.leave} />;
}
