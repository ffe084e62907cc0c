/**
 * The calm line above the tiles: which sentence it says now. Pure.
 *
 * What will surprise you: what is being repaired comes before everything else, for as long as it lasts; a passing sentence comes
 * before the advice to somebody who is alone. A test network is named for as long as it lasts: nobody shall take it for the real one.
 */
import type { EmulatedNetwork, Trouble } from '../../sdk/index.ts';
import type { DeviceKind, DeviceProblem } from '../devices/device-types.ts';
import type { Translate } from '../words/translate.ts';
import type { ShareFailure } from './screen-share.ts';

/** Something that is said for some seconds. */
export type Saying =
  | { readonly of: 'recovered'; readonly tookMs: number }
  | { readonly of: 'device'; readonly kind: DeviceKind; readonly problem: DeviceProblem }
  | { readonly of: 'device-replaced'; readonly label: string }
  | { readonly of: 'blur-failed'; readonly cameraOff: boolean }
  | { readonly of: 'share'; readonly failure: ShareFailure }
  | { readonly of: 'link-copied' }
  | { readonly of: 'link-not-copied' }
  | { readonly of: 'error'; readonly error: unknown };

export interface Situation {
  /** What is being repaired; null: nothing is. */
  readonly trouble: Trouble | 'unknown' | null;
  /** Whether this device has any network at all. */
  readonly online: boolean;
  readonly saying: Saying | null;
  /** Whether the space bar is held to talk. */
  readonly talking: boolean;
  readonly sharing: boolean;
  /** The test network that the own media goes through; null: none. */
  readonly network: EmulatedNetwork | null;
  readonly alone: boolean;
}

export type Tone = 'busy' | 'good' | 'warn' | 'plain';
/** What a person can do about it, as a button beside the sentence. */
export type Remedy =
  | { readonly of: 'retry'; readonly kind: DeviceKind }
  | { readonly of: 'invite' }
  | { readonly of: 'end-test-network' };

export interface Status {
  /** Empty: there is nothing to say. */
  readonly text: string;
  readonly tone: Tone;
  readonly remedy: Remedy | null;
}

const NOTHING: Status = { text: '', tone: 'plain', remedy: null };

/** @param problemWords An error in the language of `t` */
export function statusOf(
  t: Translate,
  situation: Situation,
  problemWords: (t: Translate, error: unknown) => string,
): Status {
  const { trouble, online, saying, talking, sharing, network, alone } = situation;
  if (trouble !== null) {
    const offline = !online && trouble !== 'media-reset';
    return { text: t(`call.recovering.${offline ? 'offline' : trouble}`), tone: 'busy', remedy: null };
  }
  if (saying !== null) return sayingStatus(t, saying, problemWords);
  if (talking) return { text: t('call.talking'), tone: 'good', remedy: null };
  if (network !== null) {
    const text = t('call.test-network', { network: t(`network.${network}`) });
    return { text, tone: 'warn', remedy: { of: 'end-test-network' } };
  }
  if (alone) return { text: t('call.alone'), tone: 'plain', remedy: { of: 'invite' } };
  if (sharing) return { text: t('call.share.running'), tone: 'plain', remedy: null };
  return NOTHING;
}

function sayingStatus(
  t: Translate,
  saying: Saying,
  problemWords: (t: Translate, error: unknown) => string,
): Status {
  switch (saying.of) {
    case 'recovered': {
      const count = Math.max(1, Math.round(saying.tookMs / 1_000));
      return { text: t('call.recovered', { count }), tone: 'good', remedy: null };
    }
    case 'device': {
      const { kind, problem } = saying;
      return {
        text: t(`call.device.${kind}.${problem}`),
        tone: 'warn',
        remedy: problem === 'insecure' ? null : { of: 'retry', kind },
      };
    }
    case 'device-replaced':
      return { text: t('call.device.replaced', { label: saying.label }), tone: 'plain', remedy: null };
    case 'blur-failed':
      return {
        text: t(saying.cameraOff ? 'call.blur-failed.camera-off' : 'call.blur-failed'),
        tone: 'warn',
        remedy: null,
      };
    case 'share':
      return { text: t(`call.share.${saying.failure}`), tone: 'warn', remedy: null };
    case 'link-copied':
      return { text: t('call.link-copied'), tone: 'good', remedy: null };
    case 'link-not-copied':
      return { text: t('call.link-not-copied'), tone: 'warn', remedy: null };
    case 'error':
      return { text: problemWords(t, saying.error), tone: 'warn', remedy: null };
  }
}

const LONG: ReadonlySet<Saying['of']> = new Set(['device', 'error', 'share', 'blur-failed']);

/** How long something is said, ms: long enough to read it twice. */
export function sayingMs(saying: Saying): number {
  return LONG.has(saying.of) ? 8_000 : 4_000;
}
