/**
 * The tiles of a call and everything that they show: who is where, how large, and what the server should send for it.
 *
 * What will surprise you:
 * - Everybody's tile is in the document, also out of view: it is hidden and costs no picture, but its sound is heard.
 * - Tiles keep their order in the document whatever their places are: a video element that is moved there stops for a moment.
 * - Ownership: the stage owns the director and the reader of figures, and closes both; the call and the devices are its parent's.
 *   Another call needs another stage (another `key`).
 */
import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { LayoutChoice } from '../app/layout-choice.ts';
import { useEmitter, useSize } from '../view/hooks.ts';
import { useWords } from '../words/language.tsx';
import { type Arrangement, type Place, arrange } from './arrangement.ts';
import { useAttention, useFullScreen } from './attention.ts';
import { DetailsSheet } from './details-sheet.tsx';
import { Director, type StageCall, type StageDevices } from './director.ts';
import type { Glide } from './motion.ts';
import { Pager } from './pager.tsx';
import { type PipSource, pipKey, pipState, registerPip } from './pip.tsx';
import { sizesOf } from './sizes.ts';
import { StatsHub } from './stats-hub.ts';
import { Tile, type TileTools } from './tile.tsx';
import { useSwipe } from './use-swipe.ts';

export { canPictureInPicture, togglePictureInPicture } from './pip.tsx';

export interface StageProps {
  readonly call: StageCall;
  readonly devices: StageDevices;
  readonly ownName: string;
  readonly layout: LayoutChoice;
  /** Every tile begins with its details shown. */
  readonly detailsOpen: boolean;
  /** The own shared screen, shown small. */
  readonly screen: MediaStreamTrack | null;
  /** The device that plays the sound; null: the system's. */
  readonly speakerId: string | null;
  /** The browser wants a press before it plays sound; `play` is called in one. */
  readonly onSoundBlocked: (play: () => void) => void;
}

/** Details fit into a tile of this size, CSS pixels. */
const ROOMY = { width: 340, height: 280 } as const;

