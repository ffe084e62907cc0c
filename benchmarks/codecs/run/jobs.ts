/** What a process of its own is asked to encode or decode, and what it answers; encode.ts and decode.ts are those processes. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { VideoCodecName, VideoEncoderConfig } from '../../../codecs/types.ts';

const run = promisify(execFile);

export interface EncodeJob {
  readonly config: VideoEncoderConfig;
  /** Tightly packed I420 pictures, one behind the other. */
  readonly input: string;
  /** More than the file has: it is played there and back. */
  readonly pictures: number;
  /** Where the access units go, one behind the other; absent: nowhere. */
  readonly output?: string;
}

export interface EncodeAnswer {
  /** Bytes of each picture; 0: the rate control skipped it. */
  readonly sizes: readonly number[];
  /** Numbers of the pictures that are key frames. */
  readonly keyFrames: readonly number[];
  /** From the call to its answer, one picture at a time. */
  readonly latenciesUs: readonly number[];
  /**
   * User and system time of the process from each call to its answer. Reading the file and handing the picture over are the bench's, and
   * are left out here; the binding's price counts them.
   */
  readonly cpuUs: number;
  /** The highest resident size while it encoded, less that before the encoder was made. */
  readonly peakKib: number;
}

export interface DecodeJob {
  readonly codec: VideoCodecName;
  readonly implementation?: string;
  readonly input: string;
  readonly sizes: readonly number[];
  /** Whether all pictures are read and hashed; that takes time, so such a run is not one to time. */
  readonly digest?: boolean;
}

export interface DecodeAnswer {
  readonly pictures: number;
  /** SHA-256 of all pictures as I420; absent where it was not asked for. */
  readonly digest?: string;
  readonly latenciesUs: readonly number[];
  readonly cpuUs: number;
  readonly peakKib: number;
}

export function runEncode(job: EncodeJob): Promise<EncodeAnswer> {
  return answer<EncodeAnswer>('encode.ts', job);
}

export function runDecode(job: DecodeJob): Promise<DecodeAnswer> {
  return answer<DecodeAnswer>('decode.ts', job);
}

/** The command that does an encode job; for measuring the whole process from outside. */
export function encodeCommand(job: EncodeJob): readonly string[] {
  return [process.execPath, program('encode.ts'), JSON.stringify(job)];
}

async function answer<Answer>(file: string, job: unknown): Promise<Answer> {
  const { stdout } = await run(process.execPath, [program(file), JSON.stringify(job)], { maxBuffer: 1e8 });
  return JSON.parse(stdout) as Answer;
}

function program(file: string): string {
  return path.join(import.meta.dirname, file);
}
