/** Random frames for property tests. */
import fc from 'fast-check';
import { channelId, FRAME_TYPE_NAMES, isOpaqueFrameType, sequence } from '../frame.ts';
import type { ControlFrameType, Frame, JsonValue } from '../frame.ts';
import { MAX_U32 } from '../limits.ts';

const OPAQUE_TYPES = FRAME_TYPE_NAMES.filter(isOpaqueFrameType);
const CONTROL_TYPES = FRAME_TYPE_NAMES.filter((type): type is ControlFrameType => !isOpaqueFrameType(type));

// Small and large values alike, so that every length of the integers comes up.
const u32 = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.integer({ min: 0, max: MAX_U32 }),
  fc.constant(MAX_U32),
);
const text = fc.string({ unit: 'grapheme', maxLength: 20 });
// JSON has no negative zero of its own: it comes back as zero.
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value));

const { json } = fc.letrec<{ json: JsonValue }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    number,
    text,
    fc.array(tie('json'), { maxLength: 4 }),
    fc.dictionary(text, tie('json'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

/** Any frame with a small payload. */
export const frames: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({
    kind: fc.constant('control' as const),
    type: fc.constantFrom(...CONTROL_TYPES),
    channelId: u32.map(channelId),
    sequence: u32.map(sequence),
    control: json,
  }),
  fc.record({
    kind: fc.constant('opaque' as const),
    type: fc.constantFrom(...OPAQUE_TYPES),
    channelId: u32.map(channelId),
    sequence: u32.map(sequence),
    payload: fc.uint8Array({ maxLength: 300 }),
  }),
);
