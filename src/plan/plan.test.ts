/** The plain cases, one by one, as a reader would tell them. What must hold in every room is in plan.property.test.ts. */
import { describe, expect, test } from 'vitest';
import { InconsistentRoomError } from './check.ts';
import { transcodeCost } from './cost.ts';
import {
  AUTO,
  H264_ONLY,
  VP8_ONLY,
  VP8_TO_H264,
  brief,
  camera,
  person,
  room,
} from './example-rooms.testing.ts';
import { plan } from './plan.ts';
import type { Plan, RoomSnapshot } from './types.ts';

describe('without a transcode', () => {
  test('what everybody receives is forwarded, although another codec is liked better', () => {
    const made = plan(room({ ann: AUTO }, { bob: ['H264', 'VP8'], cy: ['VP8'] }));
    expect(brief(made)).toEqual(['ann>bob VP8', 'ann>cy VP8']);
    expect(made.deliveries[0]?.reason).toBe('forwarded: sends VP8, which you receive');
    expect(made.transcodes).toEqual([]);
  });

  test('a sender that can is asked to switch for a subscriber who receives only H.264', () => {
    const asking = plan(room({ ann: AUTO }, { bob: ['H264'] }));
    expect(brief(asking)).toEqual(['ann VP8?H264', 'ann>bob -switch-pending']);
    expect(asking.transcodes).toEqual([]);
    expect(asking.switches[0]?.reason).toBe(
      'asked the sender to switch VP8 → H.264: every subscriber receives H.264',
    );
    expect(asking.undeliverable[0]?.reason).toBe(
      'waiting for the sender to switch VP8 → H.264, which you receive',
    );
    const switched = plan(room({ ann: { ...AUTO, sends: 'H264' } }, { bob: ['H264'] }, { current: asking }));
    expect(brief(switched)).toEqual(['ann>bob H264']);
  });

  test('those who receive both keep their picture while the sender is asked to switch for a newcomer', () => {
    const made = plan(room({ ann: AUTO }, { bob: ['VP8', 'H264'], cy: ['H264'] }));
    expect(brief(made)).toEqual(['ann VP8?H264', 'ann>bob VP8', 'ann>cy -switch-pending']);
    expect(made.deliveries[0]?.reason).toBe(
      'forwarded: sends VP8, which you receive, until the sender has switched to H.264',
    );
  });

  test('the sender is not asked to switch back when the subscriber who needed H.264 has left', () => {
    expect(brief(plan(room({ ann: { ...AUTO, sends: 'H264' } }, { bob: ['VP8', 'H264'] })))).toEqual([
      'ann>bob H264',
    ]);
  });

  test('a source that nobody watches costs nothing and asks nothing, though its codec is forbidden now', () => {
    const made = plan(room({ ann: { sends: 'VP8', canSend: ['H264'] } }, {}));
    expect(made).toEqual({ switches: [], transcodes: [], deliveries: [], undeliverable: [] });
  });

  test('a source that is not live is neither switched nor transcoded', () => {
    const made = plan(room({ ann: { ...AUTO, live: false } }, { bob: ['H264'] }));
    expect(brief(made)).toEqual(['ann>bob -not-live']);
    expect(made.undeliverable[0]?.reason).toBe('not delivered: the sender is not publishing (VP8) now');
  });

  test('a subscriber who receives no video is told so', () => {
    const made = plan(room({ ann: AUTO }, { bob: ['opus'] }));
    expect(brief(made)).toEqual(['ann>bob -receives-none']);
    expect(made.undeliverable[0]?.reason).toBe('not delivered: sends VP8, and you receive no video at all');
  });
});

