// SPDX-License-Identifier: GPL-3.0-or-later
// Whether a microphone gives any sound and a camera any picture, from looks at them. No device, no clock of its own.

/** Less than one step of a sound card of 16 bits: no room is as quiet, and no filter makes one so. */
const NOTHING = 1 / 32_768;
/** A microphone that gives nothing at all for so long is cut, not in a quiet room. */
export const SILENT_AFTER = 180_000;
/** A camera without a new picture for so long is stuck; one that shows only black is covered. */
export const STUCK_AFTER = 15_000;
export const BLACK_AFTER = 60_000;
/** The loudest of so long is shown: speech has gaps, and the level is told when it changes. */
export const LOUDEST_OF = 10_000;
/** From these peaks on, of a full scale: nothing 0, faint 1, low 2, good 3, loud 4. */
const STEPS = [NOTHING, 0.003, 0.02, 0.4];
/** Between two looks that are farther apart the machine stood still. */
const APART = 2_000;

/** `peak` of the sound since the last look, 0 to 1, null while nothing can be measured or the microphone is cut by hand;
 * `pictures` that came so far, null while none can be counted or the camera is cut by hand; `black`: the last one is.
 * @typedef {{at: number, peak: number|null, pictures: number|null, black: boolean}} Look */

export class Alive {
  constructor() {
    this.at = 0;
    this.pictures = -1;
    /** How long it has lasted, in ms. */
    this.lasted = { silent: 0, stuck: 0, black: 0 };
    /** @type {{at: number, peak: number}[]} */
    this.peaks = [];
  }

  /** @param {Look} look */
  note({ at, peak, pictures, black }) {
    const since = this.at ? Math.min(APART, Math.max(0, at - this.at)) : 0;
    this.at = at;
    this.lasted.silent = peak !== null && peak < NOTHING ? this.lasted.silent + since : 0;
    this.lasted.stuck = pictures !== null && pictures === this.pictures ? this.lasted.stuck + since : 0;
    this.lasted.black = pictures !== null && black ? this.lasted.black + since : 0;
    this.pictures = pictures ?? -1;
    this.peaks = peak === null ? [] : [...this.peaks, { at, peak }].filter((each) => at - each.at < LOUDEST_OF);
  }

  /** Whether the microphone gives no sound at all. */
  get silent() {
    return this.lasted.silent >= SILENT_AFTER;
  }

  /** Whether the camera gives no new picture, or only black ones. */
  get still() {
    return this.lasted.stuck >= STUCK_AFTER || this.lasted.black >= BLACK_AFTER;
  }

  /** How loud the microphone is, 0 to 4; null: not known. @returns {number|null} */
  get level() {
    if (!this.peaks.length) return null;
    const loudest = Math.max(...this.peaks.map((each) => each.peak));
    return STEPS.filter((step) => loudest >= step).length;
  }
}
