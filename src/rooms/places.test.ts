import { describe, expect, it } from 'vitest';
import type { ParticipantId } from '../plan/types.ts';
import { VirtualClock } from '../time/virtualClock.ts';
import type { Deliveries } from './deliveries.ts';
import { type Participant, newParticipant } from './participant.ts';
import { Places, type Reservation } from './places.ts';

function setUp(maxParticipants = 2): {
  readonly clock: VirtualClock;
  readonly places: Places;
  readonly come: (reservation: Reservation) => Participant;
  readonly sit: (participant: Participant) => void;
} {
  const clock = new VirtualClock();
  let ids = 0;
  const places = new Places({
    maxParticipants,
    clock,
    // Everybody comes in the same millisecond.
    epochMs: () => 1000.7,
    randomId: () => `p${(ids += 1)}`,
  });
  const joining = {
    name: 'somebody',
    receive: { codecs: [] },
    sendVideo: [],
    restriction: null,
    network: null,
    notify: () => undefined,
    onTakenOver: () => undefined,
  };
  const come = ({ participantId: id, joinedAtMs, release }: Reservation): Participant => {
    const participant = newParticipant(joining, { id, joinedAtMs, transports: null });
    places.arrive(participant);
    release();
    return participant;
  };
  // Places never look at what arrives at a device.
  const sit = (participant: Participant): void =>
    places.seat({ participant, deliveries: {} as unknown as Deliveries });
  return { clock, places, come, sit };
}

describe('places', () => {
  it('are counted from the reservation on, and have an order even within one millisecond', () => {
    const { places, come, sit } = setUp();
    const first = places.reserve(null);
    const second = places.reserve(null);
    expect(() => places.reserve(null)).toThrow('RoomFull');
    second.release();
    second.release();
    const third = come(places.reserve(null));
    const one = come(first);
    sit(third);
    sit(one);
    expect(places.participants).toEqual([one, third]);
    expect(places.participants.map(({ joinedAtMs }) => joinedAtMs)).toEqual([1000, 1002]);
    places.free(one);
    places.free(third);
    expect(places.empty).toBe(true);
  });

  it('that are proven are found in a full room, also twice at once, and count once', () => {
    const { places, come, sit } = setUp();
    const ada = come(places.reserve(null));
    sit(ada);
    sit(come(places.reserve(null)));
    const proven = { participantId: ada.id, joinedAtMs: ada.joinedAtMs };
    const [again, twice] = [places.reserve(proven), places.reserve(proven)];
    const stranger = { participantId: 'old' as ParticipantId, joinedAtMs: 5 };
    expect(() => places.reserve(stranger)).toThrow('RoomFull');
    const heir = come(again);
    expect([places.isSeated(ada), places.isArriving(heir)]).toEqual([true, true]);
    const last = come(twice);
    expect(places.isArriving(heir)).toBe(false);
    sit(last);
    expect(places.participants[0]).toBe(last);
    // Whoever was taken over frees nothing.
    places.free(ada);
    places.free(heir);
    expect([places.members.size, places.isSeated(last)]).toEqual([2, true]);
  });

  it('of the absent are kept so long, and no longer than until they come back', () => {
    const { clock, places, come, sit } = setUp();
    const ada = come(places.reserve(null));
    sit(ada);
    const over: string[] = [];
    places.keepFor(ada.id, 1000, () => over.push('first'));
    clock.advance(999);
    const heir = come(places.reserve({ participantId: ada.id, joinedAtMs: ada.joinedAtMs }));
    sit(heir);
    clock.advance(1000);
    expect(over).toEqual([]);
    places.keepFor(ada.id, 1000, () => over.push('second'));
    clock.advance(1000);
    expect(over).toEqual(['second']);
    places.keepFor(ada.id, 1000, () => over.push('third'));
    places.clear();
    expect([clock.pendingTasks, places.empty]).toEqual([0, true]);
  });
});
