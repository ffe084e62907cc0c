/**
 * Which layer of a stream a view needs: the smallest one that fills it. Pure.
 *
 * What will surprise you:
 * - "Fills" is meant as CSS `object-fit: cover`: the picture is scaled until it covers the whole view, so the side that needs
 *   more decides. Whoever shows whole pictures says how large the picture itself is then.
 * - A view of 0 x 0 is hidden and needs no layer at all; one that nobody has measured yet (null) may need the largest.
 */

/** In pixels. */
export interface ViewSize {
  readonly width: number;
  readonly height: number;
}

/** One layer of simulcast, from the smallest. */
export interface LayerScale {
  readonly scaleResolutionDownBy?: number | undefined;
}

/** The layers of a stream; mediasoup keeps what it has no name for, but its types do not say so. */
export function layersOf({
  encodings = [],
}: {
  readonly encodings?: readonly object[];
}): readonly LayerScale[] {
  return encodings.map((encoding) =>
    'scaleResolutionDownBy' in encoding &&
    typeof encoding.scaleResolutionDownBy === 'number' &&
    encoding.scaleResolutionDownBy >= 1
      ? { scaleResolutionDownBy: encoding.scaleResolutionDownBy }
      : {},
  );
}

/** A picture that is stretched by less than this is not seen to be. */
const STRETCH_TOLERANCE = 1.1;
/** Assumed where a publisher did not say: what most cameras give. */
const DEFAULT_PICTURE: ViewSize = { width: 1280, height: 720 };

export function isHidden(view: ViewSize | null): boolean {
  return view !== null && (view.width === 0 || view.height === 0);
}

/**
 * @param view null: its size is not known
 * @param picture as the publisher captures it; null: unknown
 * @param encodings of the stream, smallest first; each halves the next one where it does not say (RFC 8853 leaves it open, and
 *   this is what browsers do)
 * @returns the index of the layer, or null where the view is hidden
 */
export function layerFor(
  view: ViewSize | null,
  picture: ViewSize | null,
  encodings: readonly LayerScale[],
): number | null {
  const largest = Math.max(0, encodings.length - 1);
  if (view === null) return largest;
  if (isHidden(view)) return null;
  const { width, height } = picture ?? DEFAULT_PICTURE;
  const fills = encodings.findIndex(({ scaleResolutionDownBy }, index) => {
    const scale = scaleResolutionDownBy ?? 2 ** (largest - index);
    return Math.max(view.width / (width / scale), view.height / (height / scale)) <= STRETCH_TOLERANCE;
  });
  return fills === -1 ? largest : fills;
}

/** The view that needs most of several: one of unknown size, else the widest and highest; hidden where all are. */
export function largestView(views: readonly (ViewSize | null)[]): ViewSize | null {
  let width = 0;
  let height = 0;
  for (const view of views) {
    if (view === null) return null;
    if (isHidden(view)) continue;
    width = Math.max(width, view.width);
    height = Math.max(height, view.height);
  }
  return { width, height };
}
