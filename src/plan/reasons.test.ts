import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SHARE_ARGUMENTS } from '../bandwidth/reasons.ts';
import { STALL_ARGUMENTS } from '../rooms/stallLadder.ts';
import { camera, person, room } from './example-rooms.testing.ts';
import { plan } from './plan.ts';
import { WHY_ARGUMENTS, transcodingFails } from './reasons.ts';
import type { RoomSnapshot, Why } from './types.ts';

/** The rows of the document's table: code, then the names of its arguments. */
function documentedReasons(): Readonly<Record<string, readonly string[]>> {
  const text = readFileSync(new URL('../../docs/protocol/reasons.md', import.meta.url), 'utf8');
  const rows: Record<string, readonly string[]> = {};
  for (const line of text.split('\n')) {
    const cells = line.split('|').map((cell) => cell.trim());
    const code = /^`([\w-]+)`$/.exec(cells[1] ?? '')?.[1];
    if (code === undefined) continue;
    expect(rows, `${code} is documented twice`).not.toHaveProperty(code);
    rows[code] = [...(cells[2] ?? '').matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
  }
  return rows;
}

describe('codes of reasons', () => {
  it('equal docs/protocol/reasons.md, both ways, with the names of their arguments', () => {
    expect(documentedReasons()).toEqual({ ...WHY_ARGUMENTS, ...SHARE_ARGUMENTS, ...STALL_ARGUMENTS });
  });
});

/** What the only watcher of Ann's camera is told. */
function whyFor(snapshot: RoomSnapshot): Why | undefined {
  const made = plan(snapshot);
  return [...made.deliveries, ...made.undeliverable].find(
    ({ subscriber, source }) => subscriber === person('bob') && source === camera('ann'),
  )?.why;
}

const onlyVp8 = { ann: { sends: 'VP8', canSend: ['VP8'] } } as const;
const bothVideo = { ann: { sends: 'VP8', canSend: ['VP8', 'H264'] } } as const;

describe('why a stream comes as it does', () => {
  it.each<readonly [string, RoomSnapshot, Why]>([
    ['forwarded', room(onlyVp8, { bob: ['VP8'] }), { code: 'forwarded', args: { codec: 'VP8' } }],
    [
      'forwarded for now',
      room({ ann: { sends: 'VP8', canSend: ['H264'] } }, { bob: ['VP8', 'H264'] }),
      { code: 'forwarded-until-switch', args: { codec: 'VP8', next: 'H.264' } },
    ],
    [
      'transcoded, because the sender cannot do otherwise',
      room(onlyVp8, { bob: ['H264'] }),
      {
        code: 'transcoded-sender-limited',
        args: { from: 'VP8', to: 'H.264', receives: 'H.264', sends: 'VP8' },
      },
    ],
    [
      'transcoded, because of the others',
      room(bothVideo, { bob: ['H264'], cy: ['VP8'], di: ['VP8'] }),
      { code: 'transcoded-suits-all', args: { from: 'VP8', to: 'H.264', receives: 'H.264' } },
    ],
    [
      'waiting for a switch',
      room(bothVideo, { bob: ['H264'] }),
      { code: 'switch-pending', args: { from: 'VP8', next: 'H.264', codec: 'H.264' } },
    ],
    [
      'not published',
      room({ ann: { ...onlyVp8.ann, live: false } }, { bob: ['VP8'] }),
      { code: 'not-live', args: { codec: 'VP8' } },
    ],
    [
      'nothing is received',
      room(onlyVp8, { bob: [] }),
      { code: 'receives-none', args: { codec: 'VP8', kind: 'video' } },
    ],
    [
      'transcoding is off',
      room(onlyVp8, { bob: ['H264'] }, { policy: { transcoding: 'never' } }),
      { code: 'transcoding-off', args: { codec: 'VP8', receives: 'H.264' } },
    ],
    [
      'no worker can',
      room(onlyVp8, { bob: ['VP9', 'AV1'] }),
      { code: 'not-transcodable', args: { codec: 'VP8', receives: 'VP9, AV1' } },
    ],
    [
      'the budget is spent',
      room(onlyVp8, { bob: ['H264'] }, { budget: { transcodeCost: 1 } }),
      {
        code: 'budget',
        args: { from: 'VP8', to: 'H.264', cost: expect.any(Number) as number, budget: 1 },
      },
    ],
  ])('%s', (_what, snapshot, why) => {
    expect(whyFor(snapshot)).toEqual(why);
  });

  it('transcoded only until the sender has switched', () => {
    const before = room(onlyVp8, { bob: ['H264'] });
    const after = room(bothVideo, { bob: ['H264'] }, { current: plan(before) });
    expect(whyFor(after)).toEqual({
      code: 'transcoded-until-switch',
      args: { from: 'VP8', to: 'H.264', next: 'H.264' },
    });
  });

  it('and a stream that no worker survives has no codec to blame', () => {
    expect(transcodingFails().why).toEqual({ code: 'transcoding-fails', args: {} });
  });
});
