/** How a person wants the tiles arranged; `auto` leaves it to the page. */
export const LAYOUT_CHOICES = ['auto', 'grid', 'speaker', 'spotlight'] as const;
export type LayoutChoice = (typeof LAYOUT_CHOICES)[number];
