import { afterEach, describe, expect, it } from 'vitest';
import { RESUME_TOKEN, ROOM, expectNothingLeft, offer } from '../../sdk/testing/scripted-call.ts';
import { settle } from '../../sdk/testing/virtual-clock.ts';
import { type VisitKit, makeKit } from './visit.testing.ts';

const kits: VisitKit[] = [];

function kit(...given: Parameters<typeof makeKit>): VisitKit {
  const made = makeKit(...given);
  kits.push(made);
  return made;
}

async function ready(...given: Parameters<typeof makeKit>): Promise<VisitKit> {
  const made = kit(...given);
  const started = made.visit.start();
  await pass(made);
  await started;
  return made;
}

/** Ben's camera is offered to nobody here: the call's screen waits for it in vain. */
async function pass({ part }: VisitKit): Promise<void> {
  await settle();
  await part.clock.advance(150);
}

async function join(made: VisitKit, name: string): Promise<void> {
  const joined = made.visit.join(name);
  await pass(made);
  await joined;
}

afterEach(async () => {
  for (const { visit, part, platform } of kits.splice(0)) {
    visit.close();
    await expectNothingLeft(part);
    expect(platform.live).toEqual([]);
    expect(visit.listenerCount).toBe(0);
  }
});

describe('a visit', () => {
  it('knows who is there before the person joins', async () => {
    const { visit } = await ready();
    expect(visit.stage).toBe('prejoin');
    expect(visit.lobby).toEqual([{ name: 'Ben' }]);
    expect(visit.isFull).toBe(false);
  });

  it('joins with picture and sound, and remembers name and place', async () => {
    const made = await ready();
    const { visit, part, settings, places } = made;
    const before = part.server.last.requests.length;
    await join(made, ' Ada ');
    expect(visit.stage).toBe('call');
    expect(settings.value.name).toBe('Ada');
    expect(places.get(ROOM)).toBe(RESUME_TOKEN);
    await part.clock.advance(1_000);
    const published = part.server.last.requests
      .slice(before)
      .flatMap(({ payload }) => (isPublish(payload) ? [payload.source] : []));
    expect(published.sort()).toEqual(['camera', 'microphone']);
    // In the call a camera that is switched off waits a moment before its light goes out.
    expect(visit.devices.releaseAfterMs).toBeGreaterThan(0);
  });

  it('comes back to the place that this tab had', async () => {
    const made = await ready();
    const { visit, part, places } = made;
    places.set(ROOM, RESUME_TOKEN);
    await join(made, 'Ada');
    expect(part.server.last.asked('JOIN')[0]?.payload).toMatchObject({ name: 'Ada', resume: RESUME_TOKEN });
    visit.leave();
    expect(places.size).toBe(0);
  });

  it('asks for a name', async () => {
    const made = await ready();
    const { visit } = made;
    await visit.join('  ');
    expect(visit.nameProblem).toBe('missing');
    await visit.join('A\u0000da');
    expect(visit.nameProblem).toBe('refused');
    expect(visit.stage).toBe('prejoin');
    await join(made, 'Ada');
    expect(visit.nameProblem).toBeNull();
    expect(visit.stage).toBe('call');
  });

  it('shows the call when the first picture of the others is set up, and without one a moment later', async () => {
    const made = await ready();
    const joined = made.visit.join('Ada');
    await settle();
    expect(made.part.call.state).toBe('joined');
    expect(made.visit.stage).toBe('joining');
    offer(made.part, 'c1', 11);
    await settle();
    expect(made.visit.stage).toBe('call');
    await joined;

    const alone = await ready();
    const entering = alone.visit.join('Ada');
    await settle();
    await alone.part.clock.advance(149);
    expect(alone.visit.stage).toBe('joining');
    await alone.part.clock.advance(1);
    await entering;
    expect(alone.visit.stage).toBe('call');
  });

  it('is over at once where the call ends before its screen is drawn', async () => {
    const made = await ready();
    const joined = made.visit.join('Ada');
    await settle();
    made.visit.leave();
    await joined;
    await settle();
    expect(made.visit.stage).toBe('ended');
  });

  it('joins without devices', async () => {
    const made = kit();
    made.platform.devices.length = 0;
    await made.visit.start();
    await join(made, 'Ada');
    expect(made.visit.stage).toBe('call');
  });

  it('joins by itself where the address says so, as soon as the devices are there', async () => {
    const { visit } = await ready({ join: true }, { name: 'Robot', codec: 'VP8' });
    expect(visit.stage).toBe('call');
    expect(visit.call.restriction).toBe('VP8');
  });

  it('says why it cannot join, and lets the person try again', async () => {
    const made = await ready();
    const { visit, part } = made;
    const friendly = part.server.answer;
    part.server.answer = (request, connection) =>
      request.type === 'JOIN'
        ? { error: { type: 'urn:test', title: 'Full', status: 409, code: 'RoomFull' } }
        : friendly(request, connection);
    await visit.join('Ada');
    expect(visit.stage).toBe('prejoin');
    expect(visit.failure).toMatchObject({ code: 'request-refused', problem: { code: 'RoomFull' } });
    part.server.answer = friendly;
    await join(made, 'Ada');
    expect(visit.failure).toBeNull();
    expect(visit.stage).toBe('call');
  });

  it('connects again by itself before the join, and at once when the device wakes', async () => {
    const { visit, part } = await ready();
    part.server.last.drop('lost');
    await settle();
    expect(part.call.state).toBe('idle');
    await part.clock.advance(2_500);
    expect(part.call.state).toBe('ready');
    expect(visit.failure).toBeNull();
    part.server.last.drop('lost');
    await settle();
    visit.wake();
    await settle();
    expect(part.call.state).toBe('ready');
  });

  it('ends with the call, and puts the lights out', async () => {
    const made = await ready();
    const { visit, platform } = made;
    await join(made, 'Ada');
    expect(platform.live).toHaveLength(2);
    visit.leave();
    await settle();
    expect(visit.stage).toBe('ended');
    expect(visit.ending).toEqual({ code: 'left', error: null });
    expect(platform.live).toEqual([]);
  });

  it('tells the server when the page goes away', async () => {
    const made = await ready();
    const { visit, part } = made;
    await join(made, 'Ada');
    visit.vanish();
    await settle();
    expect(part.server.last.asked('LEAVE')).toHaveLength(1);
  });
});

function isPublish(payload: unknown): payload is { readonly source: string } {
  return typeof payload === 'object' && payload !== null && 'op' in payload && payload.op === 'publish';
}
