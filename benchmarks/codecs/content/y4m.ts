/** YUV4MPEG2 files with 8 bits and 4:2:0 (the header's parameters: mjpegtools' yuv4mpeg(5)). */
import { ClipError } from './clipError.ts';

export interface Y4mFile {
  readonly width: number;
  readonly height: number;
  readonly frameRate: number;
  readonly pictures: readonly Uint8Array[];
}

const NEW_LINE = 10;

/**
 * @param most pictures; later ones are not looked at
 * @throws ClipError for other pixel formats, odd sizes, interlace, and files that end within a picture
 */
export function readY4m(file: Uint8Array, most = Infinity): Y4mFile {
  const header = lineAt(file, 0);
  if (header?.startsWith('YUV4MPEG2 ') !== true) throw new ClipError('not a YUV4MPEG2 file');
  const field = (letter: string): string | undefined =>
    header
      .split(' ')
      .slice(1)
      .find((part) => part.startsWith(letter))
      ?.slice(1);
  const [width, height] = [Number(field('W')), Number(field('H'))];
  const [ticks, perTick] = (field('F') ?? '30:1').split(':').map(Number);
  const frameRate = (ticks ?? 30) / (perTick ?? 1);
  const colour = field('C') ?? '420';
  if (!/^420(jpeg|mpeg2|paldv)?$/.test(colour)) {
    throw new ClipError(`pixels are ${colour}; 8-bit 4:2:0 is what can be read`);
  }
  if (!['p', '?', undefined].includes(field('I'))) throw new ClipError('interlaced pictures cannot be read');
  const even = [width, height].every((side) => Number.isInteger(side) && side > 0 && side % 2 === 0);
  if (!even) throw new ClipError(`a size of ${field('W') ?? ''}x${field('H') ?? ''}: sides must be even`);
  if (!(frameRate > 0 && frameRate <= 240)) throw new ClipError(`a frame rate of ${field('F') ?? ''}`);
  const bytes = (width * height * 3) / 2;
  const pictures: Uint8Array[] = [];
  let at = header.length + 1;
  while (at < file.length && pictures.length < most) {
    const line = lineAt(file, at);
    const start = at + (line?.length ?? 0) + 1;
    if (line?.startsWith('FRAME') !== true || start + bytes > file.length) {
      throw new ClipError(`the file ends within picture ${pictures.length}`);
    }
    pictures.push(file.subarray(start, start + bytes));
    at = start + bytes;
  }
  return { width, height, frameRate, pictures };
}

function lineAt(file: Uint8Array, at: number): string | undefined {
  const end = file.indexOf(NEW_LINE, at);
  // A line of parameters is short; a file without one is another kind of file.
  return end < 0 || end - at > 1000 ? undefined : Buffer.from(file.subarray(at, end)).toString('latin1');
}
