// SPDX-License-Identifier: GPL-3.0-or-later
// What the screen of a room shows between two sessions. No drawing, no line, no clock of its own.

const MINUTE = 60_000;
const SOON = 15 * MINUTE;
const THANKS = MINUTE;
const SLEEPY = 10 * MINUTE;

/** @typedef {{from: string, to: string, title?: string}} Held */
/** `thanks` just after a session, `countdown` before a booking, `asleep` when nobody needs the screen, else `day`.
 * @typedef {{moment: "thanks"|"countdown"|"asleep"|"day", ahead: Held[], next: Held|null}} Moment */

/** @param {Held[]} today @param {Date} now @param {number} leftAt when the last session was left, 0 for none
 * @param {number} activeAt when somebody last touched the screen, or it had something to say @returns {Moment} */
export function momentOf(today, now, leftAt, activeAt) {
  const at = now.getTime();
  const ahead = today.filter((each) => Date.parse(each.to) > at);
  const running = ahead.some((each) => Date.parse(each.from) <= at);
  const next = ahead.find((each) => Date.parse(each.from) > at) ?? null;
  const near = next !== null && Date.parse(next.from) - at <= SOON;
  if (at - leftAt < THANKS) return { moment: "thanks", ahead, next };
  if (!running && near) return { moment: "countdown", ahead, next };
  if (!running && at - activeAt >= SLEEPY) return { moment: "asleep", ahead, next };
  return { moment: "day", ahead, next };
}

/** Whole minutes until a booking begins, one at least. @param {Held} next @param {Date} now */
export function minutesUntil(next, now) {
  return Math.max(1, Math.ceil((Date.parse(next.from) - now.getTime()) / MINUTE));
}
