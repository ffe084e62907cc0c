/**
 * The words that go with every action: for the log, and for the tile of the subscriber, who is "you".
 *
 * Each names the codecs it is about, and says what a person could change to get another result.
 *
 * What will surprise you: a decision about a stream carries its reason twice, as an English sentence for the log and as a code
 * with what stands in the sentence (`why`), from which a client makes a sentence in its user's language. Both are made here,
 * side by side; docs/protocol/reasons.md lists the codes, and a test holds it to this file.
 */
import { labelOf } from './codecs.ts';
import type { Option } from './options.ts';
import type {
  CodecName,
  SourceSnapshot,
  SwitchRequest,
  Transcode,
  UndeliverableCode,
  Why,
  WhyCode,
} from './types.ts';

/** A reason in both forms. */
export interface Grounds {
  readonly reason: string;
  readonly why: Why;
}

export interface Refusal extends Grounds {
  readonly code: UndeliverableCode;
}

/** Every code with the names of its arguments. */
export const WHY_ARGUMENTS = {
  forwarded: ['codec'],
  'forwarded-until-switch': ['codec', 'next'],
  'transcoded-until-switch': ['from', 'to', 'next'],
  'transcoded-sender-limited': ['from', 'to', 'receives', 'sends'],
  'transcoded-suits-all': ['from', 'to', 'receives'],
  'transcoded-smaller': ['from', 'to'],
  'transcoded-not-shown': ['from', 'to'],
  'transcoded-whole-not-shown': ['from', 'to'],
  'not-live': ['codec'],
  'receives-none': ['codec', 'kind'],
  'shows-none': ['codec'],
  'switch-pending': ['from', 'next', 'codec'],
  'transcoding-off': ['codec', 'receives'],
  'not-transcodable': ['codec', 'receives'],
  budget: ['from', 'to', 'cost', 'budget'],
  'transcoding-fails': [],
} as const satisfies Record<WhyCode, readonly string[]>;

type ArgumentsOf<C extends WhyCode> = Readonly<Record<(typeof WHY_ARGUMENTS)[C][number], string | number>>;

function because<C extends WhyCode>(code: C, args: ArgumentsOf<C>): Why {
  return { code, args };
}

/** Labels as an argument: a client joins the sentence, not the list. */
function labels(codecs: readonly CodecName[]): string {
  return codecs.map(labelOf).join(', ');
}

/** `VP8 → H.264` */
export function arrow(from: CodecName, to: CodecName): string {
  return `${labelOf(from)} → ${labelOf(to)}`;
}

function list(codecs: readonly CodecName[]): string {
  const labels = codecs.map(labelOf);
  const last = labels.pop() ?? 'nothing';
  return labels.length === 0 ? last : `${labels.join(', ')} and ${last}`;
}

function youReceive(receives: readonly CodecName[]): string {
  return `you receive only ${list(receives)}`;
}

function people(count: number): string {
  return count === 1 ? '1 subscriber' : `${count} subscribers`;
}

export function forwardReason(source: SourceSnapshot, next: CodecName): Grounds {
  const codec = labelOf(source.sends);
  const forwarded = `forwarded: sends ${codec}, which you receive`;
  return next === source.sends
    ? { reason: forwarded, why: because('forwarded', { codec }) }
    : {
        reason: `${forwarded}, until the sender has switched to ${labelOf(next)}`,
        why: because('forwarded-until-switch', { codec, next: labelOf(next) }),
      };
}

/** Why the sender does not simply send what this subscriber receives: it cannot. */
function senderLimit({ canSend, sends }: SourceSnapshot): string {
  if (canSend.length === 0 || (canSend.length === 1 && canSend[0] === sends)) {
    return `the sender can only send ${labelOf(sends)}`;
  }
  return `the sender can only send ${list(canSend)}`;
}

export function transcodeReason(
  source: SourceSnapshot,
  to: CodecName,
  next: CodecName,
  receives: readonly CodecName[],
): Grounds {
  const codecs = { from: labelOf(source.sends), to: labelOf(to) };
  const transcoded = `transcoded ${arrow(source.sends, to)}`;
  if (next !== source.sends) {
    return {
      reason: `${transcoded} until the sender has switched to ${labelOf(next)}`,
      why: because('transcoded-until-switch', { ...codecs, next: labelOf(next) }),
    };
  }
  const needed = `${transcoded}: ${youReceive(receives)} and`;
  const received = { ...codecs, receives: labels(receives) };
  if (source.canSend.some((codec) => receives.includes(codec))) {
    return {
      reason: `${needed} ${codecs.from} suits the subscribers as a whole best`,
      why: because('transcoded-suits-all', received),
    };
  }
  const sends = labels(source.canSend.length === 0 ? [source.sends] : source.canSend);
  return {
    reason: `${needed} ${senderLimit(source)}`,
    why: because('transcoded-sender-limited', { ...received, sends }),
  };
}

export function sharedTranscodeReason(
  source: SourceSnapshot,
  to: CodecName,
  next: CodecName,
  count: number,
): string {
  const needed = `${arrow(source.sends, to)} for ${people(count)} who cannot receive ${labelOf(source.sends)}`;
  return next === source.sends ? needed : `${needed}, until the sender has switched to ${labelOf(next)}`;
}

export function smallerReason(from: CodecName, to: CodecName): Grounds {
  return {
    reason: `transcoded ${arrow(from, to)} in a smaller size than for others: your network takes less than theirs`,
    why: because('transcoded-smaller', { from: labelOf(from), to: labelOf(to) }),
  };
}

