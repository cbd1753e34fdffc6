// SPDX-License-Identifier: GPL-3.0-or-later
// A picture that stands still: what came last of somebody is shown no longer than 2 s.

const LOOKS_EVERY = 250;
/** Without a new picture for so long (ms) it is still; cameras on the poorest lines give two a second. */
const STILL_AFTER = 1500;

/** Tell when a video stands still and when it goes on; before its first picture it is still. A page that nobody sees draws nothing, and is not judged.
 * @param {HTMLVideoElement} video @param {(still: boolean) => void} tell */
export function watchStill(video, tell) {
  let frames = -1;
  let since = performance.now();
  let still = /** @type {boolean|null} */ (null);
  const look = () => {
    const now = performance.now();
    const drawn = video.getVideoPlaybackQuality().totalVideoFrames;
    if (drawn !== frames || document.hidden) {
      frames = drawn;
      since = now;
    }
    const stands = drawn === 0 || now - since >= STILL_AFTER;
    if (still === stands) return;
    still = stands;
    tell(stands);
  };
  look();
  const timer = setInterval(look, LOOKS_EVERY);
  return () => clearInterval(timer);
}
