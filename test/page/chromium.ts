/** Chromium's track generator and processor (mediacapture-transform, main-thread form), which TypeScript's DOM types lack. */

interface TrackGenerator extends MediaStreamTrack {
  readonly writable: WritableStream<VideoFrame>;
}

interface TrackProcessor {
  readonly readable: ReadableStream<AudioData>;
}

declare const MediaStreamTrackGenerator: new (init: { kind: 'video' }) => TrackGenerator;
declare const MediaStreamTrackProcessor: new (init: {
  track: MediaStreamTrack;
  maxBufferSize: number;
}) => TrackProcessor;

/** A video track that shows what is written to it. */
export function createVideoTrack(): TrackGenerator {
  return new MediaStreamTrackGenerator({ kind: 'video' });
}

/** The sound of a track as it arrives; at most `maxBufferSize` pieces (10 ms each) wait for the reader. */
export function audioDataOf(track: MediaStreamTrack, maxBufferSize: number): ReadableStream<AudioData> {
  return new MediaStreamTrackProcessor({ track, maxBufferSize }).readable;
}
