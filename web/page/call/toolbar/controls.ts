/** What the controls of a call show and do, wherever they stand: in the toolbar, in a menu, in a phone's sheet. */
import type { Reaction } from '../../../sdk/index.ts';
import type { LayoutChoice } from '../../app/layout-choice.ts';

export type SidePanel = 'chat' | 'people';
/** What opens above the toolbar. */
export type Popup = 'reactions' | 'layout' | 'more';
/** `none`: there is none, or it may not be used. */
export type DeviceState = 'on' | 'off' | 'none';

export interface ControlsState {
  readonly microphone: DeviceState;
  readonly camera: DeviceState;
  /** The microphone is meant to be opened by holding a key. */
  readonly pushToTalk: boolean;
  /** null: this browser cannot. */
  readonly sharing: boolean | null;
  readonly handRaised: boolean;
  readonly unread: number;
  readonly people: number;
  readonly panel: SidePanel | null;
  readonly popup: Popup | null;
  readonly layout: LayoutChoice;
  readonly pictureInPicture: boolean;
  /** null: this browser has none. */
  readonly fullScreen: boolean | null;
}

export interface ControlsActions {
  readonly toggleMicrophone: () => void;
  readonly toggleCamera: () => void;
  readonly toggleShare: () => void;
  readonly toggleHand: () => void;
  readonly react: (reaction: Reaction) => void;
  readonly togglePanel: (panel: SidePanel) => void;
  /** The one that is open closes. */
  readonly togglePopup: (popup: Popup) => void;
  readonly chooseLayout: (layout: LayoutChoice) => void;
  readonly togglePictureInPicture: () => void;
  readonly toggleFullScreen: () => void;
  readonly copyLink: () => void;
  readonly showQr: () => void;
  readonly showSettings: () => void;
  readonly showHelp: () => void;
  readonly leave: () => void;
}

export interface ControlsProps {
  readonly state: ControlsState;
  readonly actions: ControlsActions;
}