export function Stage(props: StageProps): JSX.Element {
  const { call, devices, ownName, layout, detailsOpen, screen, speakerId, onSoundBlocked } = props;
  const t = useWords();
  const section = useRef<HTMLElement | null>(null);
  const list = useRef<HTMLUListElement | null>(null);
  const [director] = useState(() => new Director(call, devices, { ownName, layout, screen }));
  const [hub] = useState(() => new StatsHub(call));
  useEffect(
    () => () => {
      director.close();
      hub.close();
    },
    [director, hub],
  );
  useLayoutEffect(() => director.setWishes({ ownName, layout, screen }), [director, ownName, layout, screen]);
  const scene = useEmitter(
    director,
    (from, changed) => [from.on('changed', changed)],
    (from) => from.scene,
  );
  const { cast, order, focus, speaking, pinned } = scene;

  const size = useSize(section);
  const [wishedPage, setPage] = useState(0);
  const [mainRatio, setMainRatio] = useState<number | null>(null);
  const ratios = useRef(new Map<string, number>());
  const mainIsScreen = cast.some(({ key, source }) => key === focus.main && source === 'screen');
  const ratio = mainIsScreen ? mainRatio : null;
  const kept = useRef<ReadonlyMap<string, Place>>(new Map());
  const arrangement = useMemo((): Arrangement => {
    const { layout: kind, main, floating } = focus;
    const made = arrange({
      layout: kind,
      space: size,
      order,
      main,
      floating,
      mainRatio: ratio,
      page: wishedPage,
    });
    return { ...made, places: keepPlaces(kept.current, made.places) };
  }, [focus, size, order, ratio, wishedPage]);
  const { places, page, pages, pager } = arrangement;
  const latest = useRef(places);
  latest.current = places;

  const glide = useRef<Glide>({ allowed: false });
  const sizeBefore = useRef(size);
  glide.current.allowed = sizeBefore.current === size && size.width > 0;
  useLayoutEffect(() => {
    sizeBefore.current = size;
    kept.current = places;
    director.setVisible(new Set(places.keys()));
  }, [director, places, size]);
  useLayoutEffect(() => {
    setMainRatio(focus.main === null ? null : (ratios.current.get(focus.main) ?? null));
  }, [focus.main]);

  const [opened, setOpened] = useState<ReadonlyMap<string, boolean>>(new Map());
  const [sheetKey, setSheetKey] = useState<string | null>(null);
  const isInside = (key: string): boolean => opened.get(key) ?? detailsOpen;
  const state = useRef({ isInside, onSoundBlocked });
  state.current = { isInside, onSoundBlocked };
  const tools = useMemo(
    (): TileTools => ({
      call,
      hub,
      glide: glide.current,
      onPin: (key) => {
        setPage(0);
        director.togglePin(key);
      },
      onDetails: (key) => {
        const inside = state.current.isInside(key);
        const place = latest.current.get(key);
        const isRoomy = place !== undefined && place.width >= ROOMY.width && place.height >= ROOMY.height;
        if (inside || isRoomy) setOpened((before) => new Map(before).set(key, !inside));
        else setSheetKey((before) => (before === key ? null : key));
      },
      onRatio: (key, value) => {
        ratios.current.set(key, value);
        if (director.scene.focus.main === key) setMainRatio(value);
      },
      onSoundBlocked: (play) => state.current.onSoundBlocked(play),
    }),
    [call, hub, director],
  );

  const attentive = useAttention();
  const fullElement = useFullScreen();
  const fullKey =
    cast.find(({ key }) => fullElement !== null && tileOf(list.current, cast, key) === fullElement)?.key ??
    null;
  const language = useRef(t.language);
  language.current = t.language;
  const pipSource = useMemo(
    (): PipSource => ({
      director,
      devices,
      language: () => language.current,
      videoOf: (key) => tileOf(list.current, director.scene.cast, key)?.querySelector('video') ?? null,
    }),
    [director, devices],
  );
  useEffect(() => registerPip(pipSource), [pipSource]);
  const pip = useEmitter(
    pipState,
    (from, changed) => [from.on('changed', changed)],
    () => pipKey(pipSource),
  );
  useLayoutEffect(() => {
    // Nothing is known yet of the space there is: what the server sends first is right until it is.
    if (size.width === 0) return;
    const seen = {
      places,
      attentive,
      fullScreen: fullKey,
      screen: { width: window.innerWidth, height: window.innerHeight },
      pip,
      ratio: window.devicePixelRatio,
    };
    for (const [stream, view] of sizesOf(cast, seen)) call.view(stream, view);
  }, [call, cast, places, size, attentive, fullKey, pip]);
  const swipe = useSwipe((step) => setPage((page + step + pages) % pages), pages > 1);

  const sheet = cast.find(({ key }) => key === sheetKey);
  return (
    <section
      ref={section}
      class="stage"
      aria-label={t('details.stage')}
      data-testid="grid"
      data-layout={focus.layout}
      data-count={cast.length}
      data-pages={pages}
      {...swipe}
    >
      <ul ref={list} class="seats">
        {cast.map((member) => (
          <Tile
            key={member.key}
            member={member}
            place={places.get(member.key) ?? null}
            speaking={member.source === 'camera' && member.key === speaking}
            pinned={member.key === pinned}
            fullScreen={member.key === fullKey}
            details={isInside(member.key) ? 'inside' : member.key === sheetKey ? 'elsewhere' : 'closed'}
            speakerId={speakerId}
            tools={tools}
          />
        ))}
      </ul>
      {pager === null ? null : <Pager box={pager} page={page} pages={pages} onTurn={setPage} />}
      {sheet === undefined ? null : (
        <DetailsSheet key={sheet.key} member={sheet} hub={hub} onClose={() => setSheetKey(null)} />
      )}
    </section>
  );
}

/** The earlier object for every place that did not change: its tile need not be drawn again. */
function keepPlaces(
  before: ReadonlyMap<string, Place>,
  now: ReadonlyMap<string, Place>,
): ReadonlyMap<string, Place> {
  const kept = new Map<string, Place>();
  for (const [key, place] of now) {
    const old = before.get(key);
    const same =
      old?.x === place.x &&
      old.y === place.y &&
      old.width === place.width &&
      old.height === place.height &&
      old.role === place.role;
    kept.set(key, same ? old : place);
  }
  return kept;
}

/** Tiles stand in the list in the order of the cast. */
function tileOf(
  list: HTMLUListElement | null,
  cast: readonly { readonly key: string }[],
  key: string,
): Element | null {
  const index = cast.findIndex((member) => member.key === key);
  return list?.children[index]?.firstElementChild ?? null;
}
