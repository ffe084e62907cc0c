import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Av1Depacketiser, Av1Packetiser, parseAv1Payload } from './av1.ts';
import { concatBytes } from './concat.ts';
import { leb128, readLeb128, splitObus, withSize, withoutSize } from './obu.ts';

const DELIMITER = Uint8Array.of(0x12, 0x00);
const SEQUENCE_HEADER = 1;
const FRAME = 6;
const METADATA = 5;

/** In the low overhead format. */
function obu(type: number, body: Uint8Array, layer?: number): Uint8Array {
  const head = layer === undefined ? [(type << 3) | 2] : [(type << 3) | 6, layer << 5];
  return concatBytes([Uint8Array.from(head), leb128(body.length), body]);
}

const unit = (...obus: readonly Uint8Array[]): Uint8Array => concatBytes([DELIMITER, ...obus]);
const throwing = (code: string): Error => expect.objectContaining({ code }) as Error;

describe('OBUs', () => {
  test.each([
    [0, [0]],
    [127, [0x7f]],
    [128, [0x80, 1]],
    [16_384, [0x80, 0x80, 1]],
    [0xffff_ffff, [0xff, 0xff, 0xff, 0xff, 0x0f]],
  ])('a size of %d', (value, bytes) => {
    expect([...leb128(value)]).toEqual(bytes);
    expect(readLeb128(Uint8Array.from(bytes), 0)).toEqual({ value, bytes: bytes.length });
  });

  test.each([
    [[0x80]],
    [[0x80, 0x80, 0x80, 0x80, 0x10]],
    [[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1]],
  ])('no size: %j', (bytes) => {
    expect(() => readLeb128(Uint8Array.from(bytes), 0)).toThrow(throwing('AV1_TRUNCATED'));
  });

  test('lose their size and get it back, with and without an extension', () => {
    for (const whole of [obu(FRAME, new Uint8Array(300)), obu(FRAME, Uint8Array.of(1, 2), 3)]) {
      const bare = withoutSize(whole);
      expect((bare[0] ?? 0) & 0x02).toBe(0);
      expect(withSize(bare)).toEqual(whole);
      expect(withSize(whole)).toEqual(whole);
    }
  });

  test('are told apart in a unit, and refused where one is cut off', () => {
    const [a, b] = [obu(SEQUENCE_HEADER, Uint8Array.of(1)), obu(FRAME, Uint8Array.of(2, 3))];
    expect(splitObus(unit(a, b))).toEqual([DELIMITER, a, b]);
    expect(() => splitObus(unit(a, b).subarray(0, -1))).toThrow(throwing('AV1_TRUNCATED'));
    expect(() => splitObus(Uint8Array.of(0x92, 0))).toThrow(throwing('AV1_OBU_INVALID'));
    expect(() => splitObus(Uint8Array.of(0x36))).toThrow(throwing('AV1_TRUNCATED'));
  });
});

describe('AV1 payload', () => {
  // Aggregation headers as in figure 2 of the payload format: Z, Y, W, N.
  test.each([
    ['one OBU', [0x10, 0x30, 7], { newSequence: false, elements: [[0x30, 7]] }],
    ['lengths for all', [0x08, 1, 0x08, 2, 0x30, 9], { newSequence: true, elements: [[0x08], [0x30, 9]] }],
    ['two, the last without a length', [0x20, 1, 0x08, 0x30, 9], { elements: [[0x08], [0x30, 9]] }],
    [
      'the middle of an OBU',
      [0xd0, 5, 6],
      { continuesBefore: true, continuesAfter: true, elements: [[5, 6]] },
    ],
    [
      'the end of one and another',
      [0xa0, 2, 5, 6, 0x30],
      { continuesBefore: true, elements: [[5, 6], [0x30]] },
    ],
  ])('%s', (_name, bytes, expected) => {
    const { elements, ...flags } = parseAv1Payload(Uint8Array.from(bytes));
    expect({ ...flags, elements: elements.map((element) => [...element]) }).toMatchObject(expected);
  });

  test.each([
    ['PAYLOAD_EMPTY', []],
    ['PAYLOAD_EMPTY', [0x10]],
    ['AV1_FRAGMENT_ORDER', [0x98, 1]],
    ['AV1_TRUNCATED', [0x00, 3, 1]],
    ['AV1_TRUNCATED', [0x20, 9, 1]],
    ['AV1_TRUNCATED', [0x30, 1, 1]],
    ['AV1_TRUNCATED', [0x00, 0x80]],
  ])('%s for %j', (code, bytes) => {
    expect(() => parseAv1Payload(Uint8Array.from(bytes))).toThrow(throwing(code));
  });
});

