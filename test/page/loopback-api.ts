/** What the loopback page offers to the test's process. Free of DOM types, because both sides import it. */

export interface LoopbackApi {
  /**
   * Opens camera and microphone and calls itself.
   * @param mimeType the one video codec to offer, such as `video/VP8`.
   * @returns the mime type of the codec that was agreed, once pictures play.
   */
  start(mimeType: string): Promise<string>;
  /** Disables the microphone's track. */
  mute(): void;
  stop(): void;
}

declare global {
  var __loopback: LoopbackApi;
}
