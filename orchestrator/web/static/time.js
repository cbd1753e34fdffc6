// SPDX-License-Identifier: GPL-3.0-or-later
// Civil days and hours in the zone of the network, whatever the zone of the computer.
import { language } from "./i18n.js";

let zone = "Europe/Paris";
/** English as Europe writes it: 24 hours, the day before the month. */
const locale = language === "en" ? "en-GB" : language;
/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/** The zone in which days and hours are read. @param {string|undefined} name */
export function setZone(name) {
  if (name) zone = name;
}

/** @param {Intl.DateTimeFormatOptions} options @param {string} [spoken] */
function format(options, spoken = locale) {
  const key = `${spoken} ${zone} ${JSON.stringify(options)}`;
  let found = formats.get(key);
  if (!found) formats.set(key, (found = new Intl.DateTimeFormat(spoken, { timeZone: zone, ...options })));
  return found;
}

/** Year, month, day, hour, minute of an instant in the zone. @param {Date} date */
function parts(date) {
  const options = /** @type {const} */ ({
    year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  });
  return Object.fromEntries(format(options, "en-GB").formatToParts(date).map((part) => [part.type, part.value]));
}

/** `2026-11-22`. @param {Date} date */
export function dayOf(date) {
  const { year, month, day } = parts(date);
  return `${year}-${month}-${day}`;
}

/** `09:30`, for fields and for sorting. @param {Date} date */
export function clockOf(date) {
  const { hour, minute } = parts(date);
  return `${hour}:${minute}`;
}

/** The instant of a civil time of the zone. @param {string} day @param {string} clock */
export function instant(day, clock) {
  const asUtc = Date.parse(`${day}T${clock}:00Z`);
  const offset = (/** @type {number} */ at) => {
    const here = new Date(at);
    return Date.parse(`${dayOf(here)}T${clockOf(here)}:00Z`) - Math.floor(at / 60_000) * 60_000;
  };
  const guess = asUtc - offset(asUtc);
  return new Date(asUtc - offset(guess));
}

/** @param {string} day @param {number} count */
export function addDays(day, count) {
  const date = new Date(`${day}T12:00:00Z`);
  date.setUTCDate(date.getUTCDate() + count);
  return date.toISOString().slice(0, 10);
}

/** Monday is 0, as in the opening hours. @param {string} day */
export function weekday(day) {
  return (new Date(`${day}T12:00:00Z`).getUTCDay() + 6) % 7;
}

/** The Monday of the week of a day. @param {string} day */
export function monday(day) {
  return addDays(day, -weekday(day));
}

/** `2026-11-22T08:30:00Z`. @param {Date} date */
export function iso(date) {
  return `${date.toISOString().slice(0, 19)}Z`;
}

/** Hours as the language writes them. @param {Date} date */
export function showClock(date) {
  return format({ hour: "2-digit", minute: "2-digit" }).format(date);
}

/** To the second. @param {Date} date */
export function showSeconds(date) {
  return format({ hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(date);
}

/** "09:00 – 12:00". @param {Date} from @param {Date} to */
export function showRange(from, to) {
  return between(showClock(from), showClock(to));
}

/** Two hours, never on two lines. @param {string} from @param {string} to */
export function between(from, to) {
  return `${from}\u00a0–\u00a0${to}`;
}

/** As much of a date as a later one does not repeat: "23", "30 novembre". @param {string} day @param {string} to */
export function showDateBefore(day, to) {
  /** @type {Intl.DateTimeFormatOptions} */
  const options = { day: "numeric" };
  if (day.slice(0, 7) !== to.slice(0, 7)) options.month = "long";
  if (day.slice(0, 4) !== to.slice(0, 4)) options.year = "numeric";
  return format(options).format(instant(day, "12:00"));
}

/** "Lundi 23 novembre". @param {Date|string} day */
export function showDay(day) {
  return capital(dayWithin(typeof day === "string" ? instant(day, "12:00") : day));
}

/** "lundi 23 novembre", within a sentence. @param {Date} date */
export function dayWithin(date) {
  return format({ weekday: "long", day: "numeric", month: "long" }).format(date);
}

/** "lun. 23". @param {string} day */
export function showShortDay(day) {
  return capital(format({ weekday: "short", day: "numeric" }).format(instant(day, "12:00")));
}

/** "23 novembre 2026". @param {string} day */
export function showDate(day) {
  return format({ day: "numeric", month: "long", year: "numeric" }).format(instant(day, "12:00"));
}

/** "Lundi". @param {number} index Monday is 0 */
export function showWeekday(index) {
  const date = new Date(Date.UTC(2024, 0, 1 + index, 12));
  return capital(new Intl.DateTimeFormat(locale, { weekday: "long", timeZone: "UTC" }).format(date));
}

/** "2 h 05", "4 min", "12 s". @param {number} seconds */
export function showDuration(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  const unit = (/** @type {number} */ value, /** @type {string} */ name) =>
    new Intl.NumberFormat(locale, { style: "unit", unit: name, unitDisplay: "short" }).format(value);
  if (whole < 90) return unit(whole, "second");
  if (whole < 5400) return unit(Math.round(whole / 60), "minute");
  if (whole < 172_800) return unit(Math.round(whole / 3600), "hour");
  return unit(Math.round(whole / 86_400), "day");
}

/** @param {string} text */
function capital(text) {
  return text.charAt(0).toLocaleUpperCase(language) + text.slice(1);
}
