// SPDX-License-Identifier: GPL-3.0-or-later
// Two drawings of the same facts: rooms × days, and rooms × hours.
import { stateWords } from "./conduct.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { besideCentre } from "./names.js";
import { openingOn } from "./opening.js";
import { addDays, clockOf, dayOf, instant, showClock, showRange, showShortDay } from "./time.js";
import { html } from "./ui.js";

/** @typedef {{room: string, from: string, to: string, title?: string, session?: string, booking?: string, state?: string}} Held */
/** @typedef {{centres: any[], busy: Held[], sessions: Map<string, any>, now: Date, today: string, choose: (held: Held) => void, book: ((wish: any) => void)|null}} Props */

/** The hours worth drawing: those of the open centres, and of what is held. @param {any[]} centres @param {Held[]} busy */
function hoursOf(centres, busy) {
  let [first, last] = [8, 19];
  for (const hours of centres.flatMap((centre) => centre.opening_hours)) {
    first = Math.min(first, Number(hours.from.slice(0, 2)));
    last = Math.max(last, Math.ceil(Number(hours.to.slice(0, 2)) + Number(hours.to.slice(3, 5)) / 60));
  }
  for (const held of busy) {
    first = Math.min(first, Number(clockOf(new Date(held.from)).slice(0, 2)));
    if (dayOf(new Date(held.from)) === dayOf(new Date(held.to))) last = Math.max(last, Number(clockOf(new Date(held.to)).slice(0, 2)) + 1);
  }
  return { first: Math.max(first, 0), last: Math.min(last, 24) };
}

/** What of a room is on a day. @param {Held[]} busy @param {string} room @param {string} day */
export function heldOn(busy, room, day) {
  const [from, to] = [instant(day, "00:00"), instant(addDays(day, 1), "00:00")];
  return busy.filter((held) => held.room === room && new Date(held.from) < to && new Date(held.to) > from)
    .sort((a, b) => a.from.localeCompare(b.from));
}

/** Where an instant falls on the drawn day, in percent. @param {Date} at @param {string} day @param {{first: number, last: number}} hours */
function place(at, day, hours) {
  const from = instant(day, `${String(hours.first).padStart(2, "0")}:00`).getTime();
  const share = (at.getTime() - from) / ((hours.last - hours.first) * 3_600_000);
  return Math.min(Math.max(share, 0), 1) * 100;
}

/** @param {Date} from @param {Date} to @param {string} day @param {{first: number, last: number}} hours */
function span(from, to, day, hours) {
  const left = place(from, day, hours);
  return { left: `${left}%`, width: `${Math.max(place(to, day, hours) - left, 0.4)}%` };
}

/** The day of a room as one line: open, held, and where we are. Drawn only; the words stand beside it.
 * @param {{centre: any, held: Held[], day: string, now: Date, hours: {first: number, last: number}, tall?: boolean, children?: any}} props */
function Strip({ centre, held, day, now, hours, tall = false, children }) {
  const { stretches } = openingOn(centre, day);
  const here = dayOf(now) === day ? place(now, day, hours) : 0;
  return html`<div class=${`strip ${tall ? "strip-tall" : ""}`} aria-hidden=${tall ? undefined : "true"}>
    ${stretches.map((/** @type {any} */ each) => html`<span key=${each.from.getTime()} class="strip-open" style=${span(each.from, each.to, day, hours)}></span>`)}
    ${tall ? children : held.map((each) => html`<span key=${each.from} class="strip-held" style=${span(new Date(each.from), new Date(each.to), day, hours)}></span>`)}
    ${here > 0 && here < 100 ? html`<span class="strip-now" style=${{ left: `${here}%` }}></span>` : null}
  </div>`;
}

/** @param {Held} held */
const titleOf = (held) => held.title || t("planning.busy");

/** What to say of a booking that is on: where its session stands, or that its hour has come.
 * @param {Held} held @param {Date} now @param {any} session */
function onWords(held, now, session) {
  if (session) return stateWords(session);
  return new Date(held.from) <= now && now < new Date(held.to) ? t("planning.running") : "";
}

/** @param {{held: Held, now: Date, session: any, choose: (held: Held) => void}} props */
function Chip({ held, now, session, choose }) {
  const [from, to] = [new Date(held.from), new Date(held.to)];
  const running = onWords(held, now, session);
  const text = html`<span class="chip-hours">${showRange(from, to)}</span> <span class="chip-title">${titleOf(held)}</span>
    ${running ? html`<span class="chip-now">${running}</span>` : null}`;
  return held.booking
    ? html`<button class=${`chip ${running ? "chip-running" : ""}`} type="button" onClick=${() => choose(held)}>${text}</button>
      ${session ? html`<a class="chip-join" href=${session.join_url}>${icon("enter")}${t("details.join")}<span class="hidden"> ${titleOf(held)}</span></a>` : null}`
    : html`<span class=${`chip ${running ? "chip-running" : ""}`}>${text}</span>`;
}

/** Free or closed, in words. @param {any} centre @param {string} day */
function emptyWords(centre, day) {
  const { closure, stretches } = openingOn(centre, day);
  if (closure) return html`<span class="empty closed">${t("planning.closure", { reason: closure.reason })}</span>`;
  return stretches.length ? html`<span class="empty free">${t("planning.free")}</span>` : html`<span class="empty closed">${t("planning.closed")}</span>`;
}