describe('with a transcode', () => {
  test('VP8 only and H.264 only see each other, transcoded both ways', () => {
    const made = plan(room({ ann: VP8_ONLY, bob: H264_ONLY }, { ann: ['VP8'], bob: ['H264'] }));
    expect(brief(made)).toEqual(['ann>bob VP8>H264', 'bob>ann H264>VP8']);
    expect(made.transcodes.map(({ from, to }) => `${from}>${to}`)).toEqual(['VP8>H264', 'H264>VP8']);
    expect(made.deliveries.map(({ reason }) => reason)).toEqual([
      'transcoded VP8 → H.264: you receive only H.264 and the sender can only send VP8',
      'transcoded H.264 → VP8: you receive only VP8 and the sender can only send H.264',
    ]);
  });

  test('one transcode serves all who need it, and the others are forwarded', () => {
    const made = plan(room({ ann: VP8_ONLY }, { bob: ['H264'], cy: ['H264'], di: ['VP8', 'H264'] }));
    expect(brief(made)).toEqual(['ann>bob VP8>H264', 'ann>cy VP8>H264', 'ann>di VP8']);
    expect(made.transcodes).toEqual([
      {
        source: camera('ann'),
        from: 'VP8',
        to: 'H264',
        size: 'whole',
        cost: VP8_TO_H264,
        subscribers: [person('bob'), person('cy')],
        reason: 'VP8 → H.264 for 2 subscribers who cannot receive VP8',
      },
    ]);
  });

  test('a sender that could send either stays with what costs least to transcode; when one leaves, none is left', () => {
    const mixed = room({ ann: AUTO }, { bob: ['VP8'], cy: ['H264'] });
    const first = plan(mixed);
    expect(brief(first)).toEqual(['ann>bob VP8', 'ann>cy VP8>H264']);
    expect(first.deliveries[1]?.reason).toBe(
      'transcoded VP8 → H.264: you receive only H.264 and VP8 suits the subscribers as a whole best',
    );
    const withoutCy = plan(room({ ann: AUTO }, { bob: ['VP8'] }, { current: first }));
    expect(brief(withoutCy)).toEqual(['ann>bob VP8']);
    expect(withoutCy.transcodes).toEqual([]);
  });

  test('what runs goes on until the sender has switched, and then ends', () => {
    const mixed = plan(room({ ann: AUTO }, { bob: ['VP8'], cy: ['H264'] }));
    const withoutBob = room({ ann: AUTO }, { cy: ['H264'] }, { current: mixed });
    const asking = plan(withoutBob);
    expect(brief(asking)).toEqual(['ann VP8?H264', 'ann>cy VP8>H264']);
    expect(asking.deliveries[0]?.reason).toBe(
      'transcoded VP8 → H.264 until the sender has switched to H.264',
    );
    expect(plan({ ...withoutBob, current: asking })).toEqual(asking);
    const switched = plan(room({ ann: { ...AUTO, sends: 'H264' } }, { cy: ['H264'] }, { current: asking }));
    expect(brief(switched)).toEqual(['ann>cy H264']);
    expect(switched.transcodes).toEqual([]);
  });

  test('a sender that could not switch after all is transcoded', () => {
    const asking = plan(room({ ann: AUTO }, { bob: ['H264'] }));
    const refused = plan(room({ ann: VP8_ONLY }, { bob: ['H264'] }, { current: asking }));
    expect(brief(refused)).toEqual(['ann>bob VP8>H264']);
  });

  test('a restriction in mid-call: switch, then transcode for those who cannot follow', () => {
    const free = plan(room({ ann: AUTO }, { bob: ['VP8'], cy: ['VP8', 'H264'] }));
    expect(brief(free)).toEqual(['ann>bob VP8', 'ann>cy VP8']);
    const restricted = plan(
      room(
        { ann: { sends: 'VP8', canSend: ['H264'] } },
        { bob: ['VP8'], cy: ['VP8', 'H264'] },
        { current: free },
      ),
    );
    expect(brief(restricted)).toEqual(['ann VP8?H264', 'ann>bob VP8', 'ann>cy VP8']);
    expect(restricted.switches[0]?.afterwards).toEqual(['VP8']);
    expect(restricted.switches[0]?.reason).toBe(
      'asked the sender to switch VP8 → H.264: it may no longer send VP8, and ' +
        '1 of 2 subscribers will be forwarded H.264, 1 transcoded to VP8',
    );
    const switched = plan(
      room({ ann: H264_ONLY }, { bob: ['VP8'], cy: ['VP8', 'H264'] }, { current: restricted }),
    );
    expect(brief(switched)).toEqual(['ann>bob H264>VP8', 'ann>cy H264']);
  });

  test('a restriction of what a subscriber receives, in mid-call', () => {
    const free = plan(room({ ann: VP8_ONLY }, { bob: ['VP8', 'H264'] }));
    const restricted = plan(room({ ann: VP8_ONLY }, { bob: ['H264'] }, { current: free }));
    expect(brief(restricted)).toEqual(['ann>bob VP8>H264']);
  });
});

