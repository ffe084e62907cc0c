/** What the timer of joins offers; free of DOM types, because the bench's own process imports it too. */
export interface JoinTimerApi {
  /**
   * Presses a button and waits for a picture of somebody.
   * @param button selector of what is pressed
   * @param video selector of the element in which the picture will be; it need not exist yet
   * @returns milliseconds from the press to the first shown frame whose number can be read
   */
  measure(button: string, video: string): Promise<number>;
}

declare global {
  // Globals of a page can only be declared with var.
  var __joinTimer: JoinTimerApi;
}
