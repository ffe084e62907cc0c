import { describe, expect, it } from 'vitest';
import { CodecBitstreamError } from './errors.ts';
import { nalUnitType, readIvf, splitAccessUnits, splitNalUnits, writeIvf } from './media-files.ts';

describe('IVF', () => {
  const frames = [Uint8Array.of(1, 2, 3), Uint8Array.of(), Uint8Array.of(4)];

  it('reads what it writes', () => {
    const file = readIvf(writeIvf(320, 180, 30, frames));
    expect({ ...file, frames: file.frames.map((frame) => [...frame]) }).toEqual({
      fourcc: 'VP80',
      width: 320,
      height: 180,
      frames: [[1, 2, 3], [], [4]],
    });
  });

  it('refuses a file that is cut at any place but between frames', () => {
    const whole = writeIvf(320, 180, 30, frames);
    const ends = new Set([32, 47, 59, whole.length]);
    for (let length = 0; length <= whole.length; length++) {
      const read = (): unknown => readIvf(whole.subarray(0, length));
      if (ends.has(length)) expect(read).not.toThrow();
      else expect(read).toThrow(CodecBitstreamError);
    }
  });
});

describe('Annex B', () => {
  const nal = (header: number, first: number, startCode = [0, 0, 0, 1]): number[] => [
    ...startCode,
    header,
    first,
    9,
  ];
  const sps = nal(0x67, 0x42);
  const pps = nal(0x68, 0xce);
  const idr = nal(0x65, 0x88);
  const idrSecondSlice = nal(0x65, 0x40, [0, 0, 1]);
  const slice = nal(0x41, 0x9a);

  it('splits NAL units at start codes of three and four bytes', () => {
    const units = splitNalUnits(Uint8Array.from([...sps, ...idr, ...idrSecondSlice]));
    expect(units.map((unit) => [...unit])).toEqual([sps, idr, idrSecondSlice]);
    expect(units.map(nalUnitType)).toEqual([7, 5, 5]);
  });

  it('splits access units at first slices and parameter sets', () => {
    const units = splitAccessUnits(
      Uint8Array.from([sps, pps, idr, idrSecondSlice, slice, slice, sps, pps, idr].flat()),
    );
    expect(units.map((unit) => splitNalUnits(unit).map(nalUnitType))).toEqual([
      [7, 8, 5, 5],
      [1],
      [1],
      [7, 8, 5],
    ]);
  });

  it('finds nothing in nothing', () => {
    expect(splitAccessUnits(new Uint8Array(0))).toEqual([]);
    expect(splitNalUnits(Uint8Array.of(1, 2, 3))).toEqual([]);
  });
});
