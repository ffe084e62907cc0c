import { describe, expect, it } from 'vitest';
import { Metrics, type Readings } from './metrics.ts';

const NOTHING: Readings = { rooms: 0, participants: 0, ways: [], encodes: [], stalls: [] };

describe('metrics', () => {
  it('tell what there is now, and forget what has ended', async () => {
    let readings: Readings = {
      rooms: 1,
      participants: 2,
      ways: [
        {
          call: 'c',
          participant: 'ben',
          availableBps: 300_000,
          isLimit: true,
          provenBps: null,
          shares: [
            { source: 'ann:camera', bps: 270_000, held: false, why: 'share-limited' },
            { source: 'cy:camera', bps: null, held: false, why: 'share-whole' },
          ],
        },
      ],
      encodes: [
        {
          call: 'c',
          source: 'ann:camera',
          by: 'transcode',
          codec: 'H264',
          size: 'whole',
          targetBps: 270_000,
        },
      ],
      stalls: [{ call: 'c', participant: 'ben', source: 'ann:camera', step: 'key-frame', count: 2 }],
    };
    const metrics = new Metrics(() => readings);
    const text = await metrics.render();
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(lines).toEqual([
      'commucat_rooms 1',
      'commucat_participants 2',
      'commucat_way_available_bps{call="c",participant="ben"} 300000',
      'commucat_way_is_limit{call="c",participant="ben"} 1',
      'commucat_share_bps{call="c",participant="ben",source="ann:camera",why="share-limited"} 270000',
      'commucat_share_held{call="c",participant="ben",source="ann:camera",why="share-limited"} 0',
      'commucat_share_held{call="c",participant="ben",source="cy:camera",why="share-whole"} 0',
      'commucat_encode_target_bps{call="c",source="ann:camera",by="transcode",codec="H264",size="whole"} 270000',
      'commucat_stall_steps{call="c",participant="ben",source="ann:camera",step="key-frame"} 2',
    ]);
    readings = NOTHING;
    expect(await metrics.render()).not.toContain('ben');
  });

  it('names no series twice, in the format that Prometheus reads', async () => {
    const metrics = new Metrics(() => NOTHING);
    const text = await metrics.render();
    const types = text.split('\n').filter((line) => line.startsWith('# TYPE'));
    expect(new Set(types).size).toBe(types.length);
    expect(metrics.contentType).toContain('text/plain');
  });
});
