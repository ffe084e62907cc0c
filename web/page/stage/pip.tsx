/**
 * Picture-in-picture: whoever speaks, in a small window over other programs.
 *
 * What will surprise you: there are two kinds. Where the browser gives a whole document (Document Picture-in-Picture), it follows
 * the speaker and has a mute button; otherwise the present speaker's video element goes there as it is. The toolbar knows nothing of
 * tiles, so the stage that is on the page registers itself here.
 */
import { type JSX, render } from 'preact';
import { Emitter, type Unsubscribe } from '../../sdk/emitter.ts';
import { RoundButton } from '../design/controls.tsx';
import { useEmitter } from '../view/hooks.ts';
import { LanguageProvider, useWords } from '../words/language.tsx';
import type { Language } from '../words/translate.ts';
import type { Director, StageDevices } from './director.ts';
import { Avatar } from './marks.tsx';
import { labelOf } from './tile.tsx';
import { usePicture } from './use-picture.ts';

/** What the small window shows, and from where. */
export interface PipSource {
  readonly director: Director;
  readonly devices: StageDevices;
  readonly language: () => Language;
  /** The video element of a tile. */
  readonly videoOf: (key: string) => HTMLVideoElement | null;
}

interface DocumentPip {
  requestWindow(options: { readonly width: number; readonly height: number }): Promise<Window>;
}

let present: PipSource | null = null;
let open: Window | null = null;

/** Tells whether a small window is open. */
export const pipState: Emitter<{ changed: [] }> = new Emitter<{ changed: [] }>();

/** The stage on the page. @returns What takes it away again, and closes its small window. */
export function registerPip(source: PipSource): Unsubscribe {
  present = source;
  const changed = (): void => pipState.emit('changed');
  // Capturing: the events happen at video elements.
  document.addEventListener('enterpictureinpicture', changed, true);
  document.addEventListener('leavepictureinpicture', changed, true);
  return () => {
    document.removeEventListener('enterpictureinpicture', changed, true);
    document.removeEventListener('leavepictureinpicture', changed, true);
    if (present !== source) return;
    present = null;
    open?.close();
  };
}

/** Key of whoever is shown in a small window now; null: nobody. */
export function pipKey(source: Pick<PipSource, 'director' | 'videoOf'>): string | null {
  if (open !== null) return source.director.scene.focus.subject;
  const video = document.pictureInPictureElement ?? null;
  if (video === null) return null;
  return source.director.scene.cast.find(({ key }) => source.videoOf(key) === video)?.key ?? null;
}

/** Whether this browser has picture-in-picture of either kind. */
export function canPictureInPicture(): boolean {
  return (
    documentPip() !== null || ('pictureInPictureEnabled' in document && document.pictureInPictureEnabled)
  );
}

/** Opens the small window, or closes it. Never throws: a browser that refuses leaves things as they are. */
export async function togglePictureInPicture(): Promise<void> {
  const source = present;
  if (source === null) return;
  try {
    if (open !== null) open.close();
    else if ((document.pictureInPictureElement ?? null) !== null) await document.exitPictureInPicture();
    else {
      const documents = documentPip();
      if (documents !== null) await openDocument(source, documents);
      else await openVideo(source);
    }
  } catch {
    // Refused, for example because it was not asked for by a press, or there is no picture yet.
  }
}

function documentPip(): DocumentPip | null {
  return 'documentPictureInPicture' in window && isDocumentPip(window.documentPictureInPicture)
    ? window.documentPictureInPicture
    : null;
}

function isDocumentPip(value: unknown): value is DocumentPip {
  return typeof value === 'object' && value !== null && 'requestWindow' in value;
}

async function openVideo({ director, videoOf }: PipSource): Promise<void> {
  const { subject } = director.scene.focus;
  if (subject !== null) await videoOf(subject)?.requestPictureInPicture();
}

async function openDocument(source: PipSource, documents: DocumentPip): Promise<void> {
  const small = await documents.requestWindow({ width: 400, height: 225 });
  if (present !== source) {
    small.close();
    return;
  }
  const { document: page } = small;
  const { documentElement: root } = document;
  page.documentElement.lang = root.lang;
  const theme = root.dataset['theme'];
  if (theme !== undefined) page.documentElement.dataset['theme'] = theme;
  for (const sheet of document.querySelectorAll('link[rel=stylesheet]')) {
    page.head.append(page.importNode(sheet, true));
  }
  render(
    <LanguageProvider language={source.language()}>
      <PipView source={source} />
    </LanguageProvider>,
    page.body,
  );
  open = small;
  pipState.emit('changed');
  small.addEventListener('pagehide', () => {
    render(null, page.body);
    open = null;
    pipState.emit('changed');
  });
}

/** The small window's view. */
export function PipView({ source }: { readonly source: PipSource }): JSX.Element {
  const t = useWords();
  const { director, devices } = source;
  const scene = useEmitter(
    director,
    (from, changed) => [from.on('changed', changed)],
    (from) => from.scene,
  );
  const isOn = useEmitter(
    devices,
    (from, changed) => [from.on('changed', changed)],
    (from) => from.isOn('microphone'),
  );
  const member = scene.cast.find(({ key }) => key === scene.focus.subject) ?? null;
  const video = usePicture(member);
  return (
    <main class="pip" data-picture={member?.state} data-source={member?.source}>
      <h1 class="only-read">{t('details.pip.title')}</h1>
      {member === null ? null : <Avatar name={member.name} />}
      <video ref={video} autoplay playsInline aria-hidden="true" />
      <div class="pip-foot">
        <span class="plate">
          <span class="name">{member === null ? '' : labelOf(t, member)}</span>
        </span>
        <RoundButton
          icon={isOn ? 'microphone' : 'microphone-off'}
          label={t(isOn ? 'details.pip.mute' : 'details.pip.unmute')}
          testId="pip-mute"
          onPress={() => devices.setOn('microphone', !devices.isOn('microphone'))}
        />
      </div>
    </main>
  );
}
