/**
 * What a person has chosen, remembered by the browser.
 *
 * What will surprise you: what the address says (`?name=`, `?theme=`…) counts for this visit and is never written down, until the
 * person chooses something else there; storage may be forbidden or hold anything: then the defaults count, and nothing fails.
 */
import * as v from 'valibot';
import { VIDEO_CODECS } from '../../../signaling/messages/media.ts';
import { Emitter } from '../../sdk/emitter.ts';
import { type Language, languageFor } from '../words/translate.ts';
import { LAYOUT_CHOICES, type LayoutChoice } from './layout-choice.ts';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];
/** `auto` leaves the codec to the server. */
export const CODEC_CHOICES = ['auto', ...VIDEO_CODECS] as const;
export type CodecChoice = (typeof CODEC_CHOICES)[number];

export interface SettingsValue {
  readonly language: Language;
  readonly theme: Theme;
  readonly name: string;
  readonly codec: CodecChoice;
  readonly layout: LayoutChoice;
  /** Device ids; null: the browser's own choice. */
  readonly microphoneId: string | null;
  readonly cameraId: string | null;
  readonly speakerId: string | null;
  readonly blur: boolean;
  readonly pushToTalk: boolean;
}

export interface SettingsOptions {
  /** Gives the place to remember in; may throw, as a browser's does where storage is forbidden. */
  readonly storage: () => Pick<Storage, 'getItem' | 'setItem'>;
  /** What the address asks for. */
  readonly overrides?: Partial<SettingsValue>;
  /** `navigator.languages` */
  readonly preferredLanguages: readonly string[];
}

const KEY = 'commucat.settings';
const DeviceId = v.fallback(v.nullable(v.pipe(v.string(), v.maxLength(512))), null);
const Stored = v.object({
  language: v.fallback(v.nullable(v.picklist(['en', 'ru'])), null),
  theme: v.fallback(v.picklist(THEMES), 'system'),
  name: v.fallback(v.pipe(v.string(), v.maxLength(64)), ''),
  codec: v.fallback(v.picklist(CODEC_CHOICES), 'auto'),
  layout: v.fallback(v.picklist(LAYOUT_CHOICES), 'auto'),
  microphoneId: DeviceId,
  cameraId: DeviceId,
  speakerId: DeviceId,
  blur: v.fallback(v.boolean(), false),
  pushToTalk: v.fallback(v.boolean(), false),
});
type Stored = v.InferOutput<typeof Stored>;

export class Settings extends Emitter<{ changed: [] }> {
  readonly #options: SettingsOptions;
  #stored: Stored;
  /** Chosen since the page was opened: it counts more than the address. */
  #chosen: Partial<SettingsValue> = {};
  #value: SettingsValue;

  constructor(options: SettingsOptions) {
    super();
    this.#options = options;
    this.#stored = readStored(options.storage);
    this.#value = this.#merged();
  }

  /** Another object after each change. */
  get value(): SettingsValue {
    return this.#value;
  }

  /** Changes and remembers. `changed` follows where anything is other than before. */
  set(change: Partial<SettingsValue>): void {
    this.#stored = { ...this.#stored, ...change };
    this.#chosen = { ...this.#chosen, ...change };
    try {
      this.#options.storage().setItem(KEY, JSON.stringify(this.#stored));
    } catch {
      // Forbidden or full: the choice holds until the page closes.
    }
    const before = this.#value;
    const after = this.#merged();
    if (KEYS.every((key) => before[key] === after[key])) return;
    this.#value = after;
    this.emit('changed');
  }

  #merged(): SettingsValue {
    const { language, ...rest } = this.#stored;
    return {
      ...rest,
      language: languageFor(language, this.#options.preferredLanguages),
      ...this.#options.overrides,
      ...this.#chosen,
    };
  }
}

const KEYS = [
  'language',
  'theme',
  'name',
  'codec',
  'layout',
  'microphoneId',
  'cameraId',
  'speakerId',
  'blur',
  'pushToTalk',
] as const satisfies readonly (keyof SettingsValue)[];

function readStored(storage: SettingsOptions['storage']): Stored {
  try {
    const parsed: unknown = JSON.parse(storage().getItem(KEY) ?? '{}');
    const result = v.safeParse(Stored, { ...blank, ...(isObject(parsed) ? parsed : {}) });
    return result.success ? result.output : blank;
  } catch {
    return blank;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

const blank: Stored = {
  language: null,
  theme: 'system',
  name: '',
  codec: 'auto',
  layout: 'auto',
  microphoneId: null,
  cameraId: null,
  speakerId: null,
  blur: false,
  pushToTalk: false,
};
