/**
 * One video element that shows whatever track comes, for the whole life of a tile.
 *
 * What will surprise you: the element keeps one MediaStream whose track is exchanged. The last picture therefore stays on screen
 * until the next track has a frame; a new `srcObject` would go black in between.
 *
 * The element gets the stream while it is still empty: Chromium then shows each picture at the next refresh of the screen. Given
 * a stream that has a remote track already, it would smooth the pictures once more after the jitter buffer did, and where the
 * screen is slow drop every third of them for seconds. But not while the page loads: an element that waits for its first track
 * holds up the page's `load` event.
 */
export class Picture {
  readonly #stream = new MediaStream();
  #video: HTMLVideoElement | null = null;

  /** Shows in this element from now on; null takes it away. */
  attach(video: HTMLVideoElement | null): void {
    if (this.#video === video) return;
    if (this.#video !== null) this.#video.srcObject = null;
    this.#video = video;
    if (video === null) return;
    // As a property: the attribute alone does not mute an element that is made by script.
    video.muted = true;
    if (this.#stream.getVideoTracks().length > 0 || document.readyState === 'complete') {
      video.srcObject = this.#stream;
    }
  }

  /** Shows another track; null: nothing more comes. */
  show(track: MediaStreamTrack | null): void {
    const old = this.#stream.getVideoTracks();
    if (old.length === (track === null ? 0 : 1) && (track === null || old[0] === track)) return;
    for (const one of old) this.#stream.removeTrack(one);
    if (track === null) return;
    this.#stream.addTrack(track);
    if (this.#video !== null && this.#video.srcObject !== this.#stream) this.#video.srcObject = this.#stream;
    // An element that was out of the page or out of view for long may have been stopped by the browser.
    if (this.#video?.paused === true) this.#video.play().catch(() => undefined);
  }
}
