/**
 * One person or one shared screen: picture or letters, name, marks, how the picture comes, and a few buttons.
 *
 * What will surprise you:
 * - The video element stays the same for the tile's whole life, also while it is out of view: it is then hidden and nothing is sent
 *   for it, but its sound goes on.
 * - State stands in data attributes, for the style sheet and for tests alike: `data-participant`, `data-picture` (`live`, `waiting`,
 *   `off`, `unavailable`), `data-held` (no room on the network), `data-muted`, `data-speaking`, `data-via`, `data-source`,
 *   `data-quality`.
 * - A tile glides to its new place with transforms alone; its size is set once, so nothing is laid out while it moves.
 */
import type { JSX } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { RoundButton } from '../design/controls.tsx';
import { Icon } from '../design/icon.tsx';
import { memo } from '../view/memo.tsx';
import { useWords } from '../words/language.tsx';
import type { Translate } from '../words/translate.ts';
import type { Place } from './arrangement.ts';
import { Bursts } from './bursts.tsx';
import { type Member, SELF } from './cast.ts';
import { badgeWords, reasonWords, shareWords } from './detail-rows.ts';
import { Details } from './details.tsx';
import type { StageCall } from './director.ts';
import { canFullScreen, toggleFullScreen } from './full-screen.ts';
import { Avatar, QualityMark } from './marks.tsx';
import { type Glide, glideTo } from './motion.ts';
import { Sound } from './sound.tsx';
import type { StatsHub } from './stats-hub.ts';
import { usePicture } from './use-picture.ts';
import { asSentence } from './why-words.ts';

/** What all tiles share: the same object for the life of the stage. */
export interface TileTools {
  readonly call: StageCall;
  readonly hub: StatsHub;
  readonly glide: Glide;
  readonly onPin: (key: string) => void;
  readonly onDetails: (key: string) => void;
  /** The form of a picture: width by height. */
  readonly onRatio: (key: string, ratio: number) => void;
  readonly onSoundBlocked: (play: () => void) => void;
}

export interface TileProps {
  readonly member: Member;
  /** Null: out of view. */
  readonly place: Place | null;
  readonly speaking: boolean;
  readonly pinned: boolean;
  readonly fullScreen: boolean;
  /** Where the details are: inside the tile, elsewhere on the stage, or nowhere. */
  readonly details: 'inside' | 'elsewhere' | 'closed';
  readonly speakerId: string | null;
  readonly tools: TileTools;
}

export const Tile: ReturnType<typeof memo<TileProps>> = memo(TileView);

