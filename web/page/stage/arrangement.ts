/**
 * Where every tile of a call stands. Pure: from a space and who is to be seen to a rectangle for each.
 *
 * What will surprise you:
 * - A tile prefers 16:9 and may become narrower where that makes it larger: down to 4:3 in a wide space, to 3:4 in a tall one, to a
 *   square on a telephone that lies. The picture fills its tile, so a narrower tile loses its sides, where nobody's face is.
 * - Who has no place is out of view and costs nothing. More people than fit legibly come in pages; the row that turns pages has
 *   its own box, so that it covers nobody.
 * - Every number is a whole CSS pixel: edges stay sharp.
 */

/** A rectangle inside the stage, CSS pixels from its top left corner. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Space {
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
}

export type Layout = 'grid' | 'speaker' | 'spotlight' | 'screen';
export type Role = 'cell' | 'main' | 'strip' | 'float';

export interface Place extends Box {
  readonly role: Role;
}

export interface ArrangeInput {
  readonly layout: Layout;
  readonly space: Space;
  /** Every tile, in order of places. */
  readonly order: readonly string[];
  /** The large one; null in a grid. */
  readonly main: string | null;
  /** The one in the corner. */
  readonly floating: string | null;
  /** Width by height of the large picture; null where it is not known. */
  readonly mainRatio: number | null;
  /** From 0. One that is too high counts as the last. */
  readonly page: number;
}

export interface Arrangement {
  /** Who is in view, and where. */
  readonly places: ReadonlyMap<string, Place>;
  /** From 0, below `pages`. */
  readonly page: number;
  readonly pages: number;
  /** Where the row that turns pages stands; null where there is one page. */
  readonly pager: Box | null;
}

const WIDE = 16 / 9;
const NARROWEST = 3 / 4;
const CLASSIC = 4 / 3;
/** Height of the row that turns pages: a finger hits it. */
export const PAGER_HEIGHT = 44;

/** Space between tiles, CSS pixels. */
export function gapFor(space: Space): number {
  return isSmall(space) ? 6 : 10;
}

function isSmall({ width, height }: Space): boolean {
  return Math.min(width, height) < 480;
}

/** The narrowest tile that a space asks for, width by height: on a telephone a face is worth more than what is beside it. */
function narrowestFor({ width, height }: Space): number {
  if (height <= 0) return CLASSIC;
  return Math.min(isSmall({ width, height }) ? 1 : CLASSIC, Math.max(NARROWEST, width / height));
}

interface Cells {
  readonly columns: number;
  readonly rows: number;
  readonly width: number;
  readonly height: number;
}

function cellsOf(columns: number, count: number, space: Space, gap: number, narrowest: number): Cells {
  const rows = Math.ceil(count / columns);
  const width = Math.max(0, (space.width - gap * (columns - 1)) / columns);
  const height = Math.max(0, (space.height - gap * (rows - 1)) / rows);
  return {
    columns,
    rows,
    width: Math.floor(Math.min(width, height * WIDE)),
    height: Math.floor(Math.min(height, width / narrowest)),
  };
}

/** Since the sides are what is cut, a tile's height says how large a face is: it counts more than the width. */
function worth({ width, height }: Cells): number {
  return Math.sqrt(width) * height ** 1.5;
}

/** The columns with which people become as large as they can. */
function bestCells(count: number, space: Space, gap: number, narrowest: number): Cells {
  let best = cellsOf(1, count, space, gap, narrowest);
  for (let columns = 2; columns <= count; columns++) {
    const cells = cellsOf(columns, count, space, gap, narrowest);
    if (worth(cells) > worth(best)) best = cells;
  }
  return best;
}

/**
 * Equal tiles, as large as they can be, centred; the last row is centred by itself.
 *
 * @param count How many, at least 1.
 * @param narrowest Width by height that a tile never falls below. @default from the space
 * @param sized The tiles are as large as if they were so many: a last page looks like the others. @default count
 */
export function gridBoxes(
  count: number,
  space: Space,
  gap: number,
  narrowest: number = narrowestFor(space),
  sized: number = count,
): Box[] {
  if (count <= 0) return [];
  const { columns, width, height } = bestCells(sized, space, gap, narrowest);
  const rows = Math.ceil(count / columns);
  const top = (space.height - rows * height - gap * (rows - 1)) / 2;
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / columns);
    const inRow = Math.min(columns, count - row * columns);
    const left = (space.width - inRow * width - gap * (inRow - 1)) / 2;
    return {
      x: Math.max(0, Math.floor(left + (index % columns) * (width + gap))),
      y: Math.max(0, Math.floor(top + row * (height + gap))),
      width,
      height,
    };
  });
}

interface Legible {
  readonly width: number;
  readonly height: number;
  readonly most: number;
}

/** A tile below this says nothing; more of them than this are a burden for the eye and for the machine. */
function legibleCell({ width }: Space): Legible {
  if (width < 640) return { width: 120, height: 100, most: 12 };
  return { width: 190, height: 104, most: width < 1600 ? 16 : width < 2560 ? 25 : 49 };
}

const LEGIBLE_IN_STRIP: Legible = { width: 104, height: 64, most: 16 };

/** How many equal tiles a space holds so that each is legible; at least one. */
function capacityOf(space: Space, gap: number, narrowest: number, legible: Legible): number {
  for (let count = legible.most; count > 1; count--) {
    const cells = bestCells(count, space, gap, narrowest);
    if (cells.width >= legible.width && cells.height >= legible.height) return count;
  }
  return 1;
}

