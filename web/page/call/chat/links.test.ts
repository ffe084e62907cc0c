import { describe, expect, it } from 'vitest';
import { partsOf } from './links.ts';

const links = (text: string): readonly string[] =>
  partsOf(text).flatMap(({ href }) => (href === null ? [] : [href]));

describe('partsOf', () => {
  it('finds addresses and keeps every sign of the text', () => {
    const text = 'See https://a.example/x?y=1#z, then http://b.example.';
    expect(partsOf(text)).toEqual([
      { text: 'See ', href: null },
      { text: 'https://a.example/x?y=1#z', href: 'https://a.example/x?y=1#z' },
      { text: ', then ', href: null },
      { text: 'http://b.example', href: 'http://b.example/' },
      { text: '.', href: null },
    ]);
  });

  it.each([
    ['(https://a.example/b)', 'https://a.example/b'],
    ['https://a.example/wiki/Cat_(animal)', 'https://a.example/wiki/Cat_(animal)'],
    ['«https://a.example/кот».', 'https://a.example/%D0%BA%D0%BE%D1%82'],
    ['[https://a.example]!?', 'https://a.example/'],
    ['HTTPS://A.EXAMPLE/Q', 'https://a.example/Q'],
  ])('%s → %s', (text, href) => {
    expect(links(text)).toEqual([href]);
    expect(
      partsOf(text)
        .map((part) => part.text)
        .join(''),
    ).toBe(text);
  });

  it.each([
    'javascript:alert(1)',
    'data:text/html,<b>',
    'file:///etc/passwd',
    'ftp://a.example',
    'xhttps://a.example',
    'https://',
    'http://[',
    '<img src=x onerror=alert(1)>',
    'www.example.org',
  ])('makes no link of %s', (text) => {
    expect(links(text)).toEqual([]);
    expect(
      partsOf(text)
        .map((part) => part.text)
        .join(''),
    ).toBe(text);
  });

  it('is quick with what was made to be slow', () => {
    const startedMs = performance.now();
    for (const nasty of [')', '.', '(', ').', 'https://']) {
      partsOf(`https://a.example/${nasty.repeat(4_000 / nasty.length)}`);
    }
    expect(performance.now() - startedMs).toBeLessThan(200);
  });
});