function TileView(props: TileProps): JSX.Element {
  const { member, place, speaking, pinned, fullScreen, details, speakerId, tools } = props;
  const t = useWords();
  const id = useId();
  const seat = useRef<HTMLLIElement | null>(null);
  const tile = useRef<HTMLElement | null>(null);
  const before = useRef<Place | null>(null);
  const video = usePicture(member);
  const label = labelOf(t, member);
  const badge = badgeWords(t, member);
  const reason = reasonWords(t, member);
  const via = member.self
    ? 'own'
    : member.state === 'unavailable'
      ? 'none'
      : (member.delivery?.via ?? 'none');

  useLayoutEffect(() => {
    if (seat.current !== null) glideTo(seat.current, before.current, place, tools.glide);
    before.current = place;
  }, [place, tools]);

  return (
    <li
      ref={seat}
      class="seat"
      hidden={place === null}
      data-role={place?.role}
      style={
        place === null
          ? undefined
          : {
              transform: `translate(${place.x}px,${place.y}px)`,
              width: `${place.width}px`,
              height: `${place.height}px`,
            }
      }
    >
      <article
        ref={tile}
        class="tile"
        aria-label={label}
        data-testid="tile"
        data-participant={member.name}
        data-self={member.self}
        data-source={member.source}
        data-picture={member.state}
        data-held={member.share?.held === true}
        data-muted={member.muted}
        data-speaking={speaking}
        data-via={via}
        data-quality={member.quality}
        data-pinned={pinned}
      >
        {member.source === 'camera' ? <Avatar name={member.name} /> : null}
        <video
          ref={video}
          class={isMirrored(member) ? 'mirrored' : ''}
          autoplay
          playsInline
          aria-hidden="true"
          data-testid="video"
          onResize={(event) => {
            const { videoWidth, videoHeight } = event.currentTarget;
            if (videoWidth === 0 || videoHeight === 0) return;
            tools.onRatio(member.key, videoWidth / videoHeight);
            // A telephone held upright would lose head and hands in a wide tile.
            event.currentTarget.toggleAttribute('data-tall', videoHeight > videoWidth);
          }}
        />
        <Message member={member} reason={reason} />
        {member.quality === 'lost' && !member.self ? (
          <p class="tile-veil">
            <span class="spinner" aria-hidden="true" />
            {t('details.reconnecting')}
          </p>
        ) : null}
        {member.share?.held === true && member.quality !== 'lost' && member.state === 'live' ? (
          <p class="tile-veil" data-testid="held" title={asSentence(shareWords(t, member.share))}>
            {t('details.held')}
          </p>
        ) : null}
        <Bursts call={tools.call} participantId={member.key === SELF ? null : burstsOf(member)} />
        {member.handRaised ? (
          <span class="tile-hand" title={t('details.hand')}>
            <Icon name="hand" />
            <span class="only-read">{t('details.hand')}</span>
          </span>
        ) : null}
        <div class="tile-foot">
          <span class="plate">
            {member.muted && member.source === 'camera' ? (
              <span class="muted-mark">
                <Icon name="microphone-off" />
                <span class="only-read">{t('details.muted')}</span>
              </span>
            ) : null}
            <span class="name" data-testid="tile-name">
              {label}
            </span>
            <QualityMark quality={member.quality} />
          </span>
          <span class="badge" data-testid="badge" data-via={via} title={reason}>
            {badge}
          </span>
        </div>
        {details === 'inside' ? <Details id={id} member={member} hub={tools.hub} /> : null}
        <div class="tile-tools">
          <RoundButton
            icon="pin"
            label={t(pinned ? 'details.unpin' : 'details.pin', { name: label })}
            testId="pin"
            pressed={pinned}
            onPress={() => tools.onPin(member.key)}
          />
          {canFullScreen() ? (
            <RoundButton
              icon={fullScreen ? 'shrink' : 'expand'}
              label={fullScreen ? t('details.full-screen.leave') : t('details.full-screen', { name: label })}
              testId="full-screen"
              onPress={() => {
                if (tile.current !== null) void toggleFullScreen(tile.current);
              }}
            />
          ) : null}
          <button
            type="button"
            class="round-button"
            aria-label={t(details === 'closed' ? 'details.show' : 'details.hide', { name: label })}
            title={t(details === 'closed' ? 'details.show' : 'details.hide', { name: label })}
            aria-expanded={details !== 'closed'}
            aria-controls={details === 'inside' ? id : undefined}
            data-testid="details-toggle"
            onClick={() => tools.onDetails(member.key)}
          >
            <Icon name="info" />
          </button>
        </div>
        {member.self ? null : (
          <Sound stream={member.sound} speakerId={speakerId} onBlocked={tools.onSoundBlocked} />
        )}
      </article>
    </li>
  );
}

/** What is said where a picture should be and is not. */
function Message({
  member,
  reason,
}: {
  readonly member: Member;
  readonly reason: string;
}): JSX.Element | null {
  const t = useWords();
  if (member.state === 'unavailable') {
    return (
      <p class="tile-message">
        <strong>{t('details.unavailable')}</strong>
        <span>{asSentence(reason)}</span>
      </p>
    );
  }
  if (member.state === 'waiting' && member.source === 'screen') {
    return <p class="tile-message">{t('details.screen-waiting')}</p>;
  }
  return null;
}

export function labelOf(t: Translate, { name, self, source }: Member): string {
  if (source === 'screen') return self ? t('details.screen-own') : t('details.screen-of', { name });
  return self ? t('details.you', { name }) : name;
}

/** Reactions rise over persons. */
function burstsOf(member: Member): string {
  return member.source === 'camera' ? (member.participantId ?? '') : '';
}

/** One expects a mirror of oneself; of a camera that looks away, one expects what it sees. */
function isMirrored({ self, source, track }: Member): boolean {
  return self && source === 'camera' && track?.getSettings().facingMode !== 'environment';
}
