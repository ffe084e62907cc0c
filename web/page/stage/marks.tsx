/** Small marks of a tile: letters instead of a picture, quality of the network. */
import type { JSX } from 'preact';
import type { Quality } from '../../sdk/index.ts';
import { useWords } from '../words/language.tsx';
import { initialsOf, tintOf } from './figure-words.ts';

const TINTS = 8;

/** What stands for a person who shows no picture. */
export function Avatar({ name }: { readonly name: string }): JSX.Element {
  return (
    <div class="avatar-place" aria-hidden="true">
      <span class="avatar-letters" data-tint={tintOf(name, TINTS)}>
        {initialsOf(name)}
      </span>
    </div>
  );
}

const BARS: Readonly<Record<Quality, number>> = { good: 3, fair: 2, poor: 1, lost: 0 };

/** Three bars, and the same in words for screen readers. */
export function QualityMark({ quality }: { readonly quality: Quality }): JSX.Element {
  const t = useWords();
  const words = t(`details.quality.${quality}`);
  return (
    <span class="quality" data-quality={quality} title={words}>
      <svg viewBox="0 0 14 12" aria-hidden="true">
        {[0, 1, 2].map((bar) => (
          <rect
            key={bar}
            class={bar < BARS[quality] ? 'on' : 'off'}
            x={bar * 5}
            y={8 - bar * 4}
            width="3.5"
            height={4 + bar * 4}
            rx="1"
          />
        ))}
      </svg>
      <span class="only-read">{words}</span>
    </span>
  );
}
