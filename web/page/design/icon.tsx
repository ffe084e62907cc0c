/** The page's icons: one set, drawn on a grid of 24 with strokes, in the colour of the text around them. */
import type { JSX } from 'preact';

const PATHS = {
  microphone: 'M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3Zm-7 8a7 7 0 0 0 14 0M12 18v3',
  'microphone-off':
    'M9 9v2a3 3 0 0 0 4.5 2.6M15 10.5V6a3 3 0 0 0-5.7-1.3M5 11a7 7 0 0 0 10.8 5.9M19 11a7 7 0 0 1-.6 2.8M12 18v3M4 3l16 18',
  camera:
    'M3 7.5A1.5 1.5 0 0 1 4.5 6h9A1.5 1.5 0 0 1 15 7.5v9a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 3 16.5Zm12 3 6-3.5v10l-6-3.5',
  'camera-off':
    'M8 6h5.5A1.5 1.5 0 0 1 15 7.5v5M15 16.5a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 3 16.5v-9A1.5 1.5 0 0 1 4 6.1M15 10.5l6-3.5v10l-4-2.3M3 3l18 18',
  screen: 'M3 5h18v11H3ZM8 20h8M12 16v4M12 13V8M9.5 10.5 12 8l2.5 2.5',
  'screen-off': 'M3 5h18v11H3ZM8 20h8M12 16v4M9.5 8l5 5M14.5 8l-5 5',
  hand: 'M7 12V6.5a1.5 1.5 0 0 1 3 0V11V4.5a1.5 1.5 0 0 1 3 0V11V5.5a1.5 1.5 0 0 1 3 0V13V9a1.5 1.5 0 0 1 3 0v5a7 7 0 0 1-7 7c-3 0-4.5-1.5-6-4l-2-3.5a1.5 1.5 0 0 1 2.5-1.5Z',
  smile: 'M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0ZM8.5 14.5a4.2 4.2 0 0 0 7 0M9 9.5v.01M15 9.5v.01',
  chat: 'M4 5h16v11H11l-4 4v-4H4ZM8 9h8M8 12h5',
  people:
    'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 20a6.5 6.5 0 0 1 13 0M16 4.3a3.5 3.5 0 0 1 0 6.4M18 14.5a6.5 6.5 0 0 1 3.5 5.5',
  leave: 'M10 4H6a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h4M15 8l4 4-4 4M19 12H9',
  link: 'M10 14a4 4 0 0 0 5.7 0l3.1-3.1a4 4 0 0 0-5.7-5.7L12 6.3M14 10a4 4 0 0 0-5.7 0l-3.1 3.1a4 4 0 0 0 5.7 5.7l1.1-1.1',
  qr: 'M4 4h6v6H4ZM14 4h6v6h-6ZM4 14h6v6H4ZM14 14h3v3h-3ZM20 14v.01M20 20v.01M17 20h-3M20 17v.01',
  info: 'M12 11v6M12 7.5v.01M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z',
  settings:
    'M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM12 2.5l1 3a6.7 6.7 0 0 1 2.3 1l3-.9 1.7 3-2.2 2.2a6.7 6.7 0 0 1 0 2.4l2.2 2.2-1.7 3-3-.9a6.7 6.7 0 0 1-2.3 1l-1 3h-.001l-1-3a6.7 6.7 0 0 1-2.3-1l-3 .9-1.7-3 2.2-2.2a6.7 6.7 0 0 1 0-2.4L4 8.6l1.7-3 3 .9a6.7 6.7 0 0 1 2.3-1Z',
  auto: 'M4 5h10v14H4ZM17 5h3v5.5h-3ZM17 13.5h3V19h-3Z',
  grid: 'M4 4h7v7H4ZM13 4h7v7h-7ZM4 13h7v7H4ZM13 13h7v7h-7Z',
  speaker: 'M4 4h16v11H4ZM4 18h4v2H4ZM10 18h4v2h-4ZM16 18h4v2h-4Z',
  spotlight: 'M3 5h18v14H3ZM7 9h10v6H7Z',
  pip: 'M3 5h18v14H3ZM12 12h7v5h-7Z',
  expand: 'M9 4H4v5M15 4h5v5M9 20H4v-5M15 20h5v-5',
  shrink: 'M4 9h5V4M20 9h-5V4M4 15h5v5M20 15h-5v5',
  more: 'M6 12v.01M12 12v.01M18 12v.01',
  before: 'M14.5 6 8.5 12l6 6',
  next: 'M9.5 6l6 6-6 6',
  close: 'M6 6l12 12M18 6 6 18',
  check: 'M4 12.5 9.5 18 20 6.5',
  warn: 'M12 4 2.5 20h19ZM12 10v5M12 17.5v.01',
  send: 'M4 12 20 4l-5 16-3.5-6.5ZM11.5 13.5 20 4',
  plus: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  pin: 'M9 4h6l-1 6 3 3H7l3-3ZM12 13v7',
  copy: 'M8 8h12v12H8ZM16 8V4H4v12h4',
  volume: 'M4 9.5v5h4l5 4v-13l-5 4ZM16.5 9a4.5 4.5 0 0 1 0 6M19 6.5a8 8 0 0 1 0 11',
  globe: 'M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0ZM3 12h18M12 3c5 5.5 5 12.5 0 18c-5-5.5-5-12.5 0-18Z',
  keyboard: 'M3 6h18v12H3ZM7 10v.01M11 10v.01M15 10v.01M17 10v.01M7 14h10',
} as const;

export type IconName = keyof typeof PATHS;

/** An icon that screen readers skip: the control around it has a name of its own. */
export function Icon({ name }: { readonly name: IconName }): JSX.Element {
  return (
    <svg viewBox="0 0 24 24" class="icon" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
