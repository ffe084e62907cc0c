/** What the suites of sound run for. */
import type { AudioCodecName } from '../audio-types.ts';
import { createCodecEngine } from '../engine.ts';
import { HOME_RATES } from './sound.ts';

export interface SoundImplementation {
  readonly codec: AudioCodecName;
  readonly implementation: string;
}

const isSound = (codec: string): codec is AudioCodecName => Object.hasOwn(HOME_RATES, codec);

/** Every implementation of a codec of sound that can be used on this machine. */
export async function soundImplementations(direction: 'encode' | 'decode'): Promise<SoundImplementation[]> {
  const engine = createCodecEngine({ threads: 1 });
  const found = engine
    .probe()
    .flatMap((info) =>
      isSound(info.codec) && info.direction === direction
        ? [{ codec: info.codec, implementation: info.name }]
        : [],
    );
  await engine.close();
  return found;
}
