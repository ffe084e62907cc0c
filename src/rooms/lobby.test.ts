import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../time/virtualClock.ts';
import { Lobbies, MAX_WATCHERS, type Person } from './lobby.ts';
import type { RoomId } from './roomKeys.ts';

const ROOM = 'room' as RoomId;

function setUp(): {
  readonly clock: VirtualClock;
  readonly lobbies: Lobbies;
  readonly people: string[];
  readonly watched: boolean[];
  readonly watch: () => { readonly told: string[][]; readonly stop: () => void };
} {
  const clock = new VirtualClock();
  const people: string[] = [];
  const watched: boolean[] = [];
  const lobbies: Lobbies = new Lobbies({
    clock,
    peopleIn: () => people.map((name) => ({ name })),
    onWatched: (room) => watched.push(lobbies.isWatched(room)),
  });
  const watch = (): { readonly told: string[][]; readonly stop: () => void } => {
    const told: string[][] = [];
    const stop = lobbies.watch(ROOM, (now: readonly Person[]) => told.push(now.map(({ name }) => name)));
    return { told, stop };
  };
  return { clock, lobbies, people, watched, watch };
}

describe('lobby', () => {
  it('tells changes, several at once as one, and nothing where nothing changed', () => {
    const { clock, lobbies, people, watch } = setUp();
    const { told } = watch();
    people.push('Ada');
    lobbies.changed(ROOM);
    people.push('Ben');
    lobbies.changed(ROOM);
    clock.advance(250);
    expect(told).toEqual([['Ada', 'Ben']]);
    people.pop();
    lobbies.changed(ROOM);
    people.push('Ben');
    const late = watch();
    people.pop();
    clock.advance(250);
    expect([told, late.told]).toEqual([[['Ada', 'Ben'], ['Ada']], [['Ada']]]);
    lobbies.close();
    expect([clock.pendingTasks, lobbies.size]).toEqual([0, 0]);
  });

  it('says when a room is watched and when it is no longer, and ends with its last watcher', () => {
    const { clock, lobbies, watched, watch } = setUp();
    const [one, two] = [watch(), watch()];
    one.stop();
    one.stop();
    expect(watched).toEqual([true]);
    lobbies.changed(ROOM);
    two.stop();
    expect([watched, lobbies.size, clock.pendingTasks]).toEqual([[true, false], 0, 0]);
  });

  it('has room for so many, and goes on for them', () => {
    const { lobbies, watch } = setUp();
    for (let count = 0; count < MAX_WATCHERS; count += 1) watch();
    expect(watch).toThrow('RateLimited');
    lobbies.close();
  });
});
