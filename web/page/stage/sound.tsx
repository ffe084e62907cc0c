/**
 * Plays somebody's sound; nothing of it is seen.
 *
 * What will surprise you: a browser may want a press before it plays anything. Then the page is given a function to call in one.
 */
import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { RemoteStream } from '../../sdk/index.ts';

export interface SoundProps {
  readonly stream: RemoteStream | null;
  /** Null: the system's choice. */
  readonly speakerId: string | null;
  readonly onBlocked: (play: () => void) => void;
}

export function Sound({ stream, speakerId, onBlocked }: SoundProps): JSX.Element {
  const element = useRef<HTMLAudioElement | null>(null);
  const blocked = useRef(onBlocked);
  blocked.current = onBlocked;
  useLayoutEffect(() => {
    const audio = element.current;
    if (audio === null || stream === null) return undefined;
    const start = (): void => {
      audio.play().catch((error: unknown) => {
        if (error instanceof DOMException && error.name === 'NotAllowedError') blocked.current(start);
      });
    };
    const play = (track: MediaStreamTrack): void => {
      audio.srcObject = new MediaStream([track]);
      start();
    };
    const silence = (): void => {
      audio.srcObject = null;
    };
    const offs = [stream.on('track', play), stream.on('ended', silence)];
    if (stream.track !== null) play(stream.track);
    return () => {
      for (const off of offs) off();
      silence();
    };
  }, [stream]);
  useLayoutEffect(() => {
    const audio = element.current;
    if (audio === null || !('setSinkId' in audio) || (speakerId === null && audio.sinkId === '')) return;
    // A device that is gone: the sound stays where it was.
    audio.setSinkId(speakerId ?? '').catch(() => undefined);
  }, [speakerId]);
  return <audio ref={element} autoplay />;
}
