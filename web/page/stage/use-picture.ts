/** Ties a video element of a view to a member's picture. */
import { useCallback, useLayoutEffect, useState } from 'preact/hooks';
import type { Member } from './cast.ts';
import { Picture } from './picture.ts';

/** @returns The `ref` of the video element. */
export function usePicture(member: Member | null): (video: HTMLVideoElement | null) => void {
  const [picture] = useState(() => new Picture());
  const stream = member?.picture ?? null;
  const track = member?.track ?? null;
  useLayoutEffect(() => {
    if (stream === null) {
      picture.show(track);
      return undefined;
    }
    picture.show(stream.track);
    const offs = [
      stream.on('track', (next) => picture.show(next)),
      stream.on('ended', () => picture.show(null)),
    ];
    return () => {
      for (const off of offs) off();
    };
  }, [picture, stream, track]);
  return useCallback((video: HTMLVideoElement | null) => picture.attach(video), [picture]);
}
