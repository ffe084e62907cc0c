/** One of the things that can be made of a source: a codec in one of two sizes. */
import type { PayloadCodec } from '../../pipelines/ipc.ts';
import type { EncodeSize } from '../plan/types.ts';

export interface Encoding {
  readonly codec: PayloadCodec;
  readonly size: EncodeSize;
}

/** As the key of a map: `VP8/whole`. */
export function encodingKey({ codec, size }: Encoding): string {
  return `${codec}/${size}`;
}
