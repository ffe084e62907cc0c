/** What somebody wishes to send of a source; it outlives what carries it. */
import type { SourceName } from '../../signaling/messages/requests.ts';
import type { MediaTrack, VideoCodec } from './capabilities.ts';
import { UnusableTrack } from './errors.ts';
import type { PublishOptions } from './produce-options.ts';

export interface Publication {
  readonly source: SourceName;
  track: MediaTrack;
  readonly options: PublishOptions;
  readonly done: PromiseWithResolvers<void>;
  paused: boolean;
  /** It was refused on this link. */
  failed: boolean;
  /** The codec that a switch under way leads to. */
  wanted: VideoCodec | null;
}

export function newPublication(source: SourceName, track: MediaTrack, options: PublishOptions): Publication {
  const done: PromiseWithResolvers<void> = Promise.withResolvers();
  // Nobody has to wait for a publication: what goes wrong is told by the `error` event too.
  done.promise.catch(() => undefined);
  return { source, track, options, done, paused: options.paused ?? false, failed: false, wanted: null };
}

/** @throws UnusableTrack where a track cannot take the place of the present one */
export function checkSuccessor({ source, track: present }: Publication, track: MediaTrack): void {
  if (track.kind !== present.kind) throw new UnusableTrack(`a track of ${track.kind} for ${source}`);
  if (track.readyState === 'ended') throw new UnusableTrack('the track has ended');
}
