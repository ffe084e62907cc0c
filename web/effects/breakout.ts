/**
 * Video as streams of frames, as Chromium offers it in windows (mediacapture-transform, an earlier draft; the types of the
 * DOM leave it out). Other browsers lack it, or have it in workers only. Declares, and does nothing.
 */

interface TrackProcessor {
  readonly readable: ReadableStream<VideoFrame>;
}

interface TrackGenerator extends MediaStreamTrack {
  readonly writable: WritableStream<VideoFrame>;
}

declare global {
  var MediaStreamTrackProcessor:
    | (new (init: { readonly track: MediaStreamTrack; readonly maxBufferSize?: number }) => TrackProcessor)
    | undefined;
  var MediaStreamTrackGenerator: (new (init: { readonly kind: 'video' }) => TrackGenerator) | undefined;
}
