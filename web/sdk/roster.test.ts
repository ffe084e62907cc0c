import { describe, expect, it } from 'vitest';
import type { Participant } from '../../signaling/messages/requests.ts';
import { Roster } from './roster.ts';
import { VirtualClock } from './testing/virtual-clock.ts';

const person = (id: string, at: number, more: Partial<Participant> = {}): Participant => ({
  participant_id: id,
  name: id,
  restriction: null,
  joined_at: at,
  hand_raised_at: null,
  quality: 'good',
  sources: [],
  ...more,
});
const TRANSPORT = {
  transport_id: 't',
  ice_parameters: { usernameFragment: 'u', password: 'p' },
  ice_candidates: [],
  dtls_parameters: { fingerprints: [] },
};

function setUp(): {
  roster: Roster;
  clock: VirtualClock;
  gone: string[];
  enter: (callId: string, participants: Participant[]) => void;
  ids: () => string[];
} {
  const clock = new VirtualClock();
  const gone: string[] = [];
  const roster = new Roster(clock, (id) => {
    gone.push(id);
    roster.remove(id);
  });
  const enter = (callId: string, participants: Participant[]): void =>
    roster.entered({
      ack: 1,
      channel: 1,
      call_id: callId,
      participant_id: 'me',
      participants,
      send_transport: TRANSPORT,
      receive_transport: TRANSPORT,
      network: null,
      resume_token: 'R'.repeat(32),
      messages: [],
    });
  const ids = (): string[] => roster.others.map(({ participant_id: id }) => id);
  return { roster, clock, gone, enter, ids };
}

describe('Roster', () => {
  it('tells this participant from the others, who stand in order of arrival', () => {
    const { roster, enter, ids } = setUp();
    expect(roster.self).toBeNull();
    enter('call', [person('c', 3), person('me', 2), person('a', 1)]);
    expect(ids()).toEqual(['a', 'c']);
    expect(roster.self?.joined_at).toBe(2);
    roster.apply({ op: 'joined', participant: person('b', 2) });
    expect(ids()).toEqual(['a', 'b', 'c']);
    roster.apply({ op: 'updated', participant: person('me', 2, { hand_raised_at: 9 }) });
    expect(roster.isHandUp()).toBe(true);
    roster.remove('b');
    expect(ids()).toEqual(['a', 'c']);
  });

  it('follows the quality of networks, and says when nothing changed', () => {
    const { roster, enter } = setUp();
    enter('call', [person('me', 1), person('a', 2)]);
    expect(roster.apply({ op: 'quality', participant_id: 'a', quality: 'poor' })).toBe(true);
    expect(roster.others[0]?.quality).toBe('poor');
    const before = roster.others;
    expect(roster.apply({ op: 'quality', participant_id: 'a', quality: 'poor' })).toBe(false);
    expect(roster.apply({ op: 'quality', participant_id: 'stranger', quality: 'poor' })).toBe(false);
    expect(roster.others).toBe(before);
  });

  it('believes a list of the same call', () => {
    const { enter, ids, clock } = setUp();
    enter('call', [person('me', 1), person('a', 2), person('b', 3)]);
    enter('call', [person('me', 1), person('b', 3)]);
    expect(ids()).toEqual(['b']);
    expect(clock.pending).toBe(0);
  });

  it('keeps the places of a call that was restarted, until their owners are back or late', async () => {
    const { roster, enter, ids, clock, gone } = setUp();
    enter('call', [person('me', 1), person('a', 2), person('b', 3)]);
    enter('restarted', [person('me', 1)]);
    expect(ids()).toEqual(['a', 'b']);
    expect(roster.others.map(({ quality }) => quality)).toEqual(['lost', 'lost']);
    roster.apply({ op: 'joined', participant: person('a', 2) });
    await clock.advance(10_000);
    expect(gone).toEqual(['b']);
    expect(ids()).toEqual(['a']);
    expect(roster.others[0]?.quality).toBe('good');
    expect(clock.pending).toBe(0);
  });

  it('waits for nobody any more when everybody is back, or it is closed', () => {
    const { roster, enter, clock } = setUp();
    enter('call', [person('me', 1), person('a', 2)]);
    enter('restarted', [person('me', 1)]);
    expect(clock.pending).toBe(1);
    roster.apply({ op: 'joined', participant: person('a', 2) });
    expect(clock.pending).toBe(0);
    enter('restarted again', [person('me', 1)]);
    roster.close();
    expect(clock.pending).toBe(0);
  });
});
