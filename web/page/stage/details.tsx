/**
 * Everything that is known of a stream: figures, the reason for the way it comes, and the last minute in small plots.
 *
 * What will surprise you: it is drawn again once a second while it is open, and only it.
 */
import type { JSX } from 'preact';
import { useEmitter } from '../view/hooks.ts';
import { useWords } from '../words/language.tsx';
import type { Key } from '../words/translate.ts';
import type { Member } from './cast.ts';
import { type Row, detailRows } from './detail-rows.ts';
import { bitrateWords, fpsWords, msWords, percentWords } from './figure-words.ts';
import { SERIES, type Series } from './history.ts';
import { niceTop, plotPath, spanOf } from './plot.ts';
import type { StatsHub } from './stats-hub.ts';

export interface DetailsProps {
  readonly id: string;
  readonly member: Member;
  readonly hub: StatsHub;
}

export function Details({ id, member, hub }: DetailsProps): JSX.Element {
  const t = useWords();
  useEmitter(
    hub,
    (source, changed) => [source.on('tick', changed)],
    (source) => source.latest,
  );
  const { self, source } = member;
  const video = self ? source : member.picture;
  const sound = self ? (source === 'screen' ? 'screen-audio' : 'microphone') : member.sound;
  const rows = detailRows(t, member, {
    video: hub.figuresOf(video),
    sound: hub.figuresOf(sound),
    path: (self ? hub.latest?.sendPath : hub.latest?.receivePath) ?? null,
    network: hub.network,
  });
  const history = hub.historyOf(video);
  return (
    // It scrolls where the tile is small, so the keyboard must reach it.
    <div
      class="details"
      id={id}
      role="group"
      tabIndex={0}
      aria-label={t('details.of', { name: member.name })}
    >
      <dl data-testid="details">
        {rows.slice(0, BEFORE_PLOTS).map(drawn)}
        <div class="plots-row">
          <dt class="only-read">{t('details.plots')}</dt>
          <dd class="plots">
            {SERIES.map((series) => (
              <Plot key={series} series={series} values={history?.values(series) ?? NOTHING} />
            ))}
          </dd>
        </div>
        {rows.slice(BEFORE_PLOTS).map(drawn)}
      </dl>
    </div>
  );
}

function drawn({ field, label, value }: Row): JSX.Element {
  return (
    <div key={field}>
      <dt>{label}</dt>
      <dd data-field={field}>{value === '' ? '–' : value}</dd>
    </div>
  );
}

/** The way and its reason come first, even in a small tile. */
const BEFORE_PLOTS = 2;
const NOTHING = new Float32Array(0);
const LABELS: Readonly<Record<Series, Key>> = {
  bitrate: 'details.bitrate',
  rate: 'details.rate',
  loss: 'details.loss',
  rtt: 'details.rtt',
};
/** The axis reaches at least so far: a quiet stream is drawn low, not magnified. */
const LEAST_TOP: Readonly<Record<Series, number>> = { bitrate: 100_000, rate: 10, loss: 0.02, rtt: 50 };
const FORMATS = { bitrate: bitrateWords, rate: fpsWords, loss: percentWords, rtt: msWords } as const;
const WIDTH = 120;
const HEIGHT = 32;

function Plot({ series, values }: { readonly series: Series; readonly values: Float32Array }): JSX.Element {
  const t = useWords();
  const what = t(LABELS[series]);
  const format = (value: number): string => FORMATS[series](t, value);
  const span = spanOf(values);
  const text =
    span === null
      ? t('details.plot.empty', { what })
      : t('details.plot.text', {
          what,
          lowest: format(span.lowest),
          highest: format(span.highest),
          last: format(span.last),
        });
  const line = plotPath(values, niceTop(values, LEAST_TOP[series]), WIDTH, HEIGHT);
  return (
    <figure class="plot" data-series={series}>
      <figcaption aria-hidden="true">
        <span>{what}</span>
        <b>{span === null ? '–' : format(span.last)}</b>
      </figcaption>
      <svg viewBox={`0 -1 ${WIDTH} ${HEIGHT + 2}`} preserveAspectRatio="none" role="img" aria-label={text}>
        <path class="plot-floor" d={`M0 ${HEIGHT}H${WIDTH}`} />
        <path class="plot-line" d={line} />
      </svg>
    </figure>
  );
}
