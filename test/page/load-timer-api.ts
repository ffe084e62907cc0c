/** What the timer of loads found; free of DOM types, because the bench's own process reads it too. */
export interface LoadReport {
  /** From the start of the navigation until a name can be typed and "join" be pressed, shown on screen; ms. */
  readonly usableMs: number;
  /** What was asked for until then: bodies as they were sent, so compressed. */
  readonly encodedBytes: number;
  readonly requests: number;
}

declare global {
  // Globals of a page can only be declared with var.
  /** Set as soon as the page is usable. */
  var __load: Promise<LoadReport>;
}
