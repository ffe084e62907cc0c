/** Who gets the budget, and that plans do not waver between equals: what runs, or is promised, comes first. */
import { describe, expect, test } from 'vitest';
import { transcodeCost } from './cost.ts';
import {
  AUTO,
  BOTH_WAYS,
  H264_ONLY,
  SIZE,
  VP8_ONLY,
  VP8_TO_H264,
  brief,
  camera,
  person,
  room,
} from './example-rooms.testing.ts';
import { plan } from './plan.ts';
import { sourceId } from './types.ts';
import type { CodecName, CodecPair, Plan, RoomSnapshot, SourceSnapshot } from './types.ts';

const watches = (name: string, of: string): RoomSnapshot['subscriptions'][number] => ({
  subscriber: person(name),
  source: camera(of),
});

describe('a budget that does not suffice for all', () => {
  test('the budget goes where it serves more, but not away from what runs', () => {
    const budget = { transcodeCost: VP8_TO_H264 };
    const subscriptions = [
      { subscriber: person('cy'), source: camera('ann') },
      { subscriber: person('cy'), source: camera('bob') },
      { subscriber: person('di'), source: camera('bob') },
    ];
    const full = room(
      { ann: VP8_ONLY, bob: VP8_ONLY },
      { cy: ['H264'], di: ['H264'] },
      { budget, subscriptions },
    );
    expect(brief(plan(full))).toEqual(['bob>cy VP8>H264', 'bob>di VP8>H264', 'ann>cy -budget']);
    const current = plan({ ...full, subscriptions: subscriptions.slice(0, 1) });
    expect(brief(plan({ ...full, current }))).toEqual([
      'ann>cy VP8>H264',
      'bob>cy -budget',
      'bob>di -budget',
    ]);
  });

  test('a budget that shrinks ends what serves least', () => {
    const subscriptions = [
      { subscriber: person('cy'), source: camera('ann') },
      { subscriber: person('cy'), source: camera('bob') },
      { subscriber: person('di'), source: camera('bob') },
    ];
    const full = room({ ann: VP8_ONLY, bob: VP8_ONLY }, { cy: ['H264'], di: ['H264'] }, { subscriptions });
    const current = plan(full);
    expect(current.transcodes).toHaveLength(2);
    const shrunk = plan({ ...full, current, budget: { transcodeCost: VP8_TO_H264 } });
    expect(brief(shrunk)).toEqual(['bob>cy VP8>H264', 'bob>di VP8>H264', 'ann>cy -budget']);
  });

  test('of two equal claims, the source with the smaller id wins', () => {
    const made = plan(
      room({ ann: VP8_ONLY, bob: VP8_ONLY }, { cy: ['H264'] }, { budget: { transcodeCost: VP8_TO_H264 } }),
    );
    expect(brief(made)).toEqual(['ann>cy VP8>H264', 'bob>cy -budget']);
  });

  test('audio comes before video, even before cheaper video', () => {
    const thumbnail = { width: 160, height: 90, frameRate: 15 };
    const base = room({ ann: VP8_ONLY }, { bob: ['opus', 'H264'] });
    const microphone: SourceSnapshot = {
      id: sourceId('ann-microphone'),
      owner: person('ann'),
      kind: 'audio',
      sends: 'PCMU',
      canSend: ['PCMU'],
      live: true,
    };
    const audioCost = transcodeCost(microphone, 'PCMU', 'opus');
    expect(transcodeCost({ kind: 'video', ...thumbnail }, 'VP8', 'H264')).toBeLessThan(audioCost);
    const made = plan({
      ...base,
      sources: [...base.sources.map((source) => ({ ...source, ...thumbnail })), microphone],
      subscriptions: [...base.subscriptions, { subscriber: person('bob'), source: microphone.id }],
      transcodable: [...BOTH_WAYS, { from: 'PCMU', to: 'opus' }],
      budget: { transcodeCost: audioCost },
    });
    expect(made.transcodes.map(({ from, to }) => `${from}>${to}`)).toEqual(['PCMU>opus']);
    expect(made.undeliverable.map(({ code }) => code)).toEqual(['budget']);
  });
});

