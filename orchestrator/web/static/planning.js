// SPDX-License-Identifier: GPL-3.0-or-later
// The planning of the rooms: a week at a glance, or one day by the hour.
import { get, listen } from "./api.js";
import { booking, BookingDialog, openBooking } from "./booking.js";
import { isRunning, refreshSession } from "./conduct.js";
import { DetailsDialog } from "./details.js";
import { drag } from "./drag.js";
import { FinderDialog, openFinder } from "./finder.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { MoveDialog, openMove } from "./move.js";
import { DayView, WeekView } from "./planning-views.js";
import { findPerson, mayBook, mount, person, ProblemNotice } from "./shell.js";
import { addDays, dayOf, instant, iso, monday, setZone, showDate, showDateBefore, showDay } from "./time.js";
import { computed, effect, html, signal } from "./ui.js";

const NARROW = matchMedia("(max-width: 56rem)");
const asked = new URLSearchParams(location.search);

export const now = signal(new Date());
const today = computed(() => dayOf(now.value));
const centres = signal(/** @type {any[]|null} */ (null));
const busy = signal(/** @type {any[]} */ ([]));
const sessions = signal(/** @type {Map<string, any>} */ (new Map()));
const problem = signal(/** @type {Error|null} */ (null));
const narrow = signal(NARROW.matches);
const wished = signal(asked.get("view") === "day" ? "day" : "week");
const view = computed(() => (narrow.value ? "day" : wished.value));
const day = signal(validDay(asked.get("date")) ?? dayOf(new Date()));
const chosen = signal(/** @type {any} */ (null));
/** A booking to be opened as soon as it is known: other pages lead to it. */
let sought = asked.get("booking");
const week = computed(() => monday(day.value));

/** @param {string|null} text */
function validDay(text) {
  return text && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) ? text : null;
}

async function loadCentres() {
  try {
    const answer = await get("/centres");
    setZone(answer.centres[0]?.zone);
    centres.value = answer.centres;
  } catch (error) {
    problem.value = /** @type {Error} */ (error);
  }
}

async function loadBusy() {
  const query = new URLSearchParams({ from: iso(instant(week.value, "00:00")), to: iso(instant(addDays(week.value, 7), "00:00")) });
  try {
    const answer = await get(`/rooms/availability?${query}`);
    busy.value = answer.busy;
    problem.value = null;
    openSought();
    await loadSessions(query);
  } catch (error) {
    problem.value = /** @type {Error} */ (error);
  }
}

function openSought() {
  const found = busy.value.filter((each) => sought && each.booking === sought);
  sought = null;
  chosen.value = found.find((each) => dayOf(new Date(each.from)) === day.value) ?? found[0] ?? chosen.value;
}

/** The sessions this person runs, to show which are on. @param {URLSearchParams} query */
async function loadSessions(query) {
  if (!person.value) return;
  const answer = await get(`/sessions?${query}`);
  sessions.value = new Map(answer.sessions.filter(isRunning).map((/** @type {any} */ one) => [one.id, one]));
}

/** @param {number} sign */
function step(sign) {
  day.value = addDays(day.value, sign * (view.value === "week" ? 7 : 1));
}

/** Keep the address in step, so that a view can be shared. */
function remember() {
  const url = new URL(location.href);
  url.searchParams.set("date", day.value);
  url.searchParams.set("view", wished.value);
  url.searchParams.delete("booking");
  history.replaceState(null, "", url);
}

