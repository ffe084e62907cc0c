/** The panel of a tile: every figure of a stream, and why it comes the way it does. */
import type { ReceivedStats, SentStats, StreamFigures } from '../sdk/index.ts';
import { h, setText } from './dom.ts';
import {
  bitrateWords,
  codecWords,
  frameRateWords,
  lossWords,
  millisecondsWords,
  sizeWords,
} from './words.ts';

const ROWS = {
  path: 'Way here',
  reason: 'Why',
  codec: 'Video',
  size: 'Resolution',
  rate: 'Frame rate',
  bitrate: 'Bitrate',
  loss: 'Loss',
  rtt: 'Round trip',
  jitter: 'Jitter',
  freezes: 'Freezes',
  sound: 'Sound',
} as const;
type Row = keyof typeof ROWS;

export interface TileDetails {
  readonly element: HTMLElement;
  showVideo(figures: (StreamFigures & { readonly codec: string }) | undefined): void;
  showSound(figures: ReceivedStats | SentStats | undefined): void;
  showDelivery(path: string, reason: string): void;
}

/** @param id The element's id, for the button that opens it. */
export function tileDetails(id: string): TileDetails {
  // It scrolls where the tile is small, so the keyboard must reach it.
  const element = h('dl', { id, class: 'details', tabindex: 0, 'data-testid': 'details' });
  const cells = new Map<Row, HTMLElement>();
  for (const row of Object.keys(ROWS).filter((name): name is Row => Object.hasOwn(ROWS, name))) {
    const cell = h('dd', { 'data-field': row }, '–');
    cells.set(row, cell);
    element.append(h('div', {}, h('dt', {}, ROWS[row]), cell));
  }
  const write = (row: Row, text: string): void => {
    const cell = cells.get(row);
    if (cell !== undefined) setText(cell, text);
  };
  return {
    element,
    showVideo: (figures) => {
      write('codec', figures === undefined ? 'none' : codecWords(figures.codec));
      write('size', figures === undefined ? '–' : sizeWords(figures.width, figures.height));
      write('rate', frameRateWords(figures?.frameRate ?? null));
      write('bitrate', bitrateWords(figures?.bitrateBps ?? null));
      write('loss', figures === undefined ? '–' : lossWords(figures.lossRatio, figures.packetsLost));
      write('rtt', millisecondsWords(figures?.rttMs ?? null));
      write('jitter', millisecondsWords(figures?.jitterMs ?? null));
      write('freezes', figures === undefined ? '–' : String(figures.freezeCount));
    },
    showSound: (figures) =>
      write(
        'sound',
        figures === undefined
          ? 'none'
          : `${codecWords(figures.codec)}, ${bitrateWords(figures.bitrateBps)}, loss ${lossWords(figures.lossRatio, figures.packetsLost)}`,
      ),
    showDelivery: (path, reason) => {
      write('path', path);
      write('reason', reason);
    },
  };
}
