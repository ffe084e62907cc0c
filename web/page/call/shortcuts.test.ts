// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from 'vitest';
import { ACTIONS, type Stroke, actionOf, isTyping, keyOf, usesSpace, waysTo } from './shortcuts.ts';

const stroke = (change: Partial<Stroke>): Stroke => ({
  code: '',
  key: '',
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  repeat: false,
  ...change,
});

describe('actionOf', () => {
  it('knows letters by their place, whatever alphabet is written', () => {
    expect(actionOf(stroke({ code: 'KeyM', key: 'm' }))).toBe('microphone');
    expect(actionOf(stroke({ code: 'KeyM', key: 'ь' }))).toBe('microphone');
    expect(actionOf(stroke({ code: 'KeyV', key: 'м' }))).toBe('camera');
    expect(actionOf(stroke({ code: 'KeyD', key: 'в', ctrlKey: true }))).toBe('microphone');
    expect(actionOf(stroke({ code: 'KeyE', key: 'у', metaKey: true }))).toBe('camera');
  });

  it('knows the question mark by what it writes', () => {
    expect(actionOf(stroke({ code: 'Slash', key: '?', shiftKey: true }))).toBe('help');
    expect(actionOf(stroke({ code: 'Digit7', key: '?', shiftKey: true }))).toBe('help');
    expect(actionOf(stroke({ code: 'Slash', key: '/' }))).toBeNull();
  });

  it('leaves everything else to the browser', () => {
    expect(actionOf(stroke({ code: 'KeyC', key: 'c', ctrlKey: true }))).toBeNull();
    expect(actionOf(stroke({ code: 'KeyD', key: 'd' }))).toBeNull();
    expect(actionOf(stroke({ code: 'KeyM', key: 'M', shiftKey: true }))).toBeNull();
    expect(actionOf(stroke({ code: 'KeyM', key: 'µ', altKey: true }))).toBeNull();
    expect(actionOf(stroke({ code: 'KeyM', key: 'm', repeat: true }))).toBeNull();
  });

  it('has a key of its own for each action', () => {
    const keys = ACTIONS.map(keyOf);
    expect(new Set(keys).size).toBe(ACTIONS.length);
    for (const action of ACTIONS) {
      if (action === 'help') continue;
      expect(actionOf(stroke({ code: `Key${keyOf(action)}`, key: 'ю' }))).toBe(action);
    }
  });

  it('names the keys as the keyboard does', () => {
    expect(waysTo('microphone', false)).toEqual([['M'], ['Ctrl', 'D']]);
    expect(waysTo('camera', true)).toEqual([['V'], ['⌘', 'E']]);
    expect(waysTo('chat', false)).toEqual([['C']]);
    expect(waysTo('help', false)).toEqual([['?']]);
  });
});

describe('where a key goes', () => {
  afterEach(() => {
    document.body.replaceChildren();
  });
  const made = (html: string): Element => {
    document.body.innerHTML = html;
    const element = document.body.querySelector('[data-x]');
    if (element === null) throw new Error('nothing was made');
    return element;
  };

  it.each([
    ['<textarea data-x></textarea>', true],
    ['<input data-x>', true],
    ['<input type="text" data-x>', true],
    ['<select><option data-x></option></select>', true],
    ['<input type="checkbox" data-x>', false],
    ['<input type="radio" data-x>', false],
    ['<button data-x></button>', false],
    ['<div data-x></div>', false],
  ])('%s: typed there: %s', (html, typing) => {
    expect(isTyping(made(html))).toBe(typing);
  });

  it.each([
    ['<textarea data-x></textarea>', true],
    ['<button><span data-x></span></button>', true],
    ['<a href="/" data-x></a>', true],
    ['<input type="checkbox" data-x>', true],
    ['<div role="log" tabindex="0" data-x></div>', true],
    ['<a data-x></a>', false],
    ['<div data-x></div>', false],
  ])('%s: uses the space bar itself: %s', (html, uses) => {
    expect(usesSpace(made(html))).toBe(uses);
  });

  it('takes the page itself for no field', () => {
    expect(isTyping(null)).toBe(false);
    expect(isTyping(document.body)).toBe(false);
    expect(usesSpace(window)).toBe(false);
  });
});
