/**
 * The words that go with every action: for the log, and for the tile of the subscriber, who is "you".
 *
 * Each names the codecs it is about, and says what a person could change to get another result.
 */
import { labelOf } from './codecs.ts';
import type { Option } from './options.ts';
import type { CodecName, SourceSnapshot, SwitchRequest, Transcode, UndeliverableCode } from './types.ts';

export interface Refusal {
  readonly code: UndeliverableCode;
  readonly reason: string;
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

export function forwardReason(source: SourceSnapshot, next: CodecName): string {
  const forwarded = `forwarded: sends ${labelOf(source.sends)}, which you receive`;
  return next === source.sends
    ? forwarded
    : `${forwarded}, until the sender has switched to ${labelOf(next)}`;
}

/** Why the sender does not simply send what this subscriber receives. */
function whyNotSent(source: SourceSnapshot, sends: CodecName, receives: readonly CodecName[]): string {
  const couldSend = source.canSend.filter((codec) => receives.includes(codec));
  if (couldSend.length > 0) return `${labelOf(sends)} suits the subscribers as a whole best`;
  const { canSend } = source;
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
): string {
  const transcoded = `transcoded ${arrow(source.sends, to)}`;
  if (next !== source.sends) return `${transcoded} until the sender has switched to ${labelOf(next)}`;
  return `${transcoded}: ${youReceive(receives)} and ${whyNotSent(source, source.sends, receives)}`;
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
  return {
    code: 'not-live',
    reason: `not delivered: the sender is not publishing (${labelOf(source.sends)}) now`,
  };
}

export function receivesNone(source: SourceSnapshot): Refusal {
  const reason = `not delivered: sends ${labelOf(source.sends)}, and you receive no ${source.kind} at all`;
  return { code: 'receives-none', reason };
}

export function switchPending(source: SourceSnapshot, next: CodecName, codec: CodecName): Refusal {
  const then = codec === next ? 'which you receive' : `which will be transcoded to ${labelOf(codec)} for you`;
  const reason = `waiting for the sender to switch ${arrow(source.sends, next)}, ${then}`;
  return { code: 'switch-pending', reason };
}

type Refuse = (source: SourceSnapshot, sends: CodecName, receives: readonly CodecName[]) => Refusal;

/** For a subscriber whom only a transcode of `sends` could serve, and none will. */
function refusal(code: UndeliverableCode, why: string): Refuse {
  return (source, sends, receives) => {
    const verb = sends === source.sends ? 'sends' : 'will send';
    return { code, reason: `not delivered: ${verb} ${labelOf(sends)}, ${youReceive(receives)}, and ${why}` };
  };
}

export const transcodingOff: Refuse = refusal('transcoding-off', 'this room does not transcode');
export const notTranscodable: Refuse = refusal(
  'not-transcodable',
  'no media worker can transcode between them',
);

/** @param cheapest the transcode that would have served this subscriber for the least, in milli-cores. */
export function overBudget(
  source: SourceSnapshot,
  sends: CodecName,
  receives: readonly CodecName[],
  cheapest: { readonly to: CodecName; readonly cost: number },
  budget: number,
): Refusal {
  const why =
    `transcoding ${arrow(sends, cheapest.to)} takes ${cheapest.cost} milli-cores, ` +
    `more than is left of this room's ${budget}`;
  return refusal('budget', why)(source, sends, receives);
}

export function stopReason(stopped: Transcode, lost: string | undefined): string {
  const what = `stopped ${arrow(stopped.from, stopped.to)}`;
  return lost === undefined ? `${what}: nobody needs it any more` : `${what}: a subscriber is ${lost}`;
}

export function noLongerWatched(codec: CodecName): string {
  return `stopped ${labelOf(codec)}: no longer watched`;
}

export function forgetReason(forgotten: SwitchRequest): string {
  return `the switch ${arrow(forgotten.from, forgotten.to)} is done or no longer needed`;
}
