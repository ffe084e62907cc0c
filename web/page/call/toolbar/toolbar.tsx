/**
 * The controls of the call: in three groups where there is room, in one row or column on a phone.
 *
 * What will surprise you: everything is in the order of tabs, and the arrow keys move between them too, as screen readers expect of
 * a toolbar (WAI-ARIA Authoring Practices).
 */
import type { JSX, TargetedKeyboardEvent } from 'preact';
import { Tool } from '../../design/controls.tsx';
import { useWords } from '../../words/language.tsx';
import { keyOf } from '../shortcuts.ts';
import type { Arrangement } from '../viewport.ts';
import type { ControlsProps } from './controls.ts';
import { MoreTool } from './more.tsx';
import {
  CameraTool,
  ChatTool,
  HandTool,
  LayoutTool,
  LeaveTool,
  MicrophoneTool,
  PeopleTool,
  ReactionsTool,
  ShareTool,
} from './tools.tsx';

export interface ToolbarProps extends ControlsProps {
  readonly arrangement: Arrangement;
}

export function Toolbar({ arrangement, state, actions }: ToolbarProps): JSX.Element {
  const t = useWords();
  const controls: ControlsProps = { state, actions };
  return (
    <div
      class="toolbar"
      role="toolbar"
      aria-label={t('call.toolbar')}
      aria-orientation={arrangement === 'side' ? 'vertical' : 'horizontal'}
      data-arrangement={arrangement}
      onKeyDown={moveFocus}
    >
      {arrangement === 'phone' || arrangement === 'side' ? (
        <>
          <MicrophoneTool {...controls} />
          <CameraTool {...controls} />
          <HandTool {...controls} />
          <ChatTool {...controls} />
          <MoreTool {...controls} sheet />
          <LeaveTool {...controls} />
        </>
      ) : (
        <>
          {arrangement === 'wide' ? (
            <div class="tools" data-group="invite">
              <Tool icon="link" label={t('call.copy-link')} testId="copy-link" onPress={actions.copyLink} />
              <Tool icon="qr" label={t('call.show-qr')} testId="show-qr" onPress={actions.showQr} />
            </div>
          ) : null}
          <div class="tools" data-group="main">
            <MicrophoneTool {...controls} />
            <CameraTool {...controls} />
            <ShareTool {...controls} />
            <HandTool {...controls} />
            <ReactionsTool {...controls} />
            <LeaveTool {...controls} />
          </div>
          <div class="tools" data-group="views">
            <PeopleTool {...controls} />
            <ChatTool {...controls} />
            {arrangement === 'wide' ? <Views {...controls} /> : <MoreTool {...controls} sheet={false} />}
          </div>
        </>
      )}
    </div>
  );
}

function Views({ state, actions }: ControlsProps): JSX.Element {
  const t = useWords();
  return (
    <>
      <LayoutTool state={state} actions={actions} />
      {state.pictureInPicture ? (
        <Tool icon="pip" label={t('call.pip')} testId="pip" onPress={actions.togglePictureInPicture} />
      ) : null}
      {state.fullScreen === null ? null : (
        <Tool
          icon={state.fullScreen ? 'shrink' : 'expand'}
          label={t(state.fullScreen ? 'call.full-screen.end' : 'call.full-screen')}
          testId="full-screen"
          shortcut={keyOf('full-screen')}
          onPress={actions.toggleFullScreen}
        />
      )}
      <Tool
        icon="keyboard"
        label={t('call.shortcuts')}
        testId="show-help"
        shortcut={keyOf('help')}
        onPress={actions.showHelp}
      />
      <Tool icon="settings" label={t('call.settings')} testId="settings" onPress={actions.showSettings} />
    </>
  );
}

const STEPS: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

function moveFocus(event: TargetedKeyboardEvent<HTMLElement>): void {
  const step = STEPS[event.key];
  // Inside of a menu, the arrow keys are the menu's.
  if (step === undefined || !(event.target instanceof HTMLElement)) return;
  if (event.target.closest('.popover, .sheet') !== null) return;
  const tools = [...event.currentTarget.querySelectorAll<HTMLElement>('.tool:not(:disabled)')];
  const next = tools[(tools.indexOf(event.target) + step + tools.length) % tools.length];
  next?.focus();
  event.preventDefault();
}
