import { expect, it } from 'vitest';
import type { JsonValue } from '../../signaling/frames/index.ts';
import type { RequestRefused } from './errors.ts';
import { transportOffer } from './testing/fake-device.ts';
import { type Part, asked, expectNothingLeft, joined } from './testing/scripted-call.ts';
import { settle } from './testing/virtual-clock.ts';

/** What the call said of its test network. */
function heard(part: Part): (string | null)[] {
  const networks: (string | null)[] = [];
  part.call.on('emulated', (network) => networks.push(network));
  return networks;
}

function answerWith(
  part: Part,
  more: (type: string, payload: unknown) => Record<string, JsonValue> | null,
): void {
  const { answer } = part.server;
  part.server.answer = (request, connection) => {
    const ack = answer(request, connection);
    return ack === null ? null : { ...ack, ...more(request.type, request.payload) };
  };
}

it('is asked for, and ends', async () => {
  const part = await joined();
  const networks = heard(part);
  await part.call.emulate('narrow');
  expect(part.call.emulated).toBe('narrow');
  await part.call.emulate(null);
  expect(networks).toEqual(['narrow', null]);
  expect(asked(part, 'TRANSPORT_UPDATE', 'emulate')).toMatchObject([
    { network: 'narrow' },
    { network: null },
  ]);
  await expectNothingLeft(part);
});

it('is what the server says it is, where it gives other transports', async () => {
  const part = await joined();
  const networks = heard(part);
  const reset = (network: string | null, name: string): void =>
    part.server.last.send('TRANSPORT_UPDATE', {
      op: 'reset',
      reason: 'a test network',
      send_transport: transportOffer(`send-${name}`),
      receive_transport: transportOffer(`receive-${name}`),
      network,
    });
  reset('mobile', 'a');
  await settle();
  expect(part.call.emulated).toBe('mobile');
  // It ended by itself there.
  reset(null, 'b');
  await settle();
  expect(networks).toEqual(['mobile', null]);
  await expectNothingLeft(part);
});

it('stays as it was where the server refuses, and says why', async () => {
  const part = await joined();
  await part.call.emulate('steps');
  answerWith(part, (type) =>
    type === 'TRANSPORT_UPDATE'
      ? { error: { type: 'about:blank', title: 'No', status: 503, code: 'EmulationUnavailable' } }
      : null,
  );
  const refused: unknown = await part.call.emulate('lossy').catch((error: unknown) => error);
  expect((refused as RequestRefused).problem.code).toBe('EmulationUnavailable');
  expect(part.call.emulated).toBe('steps');
  await expectNothingLeft(part);
});

it('comes back with the call after a lost connection, or is told to be gone', async () => {
  const part = await joined();
  await part.call.emulate('lossy');
  answerWith(part, (type, payload) =>
    type === 'JOIN' ? { network: (payload as { network: string | null }).network } : null,
  );
  part.server.last.drop('network gone');
  await part.clock.advance(5_000);
  expect(part.server.last.asked('JOIN')).toMatchObject([{ payload: { network: 'lossy' } }]);
  expect(part.call.emulated).toBe('lossy');
  // The next server has none left, and so the one after it is not asked for one either.
  answerWith(part, (type) => (type === 'JOIN' ? { network: null } : null));
  for (const network of ['lossy', null]) {
    part.server.last.drop('network gone');
    await part.clock.advance(5_000);
    expect(part.server.last.asked('JOIN')).toMatchObject([{ payload: { network } }]);
    expect(part.call.emulated).toBeNull();
  }
  await expectNothingLeft(part);
});

it('that is wanted while the connection is lost begins with the return', async () => {
  const part = await joined();
  answerWith(part, (type, payload) =>
    type === 'JOIN' ? { network: (payload as { network: string | null }).network } : null,
  );
  part.server.reachable = false;
  part.server.last.drop('network gone');
  await part.call.emulate('narrow');
  expect(part.call.emulated).toBeNull();
  part.server.reachable = true;
  await part.clock.advance(10_000);
  expect(part.call.emulated).toBe('narrow');
  await expectNothingLeft(part);
});
