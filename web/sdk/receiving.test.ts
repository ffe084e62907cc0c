import { describe, expect, it } from 'vitest';
import { BEN, FORWARD, asked, decoding, expectNothingLeft, joined, offer } from './testing/scripted-call.ts';
import { settle } from './testing/virtual-clock.ts';

describe('receiving', () => {
  it('changes over to a replacement only when its first frame is decoded', async () => {
    const part = await joined();
    offer(part, 'c1', 11);
    await settle();
    const first = part.stream().track;
    offer(part, 'c2', 22, { replaces: 'c1', delivery: { ...FORWARD, via: 'transcode', from: 'H264' } });
    await part.clock.advance(200);
    expect(part.stream().track).toBe(first);
    expect(asked(part, 'CALL_ANSWER', 'playing')).toEqual([]);
    decoding(part, 22, 1);
    await part.clock.advance(100);
    expect(part.stream().track).not.toBe(first);
    expect(part.stream().delivery?.via).toBe('transcode');
    expect(asked(part, 'CALL_ANSWER', 'playing')).toEqual([{ op: 'playing', consumer_id: 'c2' }]);
    // The server ends the earlier one; its track stays a moment for the view, then goes.
    part.server.last.send('CALL_END', { op: 'consumer', consumer_id: 'c1', reason: 'replaced' });
    await part.clock.advance(800);
    expect(first?.readyState).toBe('live');
    await part.clock.advance(200);
    expect(first?.readyState).toBe('ended');
    await expectNothingLeft(part);
  });

  it('keeps the last frame of a consumer that ended, until another one shows', async () => {
    const part = await joined();
    offer(part, 'c1', 11);
    await settle();
    const first = part.stream().track;
    part.server.last.send('CALL_END', { op: 'consumer', consumer_id: 'c1', reason: 'media worker died' });
    expect(first?.readyState).toBe('live');
    offer(part, 'c2', 22);
    decoding(part, 22, 3);
    await part.clock.advance(100);
    expect(part.stream().track).not.toBe(first);
    await expectNothingLeft(part);
  });

  it('says so when packets come and frames do not, at first as later, with what came', async () => {
    const part = await joined();
    offer(part, 'c1', 11);
    let packets = 0;
    /** Ten packets each tenth of a second, for so long. */
    const pass = async (durationMs: number, frames: () => number): Promise<void> => {
      for (let atMs = 0; atMs < durationMs; atMs += 100) {
        packets += 10;
        decoding(part, 11, frames(), packets);
        await part.clock.advance(100);
      }
    };
    await pass(1_700, () => 0);
    expect(asked(part, 'CALL_ANSWER', 'stalled')).toEqual([
      { op: 'stalled', consumer_id: 'c1', frames_received: expect.any(Number) as number, packets_lost: 0 },
    ]);
    await pass(5_000, () => packets / 10);
    expect(asked(part, 'CALL_ANSWER', 'stalled')).toHaveLength(1);
    const last = packets / 10;
    await pass(4_000, () => last);
    expect(asked(part, 'CALL_ANSWER', 'stalled').length).toBeGreaterThan(1);
    // The last of them are seen, and then nothing comes: that is no stall.
    await part.clock.advance(2_000);
    const told = asked(part, 'CALL_ANSWER', 'stalled').length;
    await part.clock.advance(10_000);
    expect(asked(part, 'CALL_ANSWER', 'stalled')).toHaveLength(told);
    await expectNothingLeft(part);
  });

  it('keeps what is told of a stream while its half here is being made', async () => {
    const part = await joined();
    const delivery = { ...FORWARD, reason: 'Another reason.' };
    offer(part, 'c1', 11);
    part.server.last.send('CALL_OFFER', { op: 'paused', consumer_id: 'c1', paused: true });
    part.server.last.send('CALL_OFFER', { op: 'delivery', consumer_id: 'c1', delivery });
    await settle();
    expect(part.stream().paused).toBe(true);
    expect(part.stream().delivery?.reason).toBe('Another reason.');

    offer(part, 'c2', 22, { paused: true, replaces: 'c1' });
    part.server.last.send('CALL_OFFER', { op: 'paused', consumer_id: 'c2', paused: false });
    await settle();
    // The successor has no frame yet, and what is told of it counts when it shows.
    part.server.last.send('CALL_OFFER', { op: 'delivery', consumer_id: 'c2', delivery: FORWARD });
    expect(part.stream().delivery?.reason).toBe('Another reason.');
    decoding(part, 22, 3);
    await part.clock.advance(100);
    expect(part.stream().paused).toBe(false);
    expect(part.stream().delivery?.reason).toBe(FORWARD.reason);
    await expectNothingLeft(part);
  });

  it('follows pauses, reasons, and the end of a source', async () => {
    const part = await joined();
    offer(part, 'c1', 11);
    await settle();
    const stream = part.stream();
    part.server.last.send('CALL_OFFER', { op: 'paused', consumer_id: 'c1', paused: true });
    expect(stream.paused).toBe(true);
    part.server.last.send('CALL_OFFER', {
      op: 'delivery',
      consumer_id: 'c1',
      delivery: { ...FORWARD, reason: 'Another reason.' },
    });
    expect(stream.delivery?.reason).toBe('Another reason.');
    part.server.last.send('CALL_OFFER', {
      op: 'unavailable',
      participant_id: 'ben',
      source_id: 'ben-camera',
      source: 'camera',
      reason: 'The room has used up its budget.',
      why: { code: 'budget', args: { from: 'VP8', to: 'H.264', cost: 3, budget: 2 } },
    });
    expect(stream.unavailable).toBe('The room has used up its budget.');
    expect(stream.why?.code).toBe('budget');
    part.server.last.send('CALL_END', { op: 'source', participant_id: 'ben', source_id: 'ben-camera' });
    expect(stream.ended).toBe(true);
    expect(part.call.streams).toEqual([]);
    await expectNothingLeft(part);
  });

  it('forgets who left, and what he sent', async () => {
    const part = await joined();
    offer(part, 'c1', 11);
    await settle();
    const stream = part.stream();
    part.server.last.send('PRESENCE', { op: 'left', participant_id: 'ben', reason: 'left' });
    expect(part.call.participants).toEqual([]);
    expect(stream.ended).toBe(true);
    await expectNothingLeft(part);
  });

  it('ends the stream of a source that its owner no longer lists, and no other', async () => {
    const part = await joined();
    offer(part, 'c1', 11);
    offer(part, 'c2', 22, { source: 'screen', source_id: 'ben-screen' });
    offer(part, 'c3', 33, { participant_id: 'eve', source_id: 'eve-camera' });
    await settle();
    part.server.last.send('PRESENCE', { op: 'updated', participant: BEN });
    expect(part.call.streams.map(({ key }) => key)).toEqual(['ben/camera', 'eve/camera']);
    await expectNothingLeft(part);
  });

  it('forgets a consumer that ends while its local half is made, and only that one', async () => {
    const part = await joined();
    offer(part, 'c1', 11);
    part.server.last.send('CALL_END', { op: 'consumer', consumer_id: 'c1', reason: 'moved' });
    // Ended long ago, as far as this side knows: says nothing of a consumer to come.
    part.server.last.send('CALL_END', { op: 'consumer', consumer_id: 'c2', reason: 'moved' });
    await settle();
    expect(part.stream().track).toBeNull();
    offer(part, 'c2', 22);
    await settle();
    expect(part.stream().track?.readyState).toBe('live');
    expect(asked(part, 'CALL_ANSWER', 'ready')).toEqual([{ op: 'ready', consumer_id: 'c2' }]);
    await expectNothingLeft(part);
  });

  it('reports figures of what is received', async () => {
    const part = await joined();
    offer(part, 'c1', 11);
    await settle();
    expect(part.stream().delivery?.why.code).toBe('forwarded');
    decoding(part, 11, 10);
    await part.call.stats();
    await part.clock.advance(1_000);
    part.devices.setStats([
      {
        type: 'inbound-rtp',
        id: 'in',
        ssrc: 11,
        packetsReceived: 100,
        packetsLost: 10,
        framesDecoded: 25,
        framesPerSecond: 15,
        bytesReceived: 9_000 + 62_500,
        frameWidth: 640,
        frameHeight: 360,
        jitter: 0.004,
      },
      { type: 'candidate-pair', id: 'pair', nominated: true, state: 'succeeded', currentRoundTripTime: 0.02 },
    ]);
    const { received } = await part.call.stats();
    expect(received).toMatchObject([
      {
        codec: 'VP8',
        width: 640,
        height: 360,
        frameRate: 15,
        bitrateBps: 500_000,
        packetsLost: 10,
        lossRatio: 0.1,
        rttMs: 20,
        jitterMs: 4,
      },
    ]);
    await expectNothingLeft(part);
  });
});