interface Paged {
  readonly places: readonly (readonly [string, Box])[];
  readonly page: number;
  readonly pages: number;
  readonly pager: Box | null;
}

/** Equal tiles inside a part of the stage, in pages where they are too many. */
function paged(
  keys: readonly string[],
  area: Box,
  gap: number,
  wishedPage: number,
  narrowest: number,
  legible: Legible,
): Paged {
  if (keys.length === 0) return { places: [], page: 0, pages: 1, pager: null };
  const whole = capacityOf(area, gap, narrowest, legible);
  const fits = keys.length <= whole;
  const rest = { width: area.width, height: Math.max(0, area.height - PAGER_HEIGHT - gap) };
  const space = fits ? area : rest;
  const capacity = fits ? keys.length : capacityOf(rest, gap, narrowest, legible);
  const pages = Math.ceil(keys.length / capacity);
  const page = Math.min(Math.max(0, wishedPage), pages - 1);
  const seen = keys.slice(page * capacity, (page + 1) * capacity);
  const boxes = gridBoxes(seen.length, space, gap, narrowest, capacity);
  const places = seen.flatMap((key, index): (readonly [string, Box])[] => {
    const box = boxes[index];
    return box === undefined ? [] : [[key, { ...box, x: box.x + area.x, y: box.y + area.y }]];
  });
  const pager: Box = {
    x: area.x,
    y: area.y + Math.max(0, area.height - PAGER_HEIGHT),
    width: area.width,
    height: Math.min(PAGER_HEIGHT, area.height),
  };
  return { places, page, pages, pager: pages > 1 ? pager : null };
}

interface Split {
  readonly main: Box;
  readonly strip: Box;
}

const areaAt = (ratio: number, { width, height }: Space): number => {
  const fitted = Math.min(width, height * ratio);
  return (fitted * fitted) / ratio;
};

/** The large tile and the part for the others: beside or below, whichever leaves the large picture more. */
export function splitFor(space: Space, gap: number, ratio: number): Split {
  const { width, height } = space;
  // What the large picture leaves over is the others', up to a limit; and they have a little in any case.
  const share = (whole: number, left: number, least: number): number =>
    Math.floor(Math.min(whole * 0.56, Math.max(left, Math.min(whole * 0.34, Math.max(least, whole * 0.17)))));
  const stripWidth = share(width, width - gap - height * ratio, 150);
  const stripHeight = share(height, height - gap - width / ratio, 96);
  const beside: Split = {
    main: { x: 0, y: 0, width: Math.max(0, width - gap - stripWidth), height },
    strip: { x: width - stripWidth, y: 0, width: stripWidth, height },
  };
  const below: Split = {
    main: { x: 0, y: 0, width, height: Math.max(0, height - gap - stripHeight) },
    strip: { x: 0, y: height - stripHeight, width, height: stripHeight },
  };
  return areaAt(ratio, beside.main) >= areaAt(ratio, below.main) ? beside : below;
}

/** The corner at the upper right: names and controls of the tile below stand at its foot. */
export function floatingBox({ width, height }: Space, gap: number): Box {
  const tall = height > width;
  const tileWidth = Math.floor(Math.min(width * 0.3, Math.max(96, Math.min(280, width * 0.2))));
  const tileHeight = Math.floor(Math.min(height * 0.4, tall ? tileWidth / NARROWEST : tileWidth / WIDE));
  return {
    x: Math.max(0, width - tileWidth - gap),
    y: Math.min(gap, height),
    width: tileWidth,
    height: tileHeight,
  };
}

/** Places for everybody who is to be seen. */
export function arrange(input: ArrangeInput): Arrangement {
  const { layout, order, main, floating, page } = input;
  const space: Space = {
    width: Math.max(0, Math.floor(input.space.width)),
    height: Math.max(0, Math.floor(input.space.height)),
  };
  const gap = gapFor(space);
  const whole: Box = { x: 0, y: 0, ...space };
  const places = new Map<string, Place>();
  const put = (entries: readonly (readonly [string, Box])[], role: Role): void => {
    for (const [key, box] of entries) places.set(key, { ...box, role });
  };
  const others = order.filter((key) => key !== main && key !== floating);
  let rest: Paged = { places: [], page: 0, pages: 1, pager: null };
  if (main === null || !order.includes(main)) {
    rest = paged(others, whole, gap, page, narrowestFor(space), legibleCell(space));
    put(rest.places, 'cell');
  } else if (layout === 'spotlight' || others.length === 0) {
    put([[main, whole]], 'main');
  } else {
    const tall = space.height > space.width;
    // A person fills a tall space; what is on a screen has the form that it has.
    const ratio = input.mainRatio ?? (layout === 'screen' || !tall ? WIDE : 1);
    const split = splitFor(space, gap, ratio);
    put([[main, split.main]], 'main');
    rest = paged(others, split.strip, gap, page, stripNarrowest(split.strip), LEGIBLE_IN_STRIP);
    put(rest.places, 'strip');
  }
  if (floating !== null && floating !== main && order.includes(floating)) {
    put([[floating, floatingBox(space, gap)]], 'float');
  }
  return { places, page: rest.page, pages: rest.pages, pager: rest.pager };
}

/** A column of people keeps them upright; a row below may show them narrower. */
function stripNarrowest(strip: Box): number {
  return strip.height > strip.width ? CLASSIC : 1;
}
