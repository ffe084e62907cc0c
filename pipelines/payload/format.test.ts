/** What every payload format does alike. */
import { expect, test } from 'vitest';
import { PAYLOAD_CODECS } from '../ipc.ts';
import { seededRandom } from '../seeded-random.ts';
import { PayloadError } from './errors.ts';
import { createDepacketiser } from './format.ts';

/** Of each codec: long enough for its headers, and short enough that they are often cut off. */
const RANDOM = {
  VP8: { seed: 3, belowBytes: 9 },
  VP9: { seed: 3, belowBytes: 12 },
  H264: { seed: 5, belowBytes: 12 },
  AV1: { seed: 5, belowBytes: 12 },
} as const;

test.each(PAYLOAD_CODECS)('random payloads of %s are summed up or refused by name', (codec) => {
  const { seed, belowBytes } = RANDOM[codec];
  const random = seededRandom(seed);
  const depacketiser = createDepacketiser(codec);
  let refused = 0;
  for (let i = 0; i < 5000; i++) {
    const payloads = [random.bytes(random.integer(belowBytes)), random.bytes(random.integer(belowBytes))];
    try {
      for (const payload of payloads) depacketiser.inspect(payload);
      depacketiser.assemble(payloads);
    } catch (error) {
      if (!(error instanceof PayloadError)) throw error;
      refused += 1;
    }
  }
  expect(refused).toBeGreaterThan(0);
});