describe('while a switch is pending', () => {
  const budget = { transcodeCost: VP8_TO_H264 };
  const senders = { ann: AUTO, dan: VP8_ONLY };
  const receivers: Readonly<Record<string, readonly CodecName[]>> = {
    bob: ['VP8'],
    cy: ['H264'],
    ed: ['H264'],
  };
  /** Bob has left, so that Ann is asked for H.264; Cy keeps the transcode meanwhile. */
  const mixed = plan(
    room(senders, receivers, { budget, subscriptions: [watches('bob', 'ann'), watches('cy', 'ann')] }),
  );
  const subscriptions = [watches('cy', 'ann'), watches('ed', 'dan')];
  const pending = plan(room(senders, receivers, { budget, subscriptions, current: mixed }));

  test('what still runs counts, and what it frees is used afterwards', () => {
    expect(brief(pending)).toEqual(['ann VP8?H264', 'ann>cy VP8>H264', 'dan>ed -budget']);
    const switched = { ...senders, ann: { ...AUTO, sends: 'H264' } as const };
    expect(brief(plan(room(switched, receivers, { budget, subscriptions, current: pending })))).toEqual([
      'ann>cy H264',
      'dan>ed VP8>H264',
    ]);
  });

  test('what still runs stops where the budget shrinks', () => {
    const shrunk = plan(
      room(senders, receivers, { budget: { transcodeCost: 1 }, subscriptions, current: pending }),
    );
    expect(brief(shrunk)).toEqual(['ann VP8?H264', 'ann>cy -switch-pending', 'dan>ed -budget']);
    expect(shrunk.transcodes).toEqual([]);
  });

  test('what was promised for afterwards is kept free, although others would serve more with it', () => {
    const restricted = { ann: { sends: 'VP8', canSend: ['H264'] }, dan: H264_ONLY } as const;
    const all = { bob: ['VP8'], cy: ['VP8'], ed: ['VP8'] } as const;
    const limits = { budget: { transcodeCost: transcodeCost({ kind: 'video', ...SIZE }, 'H264', 'VP8') } };
    const first = plan(room(restricted, all, { ...limits, subscriptions: [watches('bob', 'ann')] }));
    const more = [watches('bob', 'ann'), watches('cy', 'dan'), watches('ed', 'dan')];
    const asking = plan(room(restricted, all, { ...limits, subscriptions: more, current: first }));
    expect(brief(asking)).toEqual(['ann VP8?H264', 'ann>bob VP8', 'dan>cy -budget', 'dan>ed -budget']);
    const switched = { ...restricted, ann: H264_ONLY };
    expect(brief(plan(room(switched, all, { ...limits, subscriptions: more, current: asking })))).toEqual([
      'ann>bob H264>VP8',
      'dan>cy -budget',
      'dan>ed -budget',
    ]);
  });
});

describe('between equals', () => {
  const fromAv1: readonly CodecPair[] = [
    { from: 'AV1', to: 'VP8' },
    { from: 'AV1', to: 'VP9' },
  ];
  /** So small a picture that all transcodes of it cost the same: the least there is. */
  const tiny = (made: RoomSnapshot): RoomSnapshot => ({
    ...made,
    sources: made.sources.map((source) => ({ ...source, width: 16, height: 16, frameRate: 1 })),
  });
  const limits = { transcodable: fromAv1, budget: { transcodeCost: 1 } };
  const ann = { ann: { sends: 'AV1', canSend: ['AV1'] } } as const;

  test('the transcode that runs stays', () => {
    const current = plan(tiny(room(ann, { bob: ['VP9'] }, limits)));
    const both = { bob: ['VP9'], cy: ['VP8'] } as const;
    expect(brief(plan(tiny(room(ann, both, limits))))).toEqual(['ann>cy AV1>VP8', 'ann>bob -budget']);
    expect(brief(plan(tiny(room(ann, both, { ...limits, current }))))).toEqual([
      'ann>bob AV1>VP9',
      'ann>cy -budget',
    ]);
  });

  test('what was promised for after a switch stays promised', () => {
    const running = plan(tiny(room(ann, { bob: ['VP9'] }, limits)));
    const restricted = { ann: { sends: 'H264', canSend: ['AV1'] } } as const;
    const promised = (current: Plan): Plan =>
      plan(tiny(room(restricted, { bob: ['VP9'], cy: ['VP8'] }, { ...limits, current })));
    const first = promised(running);
    expect(first.switches[0]?.afterwards).toEqual(['VP9']);
    expect(promised(first)).toEqual(first);
  });

  test('the sender is asked for what subscribers like best, then for what it likes best itself', () => {
    const sender = { sends: 'VP8', canSend: ['VP8', 'H264', 'AV1'] } as const;
    expect(brief(plan(room({ ann: sender }, { bob: ['AV1', 'H264'] })))[0]).toBe('ann VP8?AV1');
    expect(brief(plan(room({ ann: sender }, { bob: ['H264', 'AV1'] })))[0]).toBe('ann VP8?H264');
    const divided = { bob: ['AV1', 'H264'], cy: ['H264', 'AV1'] } as const;
    expect(brief(plan(room({ ann: sender }, divided)))[0]).toBe('ann VP8?H264');
    const turned = { sends: 'VP8', canSend: ['AV1', 'H264', 'VP8'] } as const;
    expect(brief(plan(room({ ann: turned }, divided)))[0]).toBe('ann VP8?AV1');
  });

  test('the sender is not asked for something else while it prepares what it was asked for', () => {
    const sender = { ann: { sends: 'VP8', canSend: ['VP8', 'H264', 'AV1'] } } as const;
    const current = plan(room(sender, { bob: ['AV1', 'H264'] }));
    expect(brief(plan(room(sender, { bob: ['H264', 'AV1'] }, { current })))[0]).toBe('ann VP8?AV1');
  });
});