describe('where a transcode would help and none is made', () => {
  test('the policy forbids it', () => {
    const made = plan(room({ ann: VP8_ONLY }, { bob: ['H264'] }, { policy: { transcoding: 'never' } }));
    expect(brief(made)).toEqual(['ann>bob -transcoding-off']);
    expect(made.undeliverable[0]?.reason).toBe(
      'not delivered: sends VP8, you receive only H.264, and this room does not transcode',
    );
  });

  test('a policy changed in mid-call ends what runs, and a switch is still asked for', () => {
    const running = plan(room({ ann: VP8_ONLY, bob: AUTO }, { cy: ['H264'] }));
    const never = plan(
      room(
        { ann: VP8_ONLY, bob: AUTO },
        { cy: ['H264'] },
        { policy: { transcoding: 'never' }, current: running },
      ),
    );
    expect(brief(never)).toEqual(['bob VP8?H264', 'ann>cy -transcoding-off', 'bob>cy -switch-pending']);
  });

  test('no media worker can do it', () => {
    const made = plan(room({ ann: VP8_ONLY }, { bob: ['H264'] }, { transcodable: [] }));
    expect(brief(made)).toEqual(['ann>bob -not-transcodable']);
    expect(made.undeliverable[0]?.reason).toBe(
      'not delivered: sends VP8, you receive only H.264, and no media worker can transcode between them',
    );
  });

  test('the budget is too small: who is forwarded stays, the other reads why', () => {
    const made = plan(
      room({ ann: VP8_ONLY }, { bob: ['H264'], cy: ['VP8'] }, { budget: { transcodeCost: VP8_TO_H264 - 1 } }),
    );
    expect(brief(made)).toEqual(['ann>cy VP8', 'ann>bob -budget']);
    expect(made.undeliverable[0]?.reason).toBe(
      `not delivered: sends VP8, you receive only H.264, and transcoding VP8 → H.264 takes ${VP8_TO_H264} ` +
        `milli-cores, more than is left of this room's ${VP8_TO_H264 - 1}`,
    );
  });

  test('a budget too small for the transcode is a reason to ask for a codec that more receive', () => {
    const made = plan(
      room({ ann: AUTO }, { bob: ['VP8'], cy: ['H264'], di: ['H264'] }, { budget: { transcodeCost: 0 } }),
    );
    expect(brief(made)).toEqual([
      'ann VP8?H264',
      'ann>bob VP8',
      'ann>cy -switch-pending',
      'ann>di -switch-pending',
    ]);
  });
});

describe('a room that contradicts itself', () => {
  const sound = room({ ann: AUTO }, { bob: ['VP8'] });
  const [source] = sound.sources;
  if (source === undefined) throw new Error('The sound room has a source.');
  const self = { subscriber: person('ann'), source: source.id };
  const cases: Readonly<Record<string, readonly [Partial<RoomSnapshot>, RegExp]>> = {
    'a participant listed twice': [
      { participants: [...sound.participants, ...sound.participants] },
      /participant ann is listed twice/,
    ],
    'a source listed twice': [{ sources: [source, source] }, /source ann-camera is listed twice/],
    'a source whose owner has left': [{ participants: [] }, /ann-camera belongs to ann, who is not here/],
    'a subscription to nothing': [
      { sources: [] },
      /bob is subscribed to source ann-camera, which is not here/,
    ],
    'a subscription of nobody': [
      { subscriptions: [{ subscriber: person('zoe'), source: source.id }] },
      /subscriber zoe, who is not here/,
    ],
    'a subscription to oneself': [{ subscriptions: [self] }, /ann is subscribed to its own source/],
    'a subscription listed twice': [
      { subscriptions: [...sound.subscriptions, ...sound.subscriptions] },
      /bob is subscribed to source ann-camera twice/,
    ],
    'video with an audio codec': [
      { sources: [{ ...source, canSend: ['opus'] }] },
      /video source .* audio codec opus/,
    ],
    'a width of zero': [{ sources: [{ ...source, width: 0 }] }, /with width 0/],
    'an endless frame rate': [{ sources: [{ ...source, frameRate: Infinity }] }, /with frameRate Infinity/],
    'a budget that is no number': [{ budget: { transcodeCost: NaN } }, /a budget of NaN/],
    'a budget below nothing': [{ budget: { transcodeCost: -1 } }, /a budget of -1/],
  };
  test.each(Object.entries(cases))('%s', (_name, [change, message]) => {
    const planning = (): Plan => plan({ ...sound, ...change });
    expect(planning).toThrow(InconsistentRoomError);
    expect(planning).toThrow(message);
  });
});

describe('the cost of a transcode', () => {
  test('is that of the measured work at the measured size', () => {
    const source = { kind: 'video', width: 1280, height: 720, frameRate: 30 } as const;
    expect(transcodeCost(source, 'VP8', 'H264')).toBe(243);
    expect(transcodeCost(source, 'H264', 'VP8')).toBe(311);
    expect(transcodeCost(source, 'H264', 'AV1')).toBe(658);
    expect(transcodeCost({ kind: 'video' }, 'VP8', 'H264')).toBe(243);
  });

  test('grows with the picture and its rate, and is never nothing', () => {
    expect(VP8_TO_H264).toBe(31);
    expect(transcodeCost({ kind: 'video', width: 2, height: 2, frameRate: 1 }, 'VP8', 'H264')).toBe(1);
    expect(transcodeCost({ kind: 'audio' }, 'PCMU', 'opus')).toBe(12);
  });
});
