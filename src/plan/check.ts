/**
 * Refuses a room that contradicts itself. The room's own code builds the snapshot, so an error here is a bug there, and a
 * plan made from it would be wrong without a trace.
 */
import { kindOf } from './codecs.ts';
import type { ParticipantId, RoomSnapshot, SourceId, SourceSnapshot } from './types.ts';

export class InconsistentRoomError extends Error {
  readonly code = 'plan/inconsistent-room';
  override readonly name = 'InconsistentRoomError';
}

/** @throws InconsistentRoomError that names the part at fault. */
export function checkRoom(room: RoomSnapshot): void {
  const participants = unique('participant', room.participants);
  const owners = new Map(room.sources.map(({ id, owner }) => [id, owner]));
  unique('source', room.sources);
  for (const source of room.sources) {
    if (!participants.has(source.owner)) {
      fail(`source ${source.id} belongs to ${source.owner}, who is not here`);
    }
    checkCodecs(source);
    checkSize(source);
  }
  const subscribersOf = new Map<SourceId, Set<ParticipantId>>();
  for (const { subscriber, source } of room.subscriptions) {
    const owner = owners.get(source);
    if (owner === undefined) fail(`${subscriber} is subscribed to source ${source}, which is not here`);
    if (!participants.has(subscriber)) fail(`source ${source} has subscriber ${subscriber}, who is not here`);
    if (owner === subscriber) fail(`${subscriber} is subscribed to its own source ${source}`);
    const subscribers = subscribersOf.get(source) ?? new Set();
    if (subscribers.has(subscriber)) fail(`${subscriber} is subscribed to source ${source} twice`);
    subscribersOf.set(source, subscribers.add(subscriber));
  }
  // Written so that NaN fails too; Infinity is a budget.
  if (!(room.budget.transcodeCost >= 0)) fail(`a budget of ${room.budget.transcodeCost} milli-cores`);
}

function unique(what: string, items: readonly { readonly id: string }[]): ReadonlySet<string> {
  const seen = new Set<string>();
  for (const { id } of items) {
    if (seen.has(id)) fail(`${what} ${id} is listed twice`);
    seen.add(id);
  }
  return seen;
}

function checkCodecs(source: SourceSnapshot): void {
  for (const codec of [source.sends, ...source.canSend]) {
    if (kindOf(codec) !== source.kind) {
      fail(`${source.kind} source ${source.id} with ${kindOf(codec)} codec ${codec}`);
    }
  }
}

function checkSize(source: SourceSnapshot): void {
  for (const field of ['width', 'height', 'frameRate'] as const) {
    const value = source[field];
    if (value !== undefined && !(value > 0 && Number.isFinite(value))) {
      fail(`source ${source.id} with ${field} ${value}`);
    }
  }
}

function fail(problem: string): never {
  throw new InconsistentRoomError(`The room cannot be planned: ${problem}.`);
}
