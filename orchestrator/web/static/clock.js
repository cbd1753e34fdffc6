// SPDX-License-Identifier: GPL-3.0-or-later
// What the service's clock says, as this page may know it: the twin of signalling/clock.py, which
// tells the theory. Seconds everywhere; our own clock is one that never jumps.
const KEPT = 96;
const OLDEST = 300;
const DRIFT = 200e-6;
const [FIRST, FIRST_EVERY, EVERY, EVERY_ARMED] = [8, 0.25, 10, 0.25];

/** @typedef {{sent: number, heard: number, at: number}} Exchange our clock when it began and ended, the service's in between */

/** An instant of the wire in seconds, to the microsecond. @param {string} text */
export function secondsOf(text) {
  const [whole, part] = text.replace("Z", "").split(".");
  return Date.parse(`${whole}Z`) / 1000 + Number(`0.${part ?? 0}`);
}

/** @param {number} seconds */
export function instantOf(seconds) {
  const whole = Math.floor(seconds);
  const part = Math.min(999_999, Math.round((seconds - whole) * 1e6));
  return `${new Date(whole * 1000).toISOString().slice(0, 19)}.${String(part).padStart(6, "0")}Z`;
}

export class OffsetClock {
  constructor() {
    /** @type {Exchange[]} */
    this.answers = [];
    this.stale = false;
  }

  /** One more answer; one that ended before it began is none. @param {Exchange} answer */
  hear(answer) {
    if (answer.heard < answer.sent) return;
    if (this.stale) this.answers = [];
    this.stale = false;
    this.answers = [...this.answers, answer].slice(-KEPT);
    for (let [low, high] = this.within(answer.heard); low > high; [low, high] = this.within(answer.heard)) this.answers.shift();
  }

  /** The service is another one: what was known holds until it answers. */
  restart() {
    this.stale = true;
  }

  /** The service's clock minus ours, and by how much that may be wrong at most; null before the first answer.
   * @param {number} now */
  read(now) {
    if (!this.answers.length) return null;
    const [low, high] = this.within(now);
    return { offset: (low + high) / 2, error: (high - low) / 2 };
  }

  /** The longest round trip of late. */
  worstTrip() {
    return Math.max(0, ...this.answers.map(({ sent, heard }) => heard - sent));
  }

  /** @private @param {number} now */
  within(now) {
    const recent = this.answers.filter(({ heard }) => now - heard <= OLDEST);
    const counted = recent.length ? recent : this.answers.slice(-1);
    let [low, high] = [-Infinity, Infinity];
    for (const { sent, heard, at } of counted) {
      const worn = DRIFT * Math.max(0, now - sent);
      low = Math.max(low, at - heard - worn);
      high = Math.min(high, at - sent + worn);
    }
    return [low, high];
  }
}

/** After so many questions on this line, how long until the next. @param {number} asked @param {boolean} armed */
export function pause(asked, armed) {
  if (asked < FIRST) return FIRST_EVERY;
  return armed ? EVERY_ARMED : EVERY;
}
