/** Who is seen how large, as the server should know it. Pure. */
import type { RemoteStream, ViewSize } from '../../sdk/index.ts';
import type { Place, Space } from './arrangement.ts';
import type { Member } from './cast.ts';
import { OUT_OF_VIEW, viewSizeOf } from './view-size.ts';

export interface Seen {
  readonly places: ReadonlyMap<string, Place>;
  /** Whether anybody looks at the page. */
  readonly attentive: boolean;
  /** Key of the tile that fills the screen, and the screen's size. */
  readonly fullScreen: string | null;
  readonly screen: Space;
  /** Key of who is shown in picture-in-picture. */
  readonly pip: string | null;
  /** Device pixels for each CSS pixel. */
  readonly ratio: number;
}

/** A small window over other programs: about so large. */
const PIP_SPACE: Space = { width: 480, height: 270 };

/** A size for every picture of somebody else; 0 x 0 for who is not seen. */
export function sizesOf(cast: readonly Member[], seen: Seen): (readonly [RemoteStream, ViewSize])[] {
  return cast.flatMap((member): (readonly [RemoteStream, ViewSize])[] =>
    member.picture === null ? [] : [[member.picture, sizeOf(member.key, seen)]],
  );
}

function sizeOf(key: string, { places, attentive, fullScreen, screen, pip, ratio }: Seen): ViewSize {
  const inPip = key === pip ? viewSizeOf(PIP_SPACE, ratio) : OUT_OF_VIEW;
  if (!attentive) return inPip;
  const box = fullScreen === null ? places.get(key) : fullScreen === key ? screen : undefined;
  const onPage = box === undefined ? OUT_OF_VIEW : viewSizeOf(box, ratio);
  return { width: Math.max(inPip.width, onPage.width), height: Math.max(inPip.height, onPage.height) };
}