/** @param {Props & {monday: string, openDay: (day: string) => void}} props */
export function WeekView({ centres, busy, sessions, now, today, choose, monday, openDay }) {
  const days = [0, 1, 2, 3, 4, 5, 6].map((index) => addDays(monday, index));
  const hours = hoursOf(centres, busy);
  const mark = (/** @type {string} */ day) => (day === today ? "today" : day < today ? "past" : "");
  return html`<div class="week"><table><caption class="hidden">${t("planning.caption")}</caption>
    <thead><tr><th scope="col">${t("planning.room")}</th>${days.map((day) => html`<th key=${day} scope="col" class=${mark(day)} aria-current=${day === today ? "date" : undefined}>
      <button class="day" type="button" onClick=${() => openDay(day)}><span class="hidden">${t("planning.open_day")} </span>${showShortDay(day)}</button></th>`)}</tr></thead>
    <tbody>${centres.flatMap((centre) => centre.rooms.map((/** @type {any} */ room) => html`<tr key=${room.id} data-room=${room.id}>
      <th scope="row"><span class="centre-name">${centre.name}</span><span class="muted small">${besideCentre(centre, room)}</span></th>
      ${days.map((day) => {
        const held = heldOn(busy, room.id, day);
        return html`<td key=${day} class=${mark(day)}><${Strip} centre=${centre} held=${held} day=${day} now=${now} hours=${hours} />
          ${held.length ? held.map((each) => html`<${Chip} key=${each.from} held=${each} now=${now} session=${sessions.get(each.session ?? "")} choose=${choose} />`) : emptyWords(centre, day)}</td>`;
      })}</tr>`))}</tbody></table></div>`;
}

/** @param {Props & {day: string, narrow: boolean}} props */
export function DayView({ centres, busy, sessions, now, today, choose, book, day, narrow }) {
  const hours = hoursOf(centres, busy);
  const ticks = Array.from({ length: hours.last - hours.first }, (_, index) => hours.first + index);
  const every = Math.ceil(ticks.length / 14); // so many hours to a word, or they would touch
  return html`<div class=${`day-view ${narrow ? "day-list" : ""} ${day === today ? "today" : ""}`}>
    ${narrow ? null : html`<div class="scale" aria-hidden="true">${ticks.map((hour, index) => html`<span key=${hour}>${index % every ? "" : showClock(instant(day, `${String(hour).padStart(2, "0")}:00`))}</span>`)}</div>`}
    <ul class="plain lanes">${centres.flatMap((centre) => centre.rooms.map((/** @type {any} */ room) => {
      const held = heldOn(busy, room.id, day);
      return html`<li key=${room.id} data-room=${room.id} class="lane" aria-labelledby=${`lane-${room.id}`}>
        <div class="lane-name"><h2 id=${`lane-${room.id}`}>${centre.name}</h2><p class="muted small">${besideCentre(centre, room)}</p></div>
        ${narrow ? html`<div class="lane-body"><${Strip} centre=${centre} held=${held} day=${day} now=${now} hours=${hours} />
          ${held.length ? held.map((each) => html`<${Chip} key=${each.from} held=${each} now=${now} session=${sessions.get(each.session ?? "")} choose=${choose} />`) : emptyWords(centre, day)}</div>`
        : html`<${Lane} centre=${centre} room=${room} held=${held} day=${day} now=${now} hours=${hours} sessions=${sessions} choose=${choose} book=${book} />`}
      </li>`;
    }))}</ul></div>`;
}

/** @param {{centre: any, room: any, held: Held[], day: string, now: Date, hours: {first: number, last: number}, sessions: Map<string, any>, choose: (held: Held) => void, book: ((wish: any) => void)|null}} props */
function Lane({ centre, room, held, day, now, hours, sessions, choose, book }) {
  const pick = (/** @type {any} */ event) => {
    if (!book || event.target.closest(".block")) return;
    const box = event.currentTarget.getBoundingClientRect();
    const half = Math.floor(((event.clientX - box.left) / box.width) * (hours.last - hours.first) * 2);
    const minutes = hours.first * 60 + half * 30;
    const clock = (/** @type {number} */ at) => `${String(Math.floor(at / 60)).padStart(2, "0")}:${String(at % 60).padStart(2, "0")}`;
    book({ day, rooms: [room.id], from: clock(minutes), to: clock(Math.min(minutes + 60, 1439)) });
  };
  return html`<div class=${`lane-body ${book ? "lane-pick" : ""}`} onClick=${pick}>
    <${Strip} centre=${centre} held=${held} day=${day} now=${now} hours=${hours} tall=${true}>
      ${held.map((each) => html`<${Block} key=${each.from} held=${each} session=${sessions.get(each.session ?? "")} day=${day} now=${now} hours=${hours} choose=${choose} />`)}
      ${held.length ? null : html`<p class="lane-empty" style=${{ left: `${freeFrom(centre, day, hours)}%` }}>${emptyWords(centre, day)}</p>`}
    <//></div>`;
}

/** Where the day of a centre begins, for the word that says it is free.
 * @param {any} centre @param {string} day @param {{first: number, last: number}} hours */
function freeFrom(centre, day, hours) {
  const [first] = openingOn(centre, day).stretches;
  return first ? place(first.from, day, hours) : 0;
}

/** @param {{held: Held, session: any, day: string, now: Date, hours: {first: number, last: number}, choose: (held: Held) => void}} props */
function Block({ held, session, day, now, hours, choose }) {
  const [from, to] = [new Date(held.from), new Date(held.to)];
  const running = onWords(held, now, session);
  const style = span(from, to, day, hours);
  const inside = html`<span class="chip-hours">${running ? icon("check") : null}${showRange(from, to)}</span><span class="chip-title">${titleOf(held)}</span>`;
  const label = `${showRange(from, to)} ${titleOf(held)}${running ? `, ${running}` : ""}`;
  return held.booking
    ? html`<button class=${`block ${running ? "block-running" : ""}`} type="button" style=${style} title=${label} onClick=${() => choose(held)}>${inside}</button>`
    : html`<span class=${`block ${running ? "block-running" : ""}`} style=${style} title=${label}>${inside}</span>`;
}