function Body() {
  return html`<div class="page-head">
      <div><h1>${t("planning.title")}</h1><p class="muted" role="status">${period()}</p></div>
      ${mayBook() ? html`<div class="head-actions"><button class="button button-quiet" type="button" onClick=${() => openFinder(today.value)}>${icon("search")}${t("finder.open")}</button>
        <a class="button button-quiet" href="/sessions/new">${icon("people")}${t("planning.ceremony")}</a>
        <button class="button" type="button" onClick=${() => openBooking({ day: day.value < today.value ? today.value : day.value })}>${icon("plus")}${t("planning.book")}</button></div>`
        : person.value === null ? html`<p class="muted small">${t("planning.login_to_book")}</p>` : null}
    </div>
    <${Navigation} />
    <${ProblemNotice} problem=${problem.value} />
    ${centres.value ? html`<${Rooms} />` : html`<p class="boot">${t("loading")}</p>`}
    <${BookingDialog} centres=${centres.value ?? []} onBooked=${() => void loadBusy()} />
    <${DetailsDialog} chosen=${chosen} centres=${centres.value ?? []} onChanged=${() => void loadBusy()} />
    <${MoveDialog} centres=${centres.value ?? []} onMoved=${() => void loadBusy()} />
    <${FinderDialog} centres=${centres.value ?? []} book=${openBooking} />`;
}

function period() {
  if (view.value === "day") return showDay(day.value);
  return t("planning.week_of", { from: showDateBefore(week.value, addDays(week.value, 6)), to: showDate(addDays(week.value, 6)) });
}

function Navigation() {
  const go = (/** @type {any} */ event) => { day.value = validDay(event.target.value) ?? day.value; };
  return html`<div class="planning-nav" role="group" aria-label=${t("planning.navigation")}>
    <button class="button button-quiet" type="button" onClick=${() => step(-1)} aria-label=${t(`planning.previous_${view.value}`)}>${icon("left")}</button>
    <button class="button button-quiet" type="button" onClick=${() => { day.value = today.value; }} >${t("planning.today")}</button>
    <button class="button button-quiet" type="button" onClick=${() => step(1)} aria-label=${t(`planning.next_${view.value}`)}>${icon("right")}</button>
    <label class="planning-date"><span class="hidden">${t("planning.go_to")}</span>${icon("calendar")}<span aria-hidden="true">${showDate(day.value)}</span>
      <input class="input" type="date" value=${day.value} onChange=${go} onClick=${pick} /></label>
    ${narrow.value ? null : html`<div class="switch" role="group" aria-label=${t("planning.view")}>${["week", "day"].map((name) => html`<button key=${name}
      class=${`button ${view.value === name ? "" : "button-quiet"}`} type="button" aria-pressed=${view.value === name ? "true" : "false"}
      onClick=${() => { wished.value = name; }}>${t(`planning.${name}`)}</button>`)}</div>`}
    <${Legend} />
  </div>`;
}

/** The whole field opens the calendar, not its small drawing alone. @param {any} event */
function pick(event) {
  event.target.showPicker?.();
}

function Legend() {
  return html`<ul class="plain legend" aria-label=${t("planning.legend")}>
    ${["free", "busy", "closed"].map((name) => html`<li key=${name}><span class=${`key key-${name}`}></span>${t(`planning.${name}`)}</li>`)}</ul>`;
}

function Rooms() {
  const all = centres.value ?? [];
  const props = {
    centres: all.filter((centre) => centre.rooms.length), busy: busy.value, sessions: sessions.value, now: now.value, today: today.value,
    choose: (/** @type {any} */ held) => { chosen.value = held; },
    book: mayBook() ? openBooking : null,
  };
  return view.value === "week"
    ? html`<${WeekView} ...${props} monday=${week.value} openDay=${(/** @type {string} */ name) => { day.value = name; wished.value = "day"; }} />`
    : html`<${DayView} ...${props} day=${day.value} narrow=${narrow.value} />`;
}

/** @param {{kind: string}} event */
function happened({ kind }) {
  const ofSession = kind.startsWith("session.") || kind.startsWith("site.");
  if (ofSession) void refreshSession();
  if (ofSession || kind.startsWith("booking.") || kind === "hello") void loadBusy();
}

NARROW.addEventListener("change", () => { narrow.value = NARROW.matches; });
setInterval(() => { now.value = new Date(); }, 30_000);
setInterval(() => { if (!booking.value) void loadBusy(); }, 60_000);
mount("planning", Body);
drag({ busy: () => busy.value, monday: () => week.value, day: () => day.value, may: mayBook, drop: openMove });
await Promise.all([loadCentres(), findPerson()]);
effect(() => { void week.value; void loadBusy(); });
effect(remember);
if (person.value) listen(happened);
