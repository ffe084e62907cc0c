import { expect, it } from 'vitest';
import { roomOf } from './room-of.ts';

const KEY = 'abcdefghijklmnopqrstuvwxyz_-0123';

it.each([
  `https://calls.example/call#${KEY}`,
  `http://10.0.0.1:8080/call?name=Ada#${KEY}`,
  `  #${KEY}\n`,
  KEY,
])('finds the room in %s', (text) => {
  expect(roomOf(text)).toBe(KEY);
});

it.each([
  '',
  '#',
  'https://calls.example/call',
  `https://calls.example/call#${KEY}x`,
  'https://calls.example/#create=token',
])('finds none in %s', (text) => {
  expect(roomOf(text)).toBeNull();
});
