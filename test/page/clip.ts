/** The pictures of an H.264 clip (Annex B), decoded by the browser. */

export async function decodeClip(url: string): Promise<ImageBitmap[]> {
  const stream = new Uint8Array(await (await fetch(url)).arrayBuffer());
  const pictures: Promise<ImageBitmap>[] = [];
  let failure: DOMException | undefined;
  const decoder = new VideoDecoder({
    output: (frame) => {
      pictures.push(createImageBitmap(frame).finally(() => frame.close()));
    },
    error: (error) => {
      failure = error;
    },
  });
  decoder.configure({ codec: 'avc1.640028' });
  for (const [index, { data, isKey }] of accessUnits(stream).entries()) {
    decoder.decode(new EncodedVideoChunk({ type: isKey ? 'key' : 'delta', timestamp: index * 40_000, data }));
  }
  await decoder.flush();
  decoder.close();
  if (failure !== undefined) throw failure;
  return Promise.all(pictures);
}

interface AccessUnit {
  readonly data: Uint8Array<ArrayBuffer>;
  readonly isKey: boolean;
}

/** Cuts before each first slice of a picture (ITU-T H.264 section 7.4.1.2.4, for clips without access unit delimiters). */
function accessUnits(stream: Uint8Array<ArrayBuffer>): AccessUnit[] {
  const units: AccessUnit[] = [];
  let start = 0;
  let hasPicture = false;
  let isKey = false;
  for (let at = 0; at + 4 < stream.length; at++) {
    if (stream[at] !== 0 || stream[at + 1] !== 0 || stream[at + 2] !== 1) continue;
    const type = (stream[at + 3] ?? 0) & 0x1f;
    const isSlice = type === 1 || type === 5;
    // first_mb_in_slice is 0 where its code, Exp-Golomb, is one bit.
    const beginsPicture = isSlice ? ((stream[at + 4] ?? 0) & 0x80) !== 0 : type >= 6 && type <= 9;
    if (hasPicture && beginsPicture) {
      units.push({ data: stream.slice(start, at), isKey });
      start = at;
      hasPicture = false;
      isKey = false;
    }
    hasPicture ||= isSlice;
    isKey ||= type === 5;
  }
  units.push({ data: stream.slice(start), isKey });
  return units;
}
