import { describe, expect, it } from 'vitest';
import { readLooks, readPlace, readSwitches } from './address.ts';

const KEY = 'abcdefghijklmnopqrstuvwxyz_-0123';

describe('readPlace', () => {
  it('finds the token for making calls', () => {
    expect(readPlace({ pathname: '/', search: '', hash: '#create=se-cret_1' })).toEqual({
      view: 'start',
      token: 'se-cret_1',
    });
    expect(readPlace({ pathname: '/', search: '', hash: '' })).toEqual({ view: 'start', token: null });
  });

  it('finds the connection test', () => {
    expect(readPlace({ pathname: '/test', search: '', hash: '' })).toEqual({ view: 'test' });
  });

  it('finds the room, and refuses what is no room key', () => {
    expect(readPlace({ pathname: '/call', search: '?stats=1', hash: `#${KEY}` })).toEqual({
      view: 'call',
      room: KEY,
      switches: { stats: true },
    });
    for (const hash of ['', '#', '#short', `#${KEY}x`, '#<script>alert(1)</script>']) {
      expect(readPlace({ pathname: '/call', search: '', hash })).toEqual({ view: 'broken-link' });
    }
  });
});

describe('readLooks', () => {
  it('reads language and theme, and leaves out what there is not', () => {
    expect(readLooks('?ui=ru&theme=dark')).toEqual({ language: 'ru', theme: 'dark' });
    expect(readLooks('?ui=tlh&theme=system')).toEqual({});
  });
});

describe('readSwitches', () => {
  it('reads every switch', () => {
    expect(
      readSwitches(
        '?codecs=H264&name=%20Ada%20&maxHeight=360&frameRate=15&simulcast=0&degradation=balanced&join=1&stats=0' +
          '&forceRelay=1&layout=speaker&blur=1',
      ),
    ).toEqual({
      codecs: 'H264',
      name: 'Ada',
      maxHeight: 360,
      frameRate: 15,
      simulcast: false,
      degradation: 'balanced',
      join: true,
      stats: false,
      forceRelay: true,
      layout: 'speaker',
      blur: true,
    });
  });

  it('leaves out what it does not understand, and bounds what is too large', () => {
    expect(
      readSwitches('?codecs=constructor&maxHeight=-1&frameRate=999&degradation=none&name=%20&layout=wild'),
    ).toEqual({
      frameRate: 60,
    });
    expect(readSwitches('?codecs=auto')).toEqual({ codecs: null });
  });
});
