// SPDX-License-Identifier: GPL-3.0-or-later
// What the page shows of each picture, told to the service, which sends no more than that.

const SETTLE = 200;
const MODE_KEY = "margeride.mode";
const MOST = 256;
export const MODES = /** @type {const} */ (["full", "saving", "sound"]);

/** @typedef {typeof MODES[number]} Mode */

/** The choice of a person for his line outlives the session. @returns {Mode} */
export function keptMode() {
  const kept = localStorage.getItem(MODE_KEY);
  return MODES.find((mode) => mode === kept) ?? "full";
}

/** @param {Mode} mode */
export function keepMode(mode) {
  localStorage.setItem(MODE_KEY, mode);
}

export class View {
  /** @param {(message: import("./protocol.js").Message) => boolean} send */
  constructor(send) {
    this.send = send;
    /** @type {Mode} */
    this.mode = keptMode();
    /** @type {Map<string, {height: number, stage: boolean}>} */
    this.shown = new Map();
    this.said = "";
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this.timer = undefined;
    this.onVisibility = () => this.later();
  }

  start() {
    document.addEventListener("visibilitychange", this.onVisibility);
  }

  stop() {
    document.removeEventListener("visibilitychange", this.onVisibility);
    clearTimeout(this.timer);
    this.shown.clear();
    this.said = "";
  }

  /** A picture has this height now, in CSS pixels; 0 while it is out of sight.
   * @param {string} track @param {number} height @param {boolean} [stage] */
  show(track, height, stage = false) {
    this.shown.set(track, { height: Math.ceil((height * devicePixelRatio) / 10) * 10, stage });
    this.later();
  }

  /** A picture is not on the page any more. @param {string} track */
  forget(track) {
    this.shown.delete(track);
    this.later();
  }

  /** @param {Mode} mode */
  choose(mode) {
    this.mode = mode;
    keepMode(mode);
    this.say();
  }

  /** Say it again, whatever was said: a line broke, or a leg is new. */
  repeat() {
    this.said = "";
    this.say();
  }

  /** Sizes come in swarms while a page is laid out. @private */
  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.say(), SETTLE);
  }

  /** @private */
  say() {
    clearTimeout(this.timer);
    const asleep = document.visibilityState === "hidden";
    const tracks = [...this.shown].slice(0, MOST).map(([track, { height, stage }]) => (
      { track, height: asleep ? 0 : Math.min(height, 10_000), stage }
    ));
    const message = { type: "view", tracks, mode: this.mode };
    const text = JSON.stringify(message);
    if (text !== this.said && this.send(message)) this.said = text;
  }
}
