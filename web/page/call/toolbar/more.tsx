/** What has no place in a narrow toolbar: a menu above it, or on a phone a sheet over the lower half. */
import type { ComponentChildren, JSX } from 'preact';
import { useId } from 'preact/hooks';
import { Tool } from '../../design/controls.tsx';
import { Icon, type IconName } from '../../design/icon.tsx';
import { useModal } from '../../design/modal.ts';
import { useWords } from '../../words/language.tsx';
import { ReactionsBar } from '../reactions/reactions-bar.tsx';
import type { ControlsActions, ControlsProps } from './controls.ts';
import { LayoutChoices } from './layout-choices.tsx';
import { Popover } from './popover.tsx';

export interface MoreToolProps extends ControlsProps {
  /** Whether it is a phone's sheet. */
  readonly sheet: boolean;
}

export function MoreTool({ state, actions, sheet }: MoreToolProps): JSX.Element {
  const t = useWords();
  const open = state.popup === 'more';
  const close = (): void => actions.togglePopup('more');
  return (
    <div class="anchor">
      <Tool
        icon="more"
        label={t('call.more')}
        testId="more"
        expanded={open}
        // What it hides may have news.
        onPress={close}
      />
      {!open ? null : sheet ? (
        <Sheet title={t('call.more')} onClose={close}>
          <ReactionsBar
            onReact={(reaction) => {
              close();
              actions.react(reaction);
            }}
          />
          <Rows state={state} actions={actions} phone />
        </Sheet>
      ) : (
        <Popover onClose={close}>
          <Rows state={state} actions={actions} phone={false} />
        </Popover>
      )}
    </div>
  );
}

function Rows({ state, actions, phone }: ControlsProps & { readonly phone: boolean }): JSX.Element {
  const t = useWords();
  /** Closes first: what opens next takes the focus. */
  const then = (action: keyof ControlsActions & WithoutArguments): (() => void) => {
    return () => {
      actions.togglePopup('more');
      actions[action]();
    };
  };
  return (
    <>
      <ul class="more-rows">
        {phone ? (
          <Row
            icon="people"
            label={t('call.people')}
            value={t.number(state.people)}
            testId="people-toggle"
            onPress={() => {
              actions.togglePopup('more');
              actions.togglePanel('people');
            }}
          />
        ) : null}
        {phone && state.sharing !== null ? (
          <Row
            icon={state.sharing ? 'screen-off' : 'screen'}
            label={t(state.sharing ? 'call.share.stop' : 'call.share')}
            testId="share-screen"
            onPress={then('toggleShare')}
          />
        ) : null}
        <Row icon="link" label={t('call.copy-link')} testId="copy-link" onPress={then('copyLink')} />
        <Row icon="qr" label={t('call.show-qr')} testId="show-qr" onPress={then('showQr')} />
        {state.pictureInPicture ? (
          <Row icon="pip" label={t('call.pip')} testId="pip" onPress={then('togglePictureInPicture')} />
        ) : null}
        {state.fullScreen === null ? null : (
          <Row
            icon={state.fullScreen ? 'shrink' : 'expand'}
            label={t(state.fullScreen ? 'call.full-screen.end' : 'call.full-screen')}
            testId="full-screen"
            onPress={then('toggleFullScreen')}
          />
        )}
        {phone ? null : (
          <Row icon="keyboard" label={t('call.shortcuts')} testId="show-help" onPress={then('showHelp')} />
        )}
        <Row icon="settings" label={t('call.settings')} testId="settings" onPress={then('showSettings')} />
      </ul>
      <div data-testid="layout-choice">
        <LayoutChoices layout={state.layout} onChoose={actions.chooseLayout} />
      </div>
    </>
  );
}

type WithoutArguments = {
  [Name in keyof ControlsActions]: ControlsActions[Name] extends () => void ? Name : never;
}[keyof ControlsActions];

interface RowProps {
  readonly icon: IconName;
  readonly label: string;
  readonly value?: string;
  readonly testId: string;
  readonly onPress: () => void;
}

function Row({ icon, label, value, testId, onPress }: RowProps): JSX.Element {
  return (
    <li>
      <button type="button" class="more-row" data-testid={testId} onClick={onPress}>
        <Icon name={icon} />
        <span>{label}</span>
        {value === undefined ? null : <span class="more-value">{value}</span>}
      </button>
    </li>
  );
}

interface SheetProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** A dialog at the lower edge; a press above it closes it. */
function Sheet({ title, onClose, children }: SheetProps): JSX.Element {
  const id = useId();
  const modal = useModal(onClose);
  return (
    <dialog {...modal} class="sheet" aria-labelledby={id} data-testid="more-sheet">
      <h2 id={id} class="only-read">
        {title}
      </h2>
      {children}
    </dialog>
  );
}
