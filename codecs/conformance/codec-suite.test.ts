/** The common suite for every software encoder that is here with every decoder of its codec. */
import { codecSuite } from './codec-suite.ts';
import { videoFound } from './found.ts';

codecSuite(
  videoFound('encode').flatMap(({ codec, implementation: encodeBy }) =>
    videoFound('decode')
      .filter((decoder) => decoder.codec === codec)
      .map(({ implementation: decodeBy }) => ({ codec, encodeBy, decodeBy })),
  ),
);
