// SPDX-License-Identifier: GPL-3.0-or-later
// When a centre is open, from its hours and closures.
import { dayOf, instant, weekday } from "./time.js";

/** The closure of a day, or its open stretches. @param {any} centre @param {string} day */
export function openingOn(centre, day) {
  const closure = centre.closures.find((/** @type {any} */ each) => each.from <= day && day <= each.to) ?? null;
  const hours = closure ? [] : centre.opening_hours.filter((/** @type {any} */ each) => each.days.includes(weekday(day)));
  const exceptional = (centre.openings ?? []).filter((/** @type {any} */ each) => each.from <= day && day <= each.to)
    .map((/** @type {any} */ each) => ({ from: each.opens, to: each.closes }));
  const stretches = [...hours, ...exceptional]
    .map((/** @type {any} */ each) => ({ from: instant(day, each.from.slice(0, 5)), to: instant(day, each.to.slice(0, 5)) }))
    .sort((/** @type {any} */ a, /** @type {any} */ b) => a.from.getTime() - b.from.getTime());
  return { closure: exceptional.length ? null : closure, stretches };
}

/** @param {any} centre @param {Date} now */
export function openNow(centre, now) {
  const { stretches } = openingOn(centre, dayOf(now));
  return stretches.some((/** @type {any} */ each) => each.from <= now && now < each.to);
}