describe('what is shown', () => {
  it('is told once for each stream, and for its successors', async () => {
    const part = await joined();
    offer(part, 'c1', 11);
    offer(part, 'c2', 22, { source: 'microphone', source_id: 'ben-microphone', kind: 'audio' });
    await settle();
    for (const stream of part.call.streams) part.call.view(stream, { width: 640, height: 360 });
    part.call.view(part.stream(), { width: 640, height: 360 });
    await part.clock.advance(1_000);
    offer(part, 'c3', 33, { replaces: 'c1' });
    decoding(part, 33, 1);
    await part.clock.advance(100);
    part.call.view(part.stream(), { width: 0, height: 0 });
    await part.clock.advance(1_000);
    const told = asked(part, 'CALL_OFFER', 'view').map((view) =>
      [view['consumer_id'], view['width'], view['height']].map(String).join(' '),
    );
    expect(told).toEqual(['c1 640 360', 'c3 640 360', 'c3 0 0']);
    await expectNothingLeft(part);
  });

  it('changes over at once where nothing of it is shown: no frame will come', async () => {
    const part = await joined();
    offer(part, 'c1', 11);
    await settle();
    const stream = part.stream();
    const first = stream.track;
    offer(part, 'c2', 22, { replaces: 'c1' });
    await settle();
    expect(stream.track).toBe(first);
    part.call.view(stream, { width: 0, height: 0 });
    await settle();
    const second = stream.track;
    expect(second).not.toBe(first);
    offer(part, 'c3', 33, { replaces: 'c2' });
    await settle();
    expect(stream.track).not.toBe(second);
    expect(asked(part, 'CALL_ANSWER', 'playing')).toEqual([
      { op: 'playing', consumer_id: 'c2' },
      { op: 'playing', consumer_id: 'c3' },
    ]);
    await part.clock.advance(3_000);
    await expectNothingLeft(part);
  });

  it('asks rarely for the first frame of a stream that sends nothing', async () => {
    const part = await joined();
    offer(part, 'c1', 11);
    await part.clock.advance(2_000);
    let reports = 0;
    for (const handler of part.devices.handlers) {
      const read = handler.getTransportStats.bind(handler);
      handler.getTransportStats = () => {
        reports += 1;
        return read();
      };
    }
    await part.clock.advance(5_000);
    expect(reports).toBeLessThanOrEqual(20);
    expect(reports).toBeGreaterThan(10);
    await expectNothingLeft(part);
  });
});
