// SPDX-License-Identifier: GPL-3.0-or-later
// What a door panel knows, and what that means at an instant. No drawing, no line, no clock of its own.

const MINUTE = 60_000;
const SOON = 15 * MINUTE;
const EARLY = 30 * MINUTE;

/** @typedef {{booking: string|null, title: string, from: string, to: string, confirmed: boolean, checked_in: boolean, own: boolean}} Held */
/** @typedef {{name: string, centre: string, zone: string, now: string, lengths: number[], held: Held[]}} Plan */
/** `free`, `soon` (the next booking is near) or `held`; `until` is when that ends, null for not today. `comers` is
 * the booking whose people may say that they are here.
 * @typedef {{state: "free"|"soon"|"held", current: Held|null, next: Held|null, until: Date|null, later: Held[], comers: Held|null}} Standing */

/** How the room stands. @param {Plan} plan @param {Date} now @returns {Standing} */
export function standing(plan, now) {
  const at = now.getTime();
  const ahead = plan.held.filter((each) => Date.parse(each.to) > at).sort((a, b) => a.from.localeCompare(b.from));
  const current = ahead.find((each) => Date.parse(each.from) <= at) ?? null;
  const later = ahead.filter((each) => Date.parse(each.from) > at);
  const next = later[0] ?? null;
  const near = next !== null && Date.parse(next.from) - at <= SOON;
  const state = current ? "held" : near ? "soon" : "free";
  const comers = [current, next].find((each) => each && each.booking && !each.checked_in && Date.parse(each.from) - at <= EARLY) ?? null;
  return { state, current, next, until: current ? endOf(current, later) : next && new Date(next.from), later, comers };
}

/** When bookings that follow each other without a break end. @param {Held} current @param {Held[]} later */
function endOf(current, later) {
  let end = Date.parse(current.to);
  for (const each of later) {
    if (Date.parse(each.from) <= end) end = Math.max(end, Date.parse(each.to));
  }
  return new Date(end);
}

/** The lengths for which the room may be taken now. @param {Plan} plan @param {Date} now */
export function lengthsNow(plan, now) {
  const { current, next } = standing(plan, now);
  return current ? [] : plan.lengths.filter((minutes) => fits(startOf(now), minutes, next));
}

/** By how much what is going on may be made longer. @param {Plan} plan @param {Date} now */
export function lengthsMore(plan, now) {
  const { current, next } = standing(plan, now);
  if (!current?.own || !current.confirmed) return [];
  return plan.lengths.filter((minutes) => fits(Date.parse(current.to), minutes, next)).slice(0, 2);
}

/** A booking made now begins with this minute. @param {Date} now */
function startOf(now) {
  return Math.floor(now.getTime() / MINUTE) * MINUTE;
}

/** @param {number} start @param {number} minutes @param {Held|null} next */
function fits(start, minutes, next) {
  return !next || start + minutes * MINUTE <= Date.parse(next.from);
}

/** When a booking of so many minutes made now would end. @param {Date} now @param {number} minutes */
export function endAfter(now, minutes) {
  return new Date(startOf(now) + minutes * MINUTE);
}
