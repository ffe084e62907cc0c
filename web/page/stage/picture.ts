/**
 * One video element that shows whatever track comes, for the whole life of a tile.
 *
 * What will surprise you: the element keeps one MediaStream whose track is exchanged. The last picture therefore stays on screen
 * until the next track has a frame; a new `srcObject` would go black in between.
 *
 * The element always gets the stream while it is still empty, and the track when the element has begun to load: Chromium then shows
 * each picture at the next refresh of the screen. Given a stream that has a remote track already, it would smooth the pictures
 * once more after the jitter buffer did, and where the screen is slow drop many of them for seconds. An element without a track to
 * come waits until the page is loaded: it would hold up the page's `load` event.
 */
export class Picture {
  readonly #stream = new MediaStream();
  #video: HTMLVideoElement | null = null;
  #track: MediaStreamTrack | null = null;
  /** The element has begun to load the stream, which was empty then. */
  #loading = false;

  /** Shows in this element from now on; null takes it away. */
  attach(video: HTMLVideoElement | null): void {
    if (this.#video === video) return;
    if (this.#video !== null) {
      this.#video.removeEventListener('loadstart', this.#onLoadStart);
      this.#video.srcObject = null;
    }
    this.#video = video;
    this.#loading = false;
    if (video === null) return;
    // As a property: the attribute alone does not mute an element that is made by script.
    video.muted = true;
    if (this.#track !== null || document.readyState === 'complete') this.#load(video);
  }

  /** Shows another track; null: nothing more comes. */
  show(track: MediaStreamTrack | null): void {
    if (this.#track === track) return;
    this.#track = track;
    if (this.#video === null) return;
    if (this.#loading) this.#exchange();
    else if (track !== null && this.#video.srcObject !== this.#stream) this.#load(this.#video);
    // An element that was out of the page or out of view for long may have been stopped by the browser.
    if (track !== null && this.#video.paused) this.#video.play().catch(() => undefined);
  }

  readonly #onLoadStart = (): void => {
    this.#loading = true;
    this.#exchange();
  };

  #load(video: HTMLVideoElement): void {
    for (const one of this.#stream.getVideoTracks()) this.#stream.removeTrack(one);
    video.addEventListener('loadstart', this.#onLoadStart, { once: true });
    video.srcObject = this.#stream;
  }

  #exchange(): void {
    const old = this.#stream.getVideoTracks();
    if (this.#track !== null && old.includes(this.#track)) return;
    for (const one of old) this.#stream.removeTrack(one);
    if (this.#track !== null) this.#stream.addTrack(this.#track);
  }
}
