// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PATIENCE_MS } from './attention.ts';
import { BURST_MS } from './bursts.tsx';
import { TRANSCODED, participant } from './fake-call.testing.ts';
import { OneStream, StageBench, track } from './stage-bench.testing.tsx';
import { canPictureInPicture } from './stage.tsx';

let bench: StageBench;
beforeEach(() => {
  bench = new StageBench();
});
afterEach(() => bench.close());

const shownTrack = (name: string, source = 'camera'): unknown => {
  const { srcObject } = bench.tile(name, source).querySelector('video') ?? {};
  return srcObject instanceof OneStream ? srcObject.tracks[0] : null;
};
const lastView = (key: string): unknown => bench.call.views.findLast(([of]) => of === key)?.[1];

describe('Stage', () => {
  it('has a tile for everybody, as a list with names and states', async () => {
    bench.call.add(
      participant('ben', { hand_raised_at: 1, quality: 'poor' }),
      participant('cleo', { sources: [] }),
    );
    await bench.show();
    expect(bench.find('[data-testid=grid]').dataset).toMatchObject({ layout: 'grid', count: '3' });
    expect(
      [...bench.root.querySelectorAll('ul > li > [data-testid=tile]')].map((one) =>
        one.getAttribute('aria-label'),
      ),
    ).toEqual(['Ada (you)', 'Ben', 'Cleo']);
    expect(bench.tile('Ben').dataset).toMatchObject({
      self: 'false',
      muted: 'false',
      quality: 'poor',
      picture: 'waiting',
    });
    expect(bench.tile('Ben').textContent).toContain('Hand raised');
    expect(bench.tile('Ben').textContent).toContain('Poor connection');
    expect(bench.tile('Cleo').textContent).toContain('Microphone off');
  });

  it('shows a stream’s track, keeps the element when the track changes, and mirrors oneself alone', async () => {
    bench.call.add(participant('ben'));
    const [first, second] = [track(), track()];
    const stream = bench.call.begin('ben', 'camera', first);
    bench.devices.camera = track();
    await bench.show();
    const video = bench.tile('Ben').querySelector('video');
    expect(shownTrack('Ben')).toBe(first);
    expect(shownTrack('Ada')).toBe(bench.devices.camera);
    const { srcObject } = video ?? {};
    await bench.change(() => stream.setTrack(second));
    expect(shownTrack('Ben')).toBe(second);
    expect(bench.tile('Ben').querySelector('video')).toBe(video);
    expect(video?.srcObject).toBe(srcObject);
    expect([video?.muted, video?.className, bench.tile('Ada').querySelector('video')?.className]).toEqual([
      true,
      '',
      'mirrored',
    ]);
  });

  it('says on the badge how a picture comes, and why', async () => {
    bench.call.add(participant('ben'));
    const stream = bench.call.begin('ben', 'camera', track());
    bench.devices.camera = track();
    await bench.show();
    expect(bench.inTile('Ben', 'badge').textContent).toBe('forwarded');
    expect(bench.inTile('Ben', 'badge').title).toBe('forwarded: sends VP8, which you receive');
    expect(bench.inTile('Ada', 'badge').textContent).toBe('sending VP8');
    await bench.change(() => stream.update({ delivery: TRANSCODED }));
    expect(bench.inTile('Ben', 'badge').textContent).toBe('transcoded VP8 → H.264');
    expect(bench.inTile('Ben', 'badge').dataset['via']).toBe('transcode');
    await bench.show({}, 'ru');
    expect(bench.inTile('Ben', 'badge').title).toBe(
      'перекодируется VP8 → H.264: вы принимаете только H.264, а отправитель может отправлять только VP8',
    );
  });

  it('says in words why there is no picture', async () => {
    bench.call.add(participant('ben'));
    const stream = bench.call.begin('ben', 'camera');
    await bench.show();
    const why = { code: 'transcoding-fails', args: {} };
    await bench.change(() =>
      stream.update({ unavailable: { reason: 'transcoding this stream fails again and again', why } }),
    );
    expect(bench.tile('Ben').dataset['picture']).toBe('unavailable');
    expect(bench.tile('Ben').textContent).toContain('Transcoding this stream fails again and again.');
  });

  it('covers who has lost his connection, until he is back', async () => {
    bench.call.add(participant('ben'));
    await bench.show();
    await bench.change(() => bench.call.change('ben', { quality: 'lost' }));
    expect(bench.tile('Ben').textContent).toContain('Reconnecting…');
    await bench.change(() => bench.call.change('ben', { quality: 'good' }));
    expect(bench.tile('Ben').textContent).not.toContain('Reconnecting…');
  });

  it('marks who speaks', async () => {
    bench.call.add(participant('ben'));
    await bench.show();
    await bench.change(() => bench.call.emit('speaker', 'ben'));
    expect([bench.tile('Ben').dataset['speaking'], bench.tile('Ada').dataset['speaking']]).toEqual([
      'true',
      'false',
    ]);
    await bench.change(() => bench.call.emit('speaker', 'ada'));
    expect([bench.tile('Ben').dataset['speaking'], bench.tile('Ada').dataset['speaking']]).toEqual([
      'false',
      'true',
    ]);
  });

  it('plays sound, and asks for a press where the browser wants one', async () => {
    bench.play.mockImplementationOnce(() =>
      Promise.reject(new DOMException('press first', 'NotAllowedError')),
    );
    bench.call.add(participant('ben'));
    const voice = track();
    bench.call.begin('ben', 'microphone', voice);
    await bench.show();
    const audio = bench.tile('Ben').querySelector('audio');
    expect(audio?.srcObject).toMatchObject({ tracks: [voice] });
    expect(bench.blocked).toHaveLength(1);
    bench.blocked[0]?.();
    expect(bench.played).toContain(audio);
    expect(bench.tile('Ada').querySelector('audio')).toBeNull();
  });

  it('tells how large each picture is shown, and nothing for who is not seen', async () => {
    bench.call.add(...Array.from({ length: 20 }, (_, index) => participant(`p${index}`)));
    for (let index = 0; index < 20; index++) bench.call.begin(`p${index}`, 'camera', track());
    await bench.show();
    expect(bench.find('[data-testid=grid]').dataset['pages']).toBe('2');
    expect(lastView('p0/camera')).toEqual({ width: 320, height: 192 });
    expect(lastView('p19/camera')).toEqual({ width: 0, height: 0 });
    expect(bench.tile('P19').closest('li')?.hidden).toBe(true);
    await bench.change(() => bench.find('[data-testid=page-next]').click());
    expect(lastView('p0/camera')).toEqual({ width: 0, height: 0 });
    expect(bench.tile('P19').closest('li')?.hidden).toBe(false);
    expect(bench.find('[data-testid=pager]').textContent).toContain('2 of 2');
  });

  it('brings a speaker of another page into view', async () => {
    bench.call.add(...Array.from({ length: 20 }, (_, index) => participant(`p${index}`)));
    await bench.show();
    const shown = (): string[] =>
      [...bench.root.querySelectorAll<HTMLElement>('li:not([hidden]) > [data-testid=tile]')].map(
        ({ dataset }) => dataset['participant'] ?? '',
      );
    const before = shown();
    await bench.change(() => bench.call.emit('speaker', 'p19'));
    const after = shown();
    expect(after).toContain('P19');
    expect(before.filter((name) => !after.includes(name))).toHaveLength(1);
  });

  it('wants no pictures some seconds after the page was hidden, and all at once when it shows', async () => {
    bench.call.add(participant('ben'));
    bench.call.begin('ben', 'camera', track());
    await bench.show();
    const visible = lastView('ben/camera');
    const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
    document.dispatchEvent(new Event('visibilitychange'));
    await bench.change(() => vi.advanceTimersByTime(PATIENCE_MS - 1));
    expect(lastView('ben/camera')).toEqual(visible);
    await bench.change(() => vi.advanceTimersByTime(1));
    expect(lastView('ben/camera')).toEqual({ width: 0, height: 0 });
    hidden.mockReturnValue(false);
    await bench.change(() => document.dispatchEvent(new Event('visibilitychange')));
    expect(lastView('ben/camera')).toEqual(visible);
  });

  it('makes a shared screen large, and a pinned person larger', async () => {
    bench.call.add(participant('ben'), participant('cleo'));
    bench.call.begin('ben', 'screen', track());
    await bench.show();
    expect(bench.find('[data-testid=grid]').dataset['layout']).toBe('screen');
    expect(bench.tile('Ben', 'screen').closest('li')?.dataset['role']).toBe('main');
    expect(bench.tile('Ben', 'screen').getAttribute('aria-label')).toBe('Ben: screen');
    await bench.change(() => bench.inTile('Cleo', 'pin').click());
    expect(bench.find('[data-testid=grid]').dataset['layout']).toBe('speaker');
    expect(bench.tile('Cleo').closest('li')?.dataset['role']).toBe('main');
    expect(bench.inTile('Cleo', 'pin').getAttribute('aria-pressed')).toBe('true');
    await bench.change(() => bench.inTile('Cleo', 'pin').click());
    expect(bench.find('[data-testid=grid]').dataset['layout']).toBe('screen');
  });

  it('lets reactions rise over who made them, for a while', async () => {
    bench.call.add(participant('ben'));
    await bench.show();
    await bench.change(() => bench.call.emit('reaction', { participantId: 'ben', reaction: 'heart' }));
    await bench.change(() => bench.call.emit('reaction', { participantId: 'ada', reaction: 'clap' }));
    const bursts = (name: string): unknown[] =>
      [...bench.tile(name).querySelectorAll<HTMLElement>('.burst')].map(({ dataset }) => dataset['reaction']);
    expect([bursts('Ben'), bursts('Ada')]).toEqual([['heart'], ['clap']]);
    await bench.change(() => vi.advanceTimersByTime(BURST_MS));
    expect([bursts('Ben'), bursts('Ada')]).toEqual([[], []]);
  });

  it('has picture-in-picture where the browser has', () => {
    expect(canPictureInPicture()).toBe(false);
    vi.stubGlobal('documentPictureInPicture', { requestWindow: () => Promise.reject(new Error('no')) });
    expect(canPictureInPicture()).toBe(true);
  });
});
