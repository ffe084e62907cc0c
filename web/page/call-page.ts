/**
 * The way through a call: pre-join, in the call, over. Connects while the person still types a name.
 *
 * Ownership: owns the call and the captured tracks; both end when the call is over.
 */
import { Device } from 'mediasoup-client';
import * as v from 'valibot';
import { DisplayName } from '../../signaling/messages/requests.ts';
import { Call, RequestRefused, webSocketPipe } from '../sdk/index.ts';
import type { Switches } from './address.ts';
import { CallView } from './call-view.ts';
import { restrictionOf } from './controls.ts';
import { LocalMedia } from './local-media.ts';
import { memory } from './memory.ts';
import { type PrejoinView, prejoinView } from './prejoin-view.ts';
import { sentences } from './rooms-api.ts';
import { endedView } from './start-view.ts';

const DEFAULT_HEIGHT = 720;
const DEFAULT_FRAME_RATE = 30;

export interface CallPageOptions {
  readonly room: string;
  readonly switches: Switches;
  /** Shows a view instead of the one before. */
  readonly show: (element: HTMLElement) => void;
}

/** Runs the page of one room until the call is over, and again when the person wishes. */
export function runCallPage(options: CallPageOptions): void {
  const { room, switches, show } = options;
  const url = new URL('/connect', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.hash = '';
  const call = new Call({
    open: webSocketPipe(url.href),
    createDevice: () => new Device(),
    client: { name: 'page', version: '1' },
  });
  const captured = LocalMedia.open({
    maxHeight: switches.maxHeight ?? DEFAULT_HEIGHT,
    frameRate: switches.frameRate ?? DEFAULT_FRAME_RATE,
  });
  const view = prejoinView(
    {
      name: switches.name ?? memory.name,
      restriction: switches.codecs === undefined ? restrictionOf(memory.codec) : switches.codecs,
    },
    () => void join(),
  );
  let inCall: CallView | null = null;
  let joining = false;

  call.on('closed', (reason) => {
    inCall?.close();
    void captured.then((media) => media.close());
    window.removeEventListener('pagehide', close);
    const words = reason === 'left' ? 'You left the call.' : sentences('The call is over', reason);
    show(endedView(words, () => runCallPage({ ...options, switches: { ...switches, join: false } })));
  });
  const close = (): void => call.close();
  window.addEventListener('pagehide', close);

  const join = async (): Promise<void> => {
    if (joining) return;
    const wishes = view.wishes();
    const name = v.safeParse(DisplayName, wishes.name.toWellFormed());
    if (!name.success) {
      view.setStatus('Please type a name of up to 64 signs.');
      return;
    }
    joining = true;
    view.setBusy(true);
    memory.name = name.output;
    memory.codec = wishes.restriction ?? 'auto';
    try {
      const media = await captured;
      publish(call, media, switches, wishes);
      await call.join({ room, name: name.output, restriction: wishes.restriction });
      inCall = new CallView({
        call,
        media,
        wishes: { ...wishes, name: name.output },
        detailsOpen: switches.stats ?? false,
        link: `${location.origin}/call#${room}`,
        leave: () => void call.leave(),
      });
      show(inCall.element);
    } catch (error) {
      view.setStatus(refusalWords(error));
    } finally {
      joining = false;
      view.setBusy(false);
    }
  };

  show(view.element);
  void captured.then((media) => {
    view.setMedia(media);
    if (switches.join === true) void join();
  });
  void connectAhead(call, view);
}

async function connectAhead(call: Call, view: PrejoinView): Promise<void> {
  try {
    await call.connect();
  } catch (error) {
    // Joining tries again; until then the person should know.
    if (call.state !== 'closed') view.setStatus(refusalWords(error));
  }
}

/** What there is goes out with the join itself. Failures come as the call's `error` event. */
function publish(
  call: Call,
  media: LocalMedia,
  switches: Switches,
  wishes: { readonly microphoneOn: boolean; readonly cameraOn: boolean },
): void {
  const ignore = (): void => undefined;
  if (media.microphone !== null) {
    call.publish('microphone', media.microphone, { paused: !wishes.microphoneOn }).catch(ignore);
  }
  if (media.camera !== null) {
    call
      .publish('camera', media.camera, {
        paused: !wishes.cameraOn,
        simulcast: switches.simulcast ?? true,
        ...(switches.degradation === undefined ? {} : { degradationPreference: switches.degradation }),
      })
      .catch(ignore);
  }
}

function refusalWords(error: unknown): string {
  if (error instanceof RequestRefused) {
    const { title, detail } = error.problem;
    return sentences(detail ?? title);
  }
  return sentences('The server cannot be reached just now', 'Try again in a moment');
}
