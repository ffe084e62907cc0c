/** Where in the clip the picture of the run stands: there and back. */
export function clipPosition(picture: number, clipPictures: number): number {
  if (clipPictures < 2) return 0;
  const period = 2 * (clipPictures - 1);
  const at = picture % period;
  return at < clipPictures ? at : period - at;
}
