import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RtpParseError, RtpWriteError } from './errors.ts';
import {
  parseHeaderElements,
  readTransportSequence,
  transportSequenceElement,
  writeHeaderElements,
} from './header-extension.ts';
import { parseRtp, serializeRtp } from './packet.ts';

test('elements that can be written parse back, whatever the padding', () => {
  const element = fc.record({
    id: fc.integer({ min: 1, max: 14 }),
    data: fc.uint8Array({ minLength: 1, maxLength: 16 }),
  });
  fc.assert(
    fc.property(fc.array(element, { maxLength: 6 }), (elements) => {
      const extension = writeHeaderElements(elements);
      expect(extension.data.length % 4).toBe(0);
      expect(parseHeaderElements(extension)).toEqual(elements);
    }),
    { seed: 5 },
  );
});

test('both forms written out by hand', () => {
  const oneByte = { profile: 0xbede, data: Uint8Array.of(0x31, 0xab, 0xcd, 0, 0x10, 7, 0xf0, 9) };
  expect(parseHeaderElements(oneByte)).toEqual([
    { id: 3, data: Uint8Array.of(0xab, 0xcd) },
    { id: 1, data: Uint8Array.of(7) },
  ]);
  const twoByte = { profile: 0x1003, data: Uint8Array.of(200, 2, 0xab, 0xcd, 0, 5, 0, 0) };
  expect(parseHeaderElements(twoByte)).toEqual([
    { id: 200, data: Uint8Array.of(0xab, 0xcd) },
    { id: 5, data: new Uint8Array() },
  ]);
  expect(parseHeaderElements({ profile: 0x1234, data: Uint8Array.of(1, 2, 3, 4) })).toEqual([]);
});

test('a transport-wide sequence number goes through a packet', () => {
  const packet = parseRtp(
    serializeRtp({
      marker: false,
      payloadType: 96,
      sequenceNumber: 1,
      timestamp: 2,
      ssrc: 3,
      payload: Uint8Array.of(1),
      extension: writeHeaderElements([transportSequenceElement(5, 0xfffe)]),
    }),
  );
  expect(readTransportSequence(packet.extension, 5)).toBe(0xfffe);
  expect(readTransportSequence(packet.extension, 4)).toBeNull();
  expect(readTransportSequence(null, 5)).toBeNull();
});

test.each([
  ['a one-byte element', { profile: 0xbede, data: Uint8Array.of(0x32, 1, 2, 3).subarray(0, 3) }],
  ['a two-byte element', { profile: 0x1000, data: Uint8Array.of(3, 9, 0, 0) }],
  ['a two-byte element without its length', { profile: 0x1000, data: Uint8Array.of(0, 0, 0, 3) }],
])('%s that is cut off is refused', (_, extension) => {
  expect(() => parseHeaderElements(extension)).toThrow(RtpParseError);
});

test('a sequence number of three bytes is refused; what needs the two-byte form is not written', () => {
  const extension = writeHeaderElements([{ id: 5, data: Uint8Array.of(1, 2, 3) }]);
  expect(() => readTransportSequence(extension, 5)).toThrow(RtpParseError);
  for (const element of [
    { id: 15, data: Uint8Array.of(1) },
    { id: 1, data: new Uint8Array() },
    { id: 1, data: new Uint8Array(17) },
  ]) {
    expect(() => writeHeaderElements([element])).toThrow(RtpWriteError);
  }
});
