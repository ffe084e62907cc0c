import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../signaling/frames/index.ts';
import { FakeDevices, fakeTrack } from './testing/fake-device.ts';
import {
  FIRST_PICTURES_PATIENCE_MS,
  type Part,
  ROOM,
  asked,
  askSwitch,
  expectNothingLeft,
  joined,
  setUp,
} from './testing/scripted-call.ts';
import type { ReceivedRequest, ServerConnection } from './testing/scripted-server.ts';
import { settle } from './testing/virtual-clock.ts';

/** The part of a server that keeps one stream for each source, and may be slow to say that it took one. */
interface Book {
  /** Source → the stream that the server has. */
  readonly has: Map<string, string>;
  /** While true, what is published is taken, but not acknowledged. */
  slow: boolean;
  /** Acknowledges what waits. */
  acknowledge(): void;
}

function keepBook(part: Part): Book {
  const { answer } = part.server;
  const has = new Map<string, string>();
  const waiting: (() => void)[] = [];
  const book: Book = {
    has,
    slow: false,
    acknowledge: () => {
      for (const send of waiting.splice(0)) send();
    },
  };
  const publish = (
    payload: Record<string, JsonValue>,
    request: ReceivedRequest,
    connection: ServerConnection,
  ): Record<string, JsonValue> | null => {
    const { source } = payload as { source: string };
    if (has.has(source) && has.get(source) !== payload['replaces']) {
      return { error: { type: 'about:blank', title: 'Invalid State', status: 409, code: 'InvalidState' } };
    }
    const ack = answer(request, connection);
    const { producer_id: id } = ack as { producer_id: string };
    has.set(source, id);
    if (!book.slow) return ack;
    waiting.push(() => connection.send('ACK', { ack: request.sequence, ...ack }, request.channelId));
    return null;
  };
  part.server.answer = (request, connection) => {
    const payload = request.payload as Record<string, JsonValue>;
    if (payload['op'] === 'publish') return publish(payload, request, connection);
    if (payload['op'] === 'unpublish') {
      for (const [source, id] of has) if (id === payload['producer_id']) has.delete(source);
    }
    return answer(request, connection);
  };
  return book;
}

describe('publishing a source again', () => {
  it('replaces the live track make before break', async () => {
    const part = await joined();
    const book = keepBook(part);
    await part.call.publish('camera', fakeTrack('video'));
    await part.call.publish('camera', fakeTrack('video', 1280, 720));
    expect(asked(part, 'CALL_OFFER', 'publish')).toMatchObject([
      { width: 640 },
      { width: 1280, replaces: 'producer-1' },
    ]);
    expect(asked(part, 'CALL_END', 'unpublish')).toEqual([]);
    expect(book.has).toEqual(new Map([['camera', 'producer-2']]));
    expect(part.call.sentCodec('camera')).toBe('VP8');
    // The earlier stream runs until nobody watches it.
    expect(part.clock.pending).toBe(part.steadyTimers + 1);
    part.server.last.send('CALL_END', { op: 'producer', producer_id: 'producer-1' });
    expect(part.clock.pending).toBe(part.steadyTimers);
    part.call.unpublish('camera');
    await settle();
    expect(book.has.size).toBe(0);
    expect(part.errors).toEqual([]);
    await expectNothingLeft(part);
  });

  it('waits for the answer to the track before', async () => {
    const part = await joined();
    const book = keepBook(part);
    book.slow = true;
    const first = part.call.publish('camera', fakeTrack('video'));
    await settle();
    const second = part.call.publish('camera', fakeTrack('video', 1280, 720));
    await expect(first).rejects.toMatchObject({ code: 'call-closed' });
    await settle();
    expect(asked(part, 'CALL_OFFER', 'publish')).toHaveLength(1);
    book.slow = false;
    book.acknowledge();
    await second;
    expect(asked(part, 'CALL_OFFER', 'publish')).toMatchObject([{}, { replaces: 'producer-1' }]);
    expect(book.has.get('camera')).toBe('producer-2');
    expect(part.errors).toEqual([]);
    await expectNothingLeft(part);
  });

  it('ends the track before where its successor cannot be sent', async () => {
    const part = await joined(new FakeDevices({ h264: false }));
    const book = keepBook(part);
    await part.call.publish('camera', fakeTrack('video'));
    await part.call.restrict('H264');
    await expect(part.call.publish('camera', fakeTrack('video'))).rejects.toMatchObject({
      code: 'codec-unavailable',
    });
    await settle();
    expect(book.has.size).toBe(0);
    expect(part.call.sentCodec('camera')).toBeNull();
    await expectNothingLeft(part);
  });

  it('sends nothing of any track of a source that is muted', async () => {
    const part = await joined();
    keepBook(part);
    await part.call.publish('camera', fakeTrack('video'));
    await part.call.publish('camera', fakeTrack('video', 1280, 720));
    const sending = part.devices.producers.filter(({ paused, closed }) => !paused && !closed);
    expect(sending).toHaveLength(2);
    part.call.setPaused('camera', true);
    expect(sending.every(({ paused }) => paused)).toBe(true);
    await expectNothingLeft(part);
  });
});

describe('ending a source', () => {
  it('ends what the server acknowledges afterwards', async () => {
    const part = await joined();
    const book = keepBook(part);
    book.slow = true;
    const published = part.call.publish('camera', fakeTrack('video'));
    await settle();
    part.call.unpublish('camera');
    await expect(published).rejects.toMatchObject({ code: 'call-closed' });
    book.acknowledge();
    await settle();
    expect(asked(part, 'CALL_END', 'unpublish')).toEqual([{ op: 'unpublish', producer_id: 'producer-1' }]);
    expect(book.has.size).toBe(0);
    // The source can be published again.
    book.slow = false;
    await part.call.publish('camera', fakeTrack('video'));
    expect(part.errors).toEqual([]);
    await expectNothingLeft(part);
  });

  it('ends the successor of a switch that is acknowledged afterwards', async () => {
    const part = await joined();
    const book = keepBook(part);
    await part.call.publish('camera', fakeTrack('video'));
    book.slow = true;
    askSwitch(part, 'H264');
    await settle();
    part.call.unpublish('camera');
    book.acknowledge();
    await settle();
    expect(book.has.size).toBe(0);
    expect(part.devices.producers.filter(({ closed }) => !closed)).toEqual([]);
    expect(part.clock.pending).toBe(part.steadyTimers);
    await expectNothingLeft(part);
  });

  it('takes the streams along that were replaced shortly before', async () => {
    const part = await joined();
    keepBook(part);
    await part.call.publish('camera', fakeTrack('video'));
    await part.call.publish('camera', fakeTrack('video'));
    part.call.unpublish('camera');
    expect(part.devices.producers.filter(({ closed }) => !closed)).toEqual([]);
    await settle();
    expect(part.clock.pending).toBe(part.steadyTimers);
    await expectNothingLeft(part);
  });

  it('forgets it where the first pictures of the others still go first', async () => {
    const part = setUp();
    const book = keepBook(part);
    part.call.publish('camera', fakeTrack('video')).catch(() => undefined);
    const microphone = part.call.publish('microphone', fakeTrack('audio'));
    await part.call.join({ room: ROOM, name: 'Ada' });
    part.call.unpublish('camera');
    await part.clock.advance(FIRST_PICTURES_PATIENCE_MS);
    await microphone;
    expect(asked(part, 'CALL_OFFER', 'publish')).toMatchObject([{ source: 'microphone' }]);
    expect([...book.has.keys()]).toEqual(['microphone']);
    await expectNothingLeft(part);
  });
});
