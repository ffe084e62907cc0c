/**
 * The signs of reactions, drawn here: fonts differ in their emoji, and some systems have none.
 *
 * What will surprise you: unlike the icons, which take the colour of the text around them, signs have colours of their own.
 */
import type { JSX } from 'preact';
import type { Reaction } from '../../sdk/index.ts';

const FACE = <circle cx="16" cy="16" r="13" fill="#f6c445" />;
const EYES = (
  <g fill="#4a3208">
    <ellipse cx="11.3" cy="13" rx="1.7" ry="2.2" />
    <ellipse cx="20.7" cy="13" rx="1.7" ry="2.2" />
  </g>
);

const SIGNS: Readonly<Record<Reaction, JSX.Element>> = {
  'thumbs-up': (
    <g>
      <path
        fill="#f6c445"
        d="M11 14.6 15.4 4.8c.4-.9 1.3-1.4 2.2-1.1 1.6.4 2.5 2 2.2 3.6l-.9 4.9h6.4c1.9 0 3.3 1.8 2.8 3.7l-2.1 8.3c-.4 1.5-1.7 2.5-3.2 2.5H11Z"
      />
      <rect x="4" y="13.6" width="6" height="13.6" rx="2" fill="#3f86c9" />
    </g>
  ),
  heart: (
    <path
      fill="#e5484d"
      d="M16 28C9.4 23.4 4 18.7 4 12.6 4 8.7 6.9 6 10.3 6c2.3 0 4.4 1.2 5.7 3.3C17.3 7.2 19.4 6 21.7 6 25.1 6 28 8.7 28 12.6 28 18.7 22.6 23.4 16 28Z"
    />
  ),
  laugh: (
    <g>
      {FACE}
      <g fill="none" stroke="#4a3208" stroke-width="2" stroke-linecap="round">
        <path d="M8.5 13.5q2.5-3 5 0M18.5 13.5q2.5-3 5 0" />
      </g>
      <path fill="#7a2f12" d="M8.5 17.5h15a7.5 7.5 0 0 1-15 0Z" />
      <path fill="#fff" d="M9 17.5h14l-.5 2.2h-13Z" />
    </g>
  ),
  clap: (
    <g>
      <g transform="rotate(-32 16 18)">
        <rect x="8.5" y="10" width="7" height="17" rx="3.5" fill="#e9ad2f" />
        <rect x="16.5" y="10" width="7" height="17" rx="3.5" fill="#f6c445" />
      </g>
      <g fill="none" stroke="#5cc4b2" stroke-width="2.2" stroke-linecap="round">
        <path d="M16 3v3.5M22.5 4.5l-1.5 3M9.5 4.5l1.5 3M27 9.5l-3 1.5" />
      </g>
    </g>
  ),
  wow: (
    <g>
      {FACE}
      {EYES}
      <ellipse cx="16" cy="21.5" rx="3.4" ry="4.3" fill="#7a2f12" />
    </g>
  ),
  party: (
    <g>
      <path fill="#b678e0" d="M4 28 11 11.5 20.5 21Z" />
      <path fill="#8a4fb8" d="m7 21 4.4 4.4L8 26.8 5.6 24.2ZM9.6 15l7.6 7.6-2.8 1.2-6-6Z" />
      <g fill="none" stroke-width="2.2" stroke-linecap="round">
        <path stroke="#e5484d" d="M15 11q4-1.5 2-6" />
        <path stroke="#3f86c9" d="M20.5 16.5q2-4 7-3" />
        <path stroke="#f6c445" d="m19.5 12 4-5" />
      </g>
      <g>
        <circle cx="26.5" cy="6.5" r="1.7" fill="#5cc4b2" />
        <circle cx="25" cy="20" r="1.7" fill="#e5484d" />
        <circle cx="12" cy="6" r="1.5" fill="#f6c445" />
      </g>
    </g>
  ),
};

/** Screen readers skip it: whatever is around it has words. */
export function ReactionSign({ reaction }: { readonly reaction: Reaction }): JSX.Element {
  return (
    <svg viewBox="0 0 32 32" class="reaction-sign" aria-hidden="true">
      {SIGNS[reaction]}
    </svg>
  );
}
