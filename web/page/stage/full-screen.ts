/**
 * Full screen of one element.
 *
 * What will surprise you: a phone's browser may know full screen for video elements alone, by another name; then the picture goes
 * there without its tile.
 */

interface OwnFullScreen {
  webkitEnterFullscreen(): void;
}

function goesAlone(video: HTMLVideoElement): video is HTMLVideoElement & OwnFullScreen {
  return 'webkitEnterFullscreen' in video && typeof video.webkitEnterFullscreen === 'function';
}

export function canFullScreen(): boolean {
  return document.fullscreenEnabled || 'webkitEnterFullscreen' in HTMLVideoElement.prototype;
}

/** Into full screen, or out of it. Never throws: a browser that refuses leaves things as they are. */
export async function toggleFullScreen(element: HTMLElement): Promise<void> {
  try {
    if (document.fullscreenElement === element) await document.exitFullscreen();
    else if (document.fullscreenEnabled) await element.requestFullscreen();
    else {
      const video = element.querySelector('video');
      if (video !== null && goesAlone(video)) video.webkitEnterFullscreen();
    }
  } catch {
    // Refused, for example because it was not asked for by a press.
  }
}