/** What is sent came to this subscriber, and no picture appeared. */
export function notShownReason(source: SourceSnapshot, to: CodecName): Grounds {
  return {
    reason: `transcoded ${arrow(source.sends, to)}: no picture in ${labelOf(source.sends)} appeared on your device`,
    why: because('transcoded-not-shown', { from: labelOf(source.sends), to: labelOf(to) }),
  };
}

export function wholeNotShownReason(from: CodecName, to: CodecName): Grounds {
  return {
    reason: `transcoded ${arrow(from, to)} in a smaller size: no picture of the whole size appeared on your device`,
    why: because('transcoded-whole-not-shown', { from: labelOf(from), to: labelOf(to) }),
  };
}

export function smallerTranscodeReason(from: CodecName, to: CodecName, count: number): string {
  return `${arrow(from, to)} in a smaller size for ${people(count)} whose network or device needs it`;
}

export function switchReason(
  source: SourceSnapshot,
  option: Option,
  forwarded: number,
  watchers: number,
): string {
  const asked = `asked the sender to switch ${arrow(source.sends, option.sends)}`;
  const forbidden = source.canSend.includes(source.sends)
    ? ''
    : `it may no longer send ${labelOf(source.sends)}, and `;
  if (forwarded === watchers) {
    return `${asked}: ${forbidden}every subscriber receives ${labelOf(option.sends)}`;
  }
  const parts = [`${forwarded} of ${people(watchers)} will be forwarded ${labelOf(option.sends)}`];
  const transcoded = option.served - forwarded;
  if (transcoded > 0) parts.push(`${transcoded} transcoded to ${list(option.transcodes)}`);
  if (option.served < watchers) parts.push(`${watchers - option.served} cannot be served`);
  return `${asked}: ${forbidden}${parts.join(', ')}`;
}

export function notLive(source: SourceSnapshot): Refusal {
  const codec = labelOf(source.sends);
  return {
    code: 'not-live',
    reason: `not delivered: the sender is not publishing (${codec}) now`,
    why: because('not-live', { codec }),
  };
}

export function receivesNone(source: SourceSnapshot): Refusal {
  const codec = labelOf(source.sends);
  return {
    code: 'receives-none',
    reason: `not delivered: sends ${codec}, and you receive no ${source.kind} at all`,
    why: because('receives-none', { codec, kind: source.kind }),
  };
}

export function showsNone(unshown: readonly CodecName[]): Refusal {
  return {
    code: 'shows-none',
    reason: `not delivered: no picture appeared on your device in ${list(unshown)}`,
    why: because('shows-none', { codec: labels(unshown) }),
  };
}

export function switchPending(source: SourceSnapshot, next: CodecName, codec: CodecName): Refusal {
  const then = codec === next ? 'which you receive' : `which will be transcoded to ${labelOf(codec)} for you`;
  return {
    code: 'switch-pending',
    reason: `waiting for the sender to switch ${arrow(source.sends, next)}, ${then}`,
    why: because('switch-pending', {
      from: labelOf(source.sends),
      next: labelOf(next),
      codec: labelOf(codec),
    }),
  };
}

/** For a subscriber whom only a transcode of `sends` could serve, and none will. */
function notServed(
  source: SourceSnapshot,
  sends: CodecName,
  receives: readonly CodecName[],
  obstacle: string,
): string {
  const verb = sends === source.sends ? 'sends' : 'will send';
  return `not delivered: ${verb} ${labelOf(sends)}, ${youReceive(receives)}, and ${obstacle}`;
}

export function transcodingOff(
  source: SourceSnapshot,
  sends: CodecName,
  receives: readonly CodecName[],
): Refusal {
  return {
    code: 'transcoding-off',
    reason: notServed(source, sends, receives, 'this room does not transcode'),
    why: because('transcoding-off', { codec: labelOf(sends), receives: labels(receives) }),
  };
}

export function notTranscodable(
  source: SourceSnapshot,
  sends: CodecName,
  receives: readonly CodecName[],
): Refusal {
  return {
    code: 'not-transcodable',
    reason: notServed(source, sends, receives, 'no media worker can transcode between them'),
    why: because('not-transcodable', { codec: labelOf(sends), receives: labels(receives) }),
  };
}

/** @param cheapest the transcode that would have served this subscriber for the least, in milli-cores. */
export function overBudget(
  source: SourceSnapshot,
  sends: CodecName,
  receives: readonly CodecName[],
  cheapest: { readonly to: CodecName; readonly cost: number },
  budget: number,
): Refusal {
  const obstacle =
    `transcoding ${arrow(sends, cheapest.to)} takes ${cheapest.cost} milli-cores, ` +
    `more than is left of this room's ${budget}`;
  return {
    code: 'budget',
    reason: notServed(source, sends, receives, obstacle),
    why: because('budget', {
      from: labelOf(sends),
      to: labelOf(cheapest.to),
      cost: cheapest.cost,
      budget,
    }),
  };
}

/** The plan would transcode, and no media worker survives this stream. */
export function transcodingFails(): Grounds {
  return {
    reason: 'transcoding this stream fails again and again',
    why: because('transcoding-fails', {}),
  };
}

export function stopReason(stopped: Transcode, lost: string | undefined): string {
  const size = stopped.size === 'whole' ? '' : ' in a smaller size';
  const what = `stopped ${arrow(stopped.from, stopped.to)}${size}`;
  return lost === undefined ? `${what}: nobody needs it any more` : `${what}: a subscriber is ${lost}`;
}

export function noLongerWatched(codec: CodecName): string {
  return `stopped ${labelOf(codec)}: no longer watched`;
}

export function forgetReason(forgotten: SwitchRequest): string {
  return `the switch ${arrow(forgotten.from, forgotten.to)} is done or no longer needed`;
}
