/** Decodes what came back and reads off each picture which one it is and how well it was kept. */
import type { CodecEngine, VideoDecoder } from '../../codecs/types.ts';
import type { PayloadCodec } from '../ipc.ts';
import type { AccessUnit } from '../jitter/jitter-buffer.ts';

export interface SeenPicture {
  readonly frame: number | null;
  readonly timestampRtp90k: number;
  readonly width: number;
  readonly height: number;
  readonly psnrDb: number;
  readonly keyFrame: boolean;
}

/** Reads a luma plane: which picture it is and its PSNR in dB, or null where it cannot be told. */
export type PictureReader = (
  luma: Uint8Array,
  width: number,
  height: number,
) => { readonly frame: number; readonly psnrDb: number } | null;

export class PictureSink {
  readonly seen: SeenPicture[] = [];
  readonly #decoder: VideoDecoder;
  readonly #read: PictureReader;

  constructor(engine: CodecEngine, codec: PayloadCodec, read: PictureReader) {
    this.#read = read;
    this.#decoder = engine.createDecoder(codec);
  }

  /** Pictures that the decoder conceals or refuses make the test fail. */
  async take(unit: AccessUnit): Promise<SeenPicture> {
    const { frame, corrupt } = await this.#decoder.decode(unit.data, unit.timestampRtp90k);
    if (frame === null || corrupt) throw new Error(`unit at ${unit.timestampRtp90k} gave no sound picture`);
    const { width, height } = frame;
    const luma = frame.toI420().subarray(0, width * height);
    frame.close();
    const known = this.#read(luma, width, height);
    const picture = {
      frame: known?.frame ?? null,
      timestampRtp90k: unit.timestampRtp90k,
      width,
      height,
      psnrDb: known?.psnrDb ?? 0,
      keyFrame: unit.keyFrame,
    };
    this.seen.push(picture);
    return picture;
  }

  close(): Promise<void> {
    return this.#decoder.close();
  }
}
