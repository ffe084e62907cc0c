import { afterEach, describe, expect, it } from 'vitest';
import { RESUME_TOKEN, ROOM, expectNothingLeft } from '../../sdk/testing/scripted-call.ts';
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
  await made.visit.start();
  await settle();
  return made;
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
    const { visit, part, settings, places } = await ready();
    const before = part.server.last.requests.length;
    await visit.join(' Ada ');
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
    const { visit, part, places } = await ready();
    places.set(ROOM, RESUME_TOKEN);
    await visit.join('Ada');
    expect(part.server.last.asked('JOIN')[0]?.payload).toMatchObject({ name: 'Ada', resume: RESUME_TOKEN });
    visit.leave();
    expect(places.size).toBe(0);
  });

  it('asks for a name', async () => {
    const { visit } = await ready();
    await visit.join('  ');
    expect(visit.nameProblem).toBe('missing');
    await visit.join('A\u0000da');
    expect(visit.nameProblem).toBe('refused');
    expect(visit.stage).toBe('prejoin');
    await visit.join('Ada');
    expect(visit.nameProblem).toBeNull();
    expect(visit.stage).toBe('call');
  });

  it('joins without devices', async () => {
    const made = kit();
    made.platform.devices.length = 0;
    await made.visit.start();
    await made.visit.join('Ada');
    expect(made.visit.stage).toBe('call');
  });

  it('joins by itself where the address says so, as soon as the devices are there', async () => {
    const { visit } = await ready({ join: true }, { name: 'Robot', codec: 'VP8' });
    expect(visit.stage).toBe('call');
    expect(visit.call.restriction).toBe('VP8');
  });

  it('says why it cannot join, and lets the person try again', async () => {
    const { visit, part } = await ready();
    const friendly = part.server.answer;
    part.server.answer = (request, connection) =>
      request.type === 'JOIN'
        ? { error: { type: 'urn:test', title: 'Full', status: 409, code: 'RoomFull' } }
        : friendly(request, connection);
    await visit.join('Ada');
    expect(visit.stage).toBe('prejoin');
    expect(visit.failure).toMatchObject({ code: 'request-refused', problem: { code: 'RoomFull' } });
    part.server.answer = friendly;
    await visit.join('Ada');
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
    const { visit, platform } = await ready();
    await visit.join('Ada');
    expect(platform.live).toHaveLength(2);
    visit.leave();
    await settle();
    expect(visit.stage).toBe('ended');
    expect(visit.ending).toEqual({ code: 'left', error: null });
    expect(platform.live).toEqual([]);
  });

  it('tells the server when the page goes away', async () => {
    const { visit, part } = await ready();
    await visit.join('Ada');
    visit.vanish();
    await settle();
    expect(part.server.last.asked('LEAVE')).toHaveLength(1);
  });
});

function isPublish(payload: unknown): payload is { readonly source: string } {
  return typeof payload === 'object' && payload !== null && 'op' in payload && payload.op === 'publish';
}
