/**
 * What the controls of the call show and do. Owns what is open (panel, popup, dialog) and the shared screen.
 *
 * What will surprise you: a microphone or camera that is not there is not disabled: a press asks for it again, which is what a person
 * does who has just plugged it in or allowed it.
 */
import { useEffect, useState } from 'preact/hooks';
import type { SettingsValue } from '../app/settings.ts';
import type { DeviceKind } from '../devices/devices.ts';
import { useEmitter } from '../view/hooks.ts';
import type { CallFrameProps, FrameCall, FrameDevices } from './call-frame.tsx';
import { copyText } from './invite.tsx';
import { ScreenShare, canShareScreen } from './screen-share.ts';
import type { Action } from './shortcuts.ts';
import type { ControlsActions, ControlsState, DeviceState, Popup, SidePanel } from './toolbar/controls.ts';
import { nextLayout } from './toolbar/layout-choices.tsx';
import { useFullScreen } from './use-full-screen.ts';
import { useKeys } from './use-keys.ts';
import { type Happening, useHappening } from './use-status.ts';

export type OpenDialog = 'qr' | 'help' | 'settings';

export interface ControlsOptions extends Pick<
  CallFrameProps,
  'call' | 'devices' | 'settings' | 'link' | 'pictureInPicture' | 'onLeave'
> {
  readonly chosen: SettingsValue;
  readonly self: FrameCall['self'];
  readonly others: FrameCall['participants'];
}

export interface Controls {
  readonly state: Omit<ControlsState, 'unread'>;
  readonly actions: ControlsActions;
  readonly panel: SidePanel | null;
  readonly dialog: OpenDialog | null;
  readonly happening: Happening;
  readonly share: ScreenShare;
  readonly talking: boolean;
  readonly openPanel: (panel: SidePanel) => void;
  readonly closePanel: () => void;
  readonly showDialog: (dialog: OpenDialog | null) => void;
  readonly retry: (kind: DeviceKind) => void;
}

export function useControls(options: ControlsOptions): Controls {
  const { call, devices, settings, link, pictureInPicture, onLeave, chosen, self, others } = options;
  const [panel, setPanel] = useState<SidePanel | null>(null);
  const [popup, setPopup] = useState<Popup | null>(null);
  const [dialog, setDialog] = useState<OpenDialog | null>(null);
  const happening = useHappening(call, devices);
  const fullScreen = useFullScreen();
  const share = useScreenShare(call);
  const microphone = useDeviceState(devices, 'microphone');
  const camera = useDeviceState(devices, 'camera');
  const { say } = happening;
  const handRaised = self !== null && self.hand_raised_at !== null;
  const failed = (error: unknown): void => say({ of: 'error', error });

  const retry = (kind: DeviceKind): void => {
    void devices.retry(kind).then(() => {
      const problem = devices.problem(kind);
      if (problem === null) devices.setOn(kind, true);
      else say({ of: 'device', kind, problem });
    }, failed);
  };
  const toggle = (kind: DeviceKind): void => {
    if (devices.problem(kind) !== null) retry(kind);
    else devices.setOn(kind, !devices.isOn(kind));
  };

  const actions: ControlsActions = {
    toggleMicrophone: () => {
      keys.forget();
      toggle('microphone');
    },
    toggleCamera: () => toggle('camera'),
    toggleShare: () => {
      if (share.track !== null) share.stop();
      else {
        void share.start().then((failure) => {
          if (failure !== null) say({ of: 'share', failure });
        });
      }
    },
    toggleHand: () => void call.setHand(!handRaised).catch(failed),
    react: (reaction) => void call.react(reaction).catch(failed),
    togglePanel: (next) => setPanel((before) => (before === next ? null : next)),
    togglePopup: (next) => setPopup((before) => (before === next ? null : next)),
    chooseLayout: (layout) => settings.set({ layout }),
    togglePictureInPicture: () => void pictureInPicture.toggle().catch(failed),
    toggleFullScreen: () => fullScreen?.toggle(),
    copyLink: () => {
      void copyText(link).then((copied) => {
        say({ of: copied ? 'link-copied' : 'link-not-copied' });
        // So that it can be marked and copied by hand.
        if (!copied) setDialog('qr');
      });
    },
    showQr: () => setDialog('qr'),
    showSettings: () => setDialog('settings'),
    showHelp: () => setDialog('help'),
    leave: onLeave,
  };

  const shortcuts: Readonly<Record<Action, () => void>> = {
    microphone: actions.toggleMicrophone,
    camera: actions.toggleCamera,
    hand: actions.toggleHand,
    share: canShareScreen() ? actions.toggleShare : () => undefined,
    chat: () => actions.togglePanel('chat'),
    people: () => actions.togglePanel('people'),
    layout: () => actions.chooseLayout(nextLayout(chosen.layout)),
    'full-screen': actions.toggleFullScreen,
    help: actions.showHelp,
  };
  const keys = useKeys(devices, {
    act: (action) => shortcuts[action](),
    escape: () => {
      if (popup !== null) setPopup(null);
      else if (panel !== null) setPanel(null);
      else return false;
      return true;
    },
  });

  useEffect(() => {
    // Talking by key begins with silence.
    if (chosen.pushToTalk) devices.setOn('microphone', false);
  }, [devices, chosen.pushToTalk]);

  return {
    state: {
      microphone,
      camera,
      pushToTalk: chosen.pushToTalk,
      sharing: canShareScreen() ? share.track !== null : null,
      handRaised,
      people: others.length + 1,
      panel,
      popup,
      layout: chosen.layout,
      pictureInPicture: pictureInPicture.can(),
      fullScreen: fullScreen?.on ?? null,
    },
    actions,
    panel,
    dialog,
    happening,
    share,
    talking: keys.talking,
    openPanel: setPanel,
    closePanel: () => setPanel(null),
    showDialog: setDialog,
    retry,
  };
}

function useDeviceState(devices: FrameDevices, kind: DeviceKind): DeviceState {
  return useEmitter(
    devices,
    (source, changed) => [source.on('changed', changed), source.on('ended', changed)],
    (source) => (source.problem(kind) !== null ? 'none' : source.isOn(kind) ? 'on' : 'off'),
  );
}

function useScreenShare(call: FrameCall): ScreenShare {
  const [share] = useState(
    () => new ScreenShare(call, (wish) => navigator.mediaDevices.getDisplayMedia(wish)),
  );
  useEmitter(
    share,
    (source, changed) => [source.on('changed', changed)],
    (source) => source.track,
  );
  useEffect(() => () => share.close(), [share]);
  return share;
}