describe('AV1 in RTP', () => {
  const bodies = fc.array(fc.uint8Array({ maxLength: 2500 }), { minLength: 1, maxLength: 7 });

  test('every unit comes back, in packets within the limit', () => {
    const depacketiser = new Av1Depacketiser();
    fc.assert(
      fc.property(
        bodies,
        fc.boolean(),
        fc.integer({ min: 16, max: 1300 }),
        (parts, isKey, maxPayloadBytes) => {
          const obus = parts.map((body, i) => obu(i === 0 && isKey ? SEQUENCE_HEADER : FRAME, body));
          const sent = unit(...obus);
          const payloads = new Av1Packetiser({ maxPayloadBytes }).packetise(sent);
          expect(Math.max(...payloads.map(({ length }) => length))).toBeLessThanOrEqual(maxPayloadBytes);
          expect(depacketiser.assemble(payloads)).toEqual({ data: sent, keyFrame: isKey });
          const told = payloads.map((payload) => depacketiser.inspect(payload));
          expect(told.map(({ keyFrame }) => keyFrame)).toEqual(payloads.map((_, i) => isKey && i === 0));
          expect(told[0]?.startsUnit).toBe(isKey ? 'yes' : 'possible');
        },
      ),
      { seed: 8 },
    );
  });

  test('one large OBU is cut into nearly equal packets', () => {
    const sizes = new Av1Packetiser({ maxPayloadBytes: 1188 })
      .packetise(unit(obu(FRAME, new Uint8Array(2400))))
      .map(({ length }) => length);
    expect(sizes).toHaveLength(3);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThan(20);
  });

  test('what RTP leaves out is left out, both ways', () => {
    const kept = [obu(METADATA, Uint8Array.of(1)), obu(FRAME, Uint8Array.of(2))];
    const left = [obu(15, new Uint8Array(4)), obu(8, Uint8Array.of(1))];
    const payloads = new Av1Packetiser({ maxPayloadBytes: 100 }).packetise(unit(...left, ...kept));
    expect(payloads.map((payload) => [...payload])).toEqual([[0x20, 2, 0x28, 1, 0x30, 2]]);
    // Senders that carry a delimiter or padding, and sizes, all the same.
    const odd = concatBytes([Uint8Array.of(0x00, 2, 0x12, 0, 1, 0x78, 3), kept[0] ?? DELIMITER]);
    expect(new Av1Depacketiser().assemble([odd]).data).toEqual(unit(kept[0] ?? DELIMITER));
  });

  test('units in which a part is missing, or there is nothing, are refused', () => {
    const depacketiser = new Av1Depacketiser();
    const [first, middle, last] = new Av1Packetiser({ maxPayloadBytes: 20 }).packetise(
      unit(obu(FRAME, new Uint8Array(40))),
    );
    if (first === undefined || middle === undefined || last === undefined) {
      throw new Error('expected three packets');
    }
    for (const wrong of [[middle, last], [first], [first, middle], [first, first]]) {
      expect(() => depacketiser.assemble(wrong)).toThrow(throwing('AV1_FRAGMENT_ORDER'));
    }
    expect(() => depacketiser.assemble([])).toThrow(throwing('AV1_NO_OBU'));
    expect(() => new Av1Packetiser({ maxPayloadBytes: 20 }).packetise(DELIMITER)).toThrow(
      throwing('AV1_NO_OBU'),
    );
  });
});
