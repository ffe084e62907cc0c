import { describe, expect, it, vi } from 'vitest';
import { type Capture, ScreenShare } from './screen-share.ts';
import { TestCall, TestTrack } from './testing/doubles.ts';

function streamOf(...tracks: readonly TestTrack[]): MediaStream {
  const stream: unknown = {
    getTracks: () => tracks,
    getVideoTracks: () => tracks.filter(({ kind }) => kind === 'video'),
    getAudioTracks: () => tracks.filter(({ kind }) => kind === 'audio'),
  };
  if (!isStream(stream)) throw new TypeError('not a stream');
  return stream;
}

function isStream(value: unknown): value is MediaStream {
  return typeof value === 'object' && value !== null && 'getTracks' in value;
}

function refusal(name: string, message = ''): Capture {
  return () => Promise.reject(new DOMException(message, name));
}

describe('sharing the screen', () => {
  it('sends the picture as text and lines, and its sound, until the button ends both', async () => {
    const call = new TestCall();
    const picture = new TestTrack('video', 'display');
    const sound = new TestTrack('audio', 'system');
    const capture = vi.fn<Capture>(() => Promise.resolve(streamOf(picture, sound)));
    const share = new ScreenShare(call, capture);
    const changed = vi.fn();
    share.on('changed', changed);
    expect(await share.start()).toBeNull();
    expect(call.takeAsked()).toEqual(['publish screen display', 'publish screen-audio system']);
    expect([picture.contentHint, sound.contentHint]).toEqual(['detail', 'music']);
    expect(share.track).toBe(picture);
    expect(capture.mock.calls[0]?.[0].audio).toBeTruthy();
    // Again while it runs: nothing.
    expect(await share.start()).toBeNull();
    expect(capture).toHaveBeenCalledTimes(1);

    share.stop();
    share.stop();
    expect(call.takeAsked()).toEqual(['unpublish screen', 'unpublish screen-audio']);
    expect([picture.readyState, sound.readyState, share.track]).toEqual(['ended', 'ended', null]);
    expect(changed).toHaveBeenCalledTimes(2);
    share.close();
    expect(share.listenerCount).toBe(0);
  });

  it('ends with the browser’s own bar, and without its sound where that ends alone', async () => {
    const call = new TestCall();
    const picture = new TestTrack('video', 'display');
    const sound = new TestTrack('audio', 'system');
    const share = new ScreenShare(call, () => Promise.resolve(streamOf(picture, sound)));
    await share.start();
    call.takeAsked();
    sound.end();
    expect(call.takeAsked()).toEqual(['unpublish screen-audio']);
    expect(share.track).toBe(picture);
    picture.end();
    expect(call.takeAsked()).toEqual(['unpublish screen']);
    expect(share.track).toBeNull();
    share.close();
  });

  it('takes a closed dialog for no error, and knows a system that forbids it', async () => {
    const call = new TestCall();
    const outcome = (capture: Capture): Promise<unknown> => new ScreenShare(call, capture).start();
    expect(await outcome(refusal('NotAllowedError', 'Permission denied'))).toBeNull();
    expect(await outcome(refusal('AbortError'))).toBeNull();
    expect(await outcome(refusal('NotAllowedError', 'Permission denied by system'))).toBe('blocked');
    expect(await outcome(refusal('NotReadableError'))).toBe('failed');
    expect(await outcome(() => Promise.resolve(streamOf()))).toBe('failed');
    expect(call.asked).toEqual([]);
  });

  it('can be tried again after the dialog was closed, and asks only once at a time', async () => {
    const call = new TestCall();
    const first = Promise.withResolvers<MediaStream>();
    const picture = new TestTrack('video', 'display');
    const capture = vi
      .fn<Capture>()
      .mockReturnValueOnce(first.promise)
      .mockResolvedValueOnce(streamOf(picture));
    const share = new ScreenShare(call, capture);
    const asking = share.start();
    await share.start();
    expect(capture).toHaveBeenCalledTimes(1);
    first.reject(new DOMException('', 'NotAllowedError'));
    await asking;
    await share.start();
    expect(share.track).toBe(picture);
    share.close();
  });

  it('stops capturing what came after the call was over, or what the server refused', async () => {
    const call = new TestCall();
    const late = new TestTrack('video', 'display');
    const dialog = Promise.withResolvers<MediaStream>();
    const share = new ScreenShare(call, () => dialog.promise);
    const asking = share.start();
    share.close();
    dialog.resolve(streamOf(late));
    expect(await asking).toBeNull();
    expect(late.readyState).toBe('ended');
    expect(call.asked).toEqual([]);

    call.answer = () => Promise.reject(new Error('refused'));
    const picture = new TestTrack('video', 'display');
    const refused = new ScreenShare(call, () => Promise.resolve(streamOf(picture)));
    await refused.start();
    await vi.waitFor(() => expect(refused.track).toBeNull());
    expect(picture.readyState).toBe('ended');
    refused.close();
  });
});
