// SPDX-License-Identifier: GPL-3.0-or-later
// The panel at a door: free or held at a glance, what is next, and the verbs of a booking.
// Without the service it goes on with the last plan it knows, and says so.
import { get, post, Problem, useBearer } from "./api.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { roomLabel } from "./names.js";
import { Pairing } from "./pair.js";
import { endAfter, lengthsMore, lengthsNow, standing } from "./panel-plan.js";
import { announce, mount, Notice, ProblemNotice } from "./shell.js";
import { dayOf, setZone, showClock, showDay, showRange, showShortDay } from "./time.js";
import { effect, html, signal } from "./ui.js";

const ROOM = location.pathname.split("/")[2];
const TOKEN_KEY = `margeride.panel.${ROOM}`;
const PLAN_KEY = `margeride.panel.${ROOM}.plan`;
const ASK_EVERY = 20_000;
const SAID_FOR = 12_000;

/** @typedef {import("./panel-plan.js").Held} Held */
/** @typedef {import("./panel-plan.js").Plan} Plan */
/** @typedef {import("./panel-plan.js").Standing} Standing */

const token = signal(localStorage.getItem(TOKEN_KEY) ?? "");
const plan = signal(/** @type {Plan|null} */ (kept()));
const online = signal(true);
/** What the clock of the service is ahead of this tablet's. */
let ahead = 0;
const now = signal(new Date());
const busy = signal(false);
const asking = signal(false);
const problem = signal(/** @type {Error|null} */ (null));
/** @type {ReturnType<typeof setTimeout>|undefined} */
let unsay;

function kept() {
  try {
    return JSON.parse(localStorage.getItem(PLAN_KEY) ?? "null");
  } catch {
    return null;
  }
}

/** @param {Plan} found */
function take(found) {
  ahead = Date.parse(found.now) - Date.now();
  plan.value = found;
  online.value = true;
  tick();
  localStorage.setItem(PLAN_KEY, JSON.stringify(found));
}

function tick() {
  now.value = new Date(Date.now() + ahead);
}

/** A token that is not known any more leads back to pairing; silence leaves the last plan. @param {unknown} error */
function missed(error) {
  if (error instanceof Problem && error.status === 401) {
    localStorage.removeItem(TOKEN_KEY);
    localStorage.removeItem(PLAN_KEY);
    token.value = "";
    plan.value = null;
    return true;
  }
  if (error instanceof Problem && error.status > 0 && error.status < 500) return false;
  online.value = false;
  return true;
}

async function refresh() {
  if (!token.value || busy.value) return;
  try {
    take(await get(`/rooms/${ROOM}/panel`));
  } catch (error) {
    missed(error);
  }
}

/** @param {string} path @param {string} said @param {any} [body] */
async function act(path, said, body) {
  busy.value = true;
  problem.value = null;
  try {
    take(await post(`/rooms/${ROOM}/panel/bookings${path}`, body));
    announce(said);
  } catch (error) {
    if (!missed(error)) refuse(/** @type {Problem} */ (error));
  }
  busy.value = false;
  asking.value = false;
}

/** @param {Problem} error */
function refuse(error) {
  problem.value = error;
  clearTimeout(unsay);
  unsay = setTimeout(() => { problem.value = null; }, SAID_FOR);
  void get(`/rooms/${ROOM}/panel`).then(take, missed);
}

/** @param {string} made */
function begin(made) {
  localStorage.setItem(TOKEN_KEY, made);
  useBearer(made);
  token.value = made;
  void refresh();
}

function Body() {
  if (!token.value) return html`<${Pairing} room=${ROOM} kind="panel" title=${t("panel.pair_title", { room: ROOM })} onToken=${begin} />`;
  if (!plan.value) return html`<div class="panel-wait"><p role="status">${t(online.value ? "loading" : "panel.nothing_known")}</p></div>`;
  setZone(plan.value.zone);
  const found = standing(plan.value, now.value);
  return html`<div class=${`panel panel-${found.state}`}>
    <${Glance} plan=${plan.value} found=${found} />
    <div class="panel-side">
      <p class="panel-clock"><time>${showClock(now.value)}</time><span>${showDay(now.value)}</span></p>
      ${online.value ? null : html`<${Notice} kind="warning" role="status"><p><strong>${t("panel.offline")}</strong></p>
        <p>${t("panel.offline_plan", { clock: knownAt(plan.value) })}</p><//>`}
      ${problem.value ? html`<${Refusal} problem=${problem.value} />` : null}
      ${online.value ? html`<${Verbs} plan=${plan.value} found=${found} />` : null}
      <${Later} found=${found} />
    </div>
  </div>`;
}

/** @param {Plan} known */
function knownAt(known) {
  const at = new Date(known.now);
  return dayOf(at) === dayOf(now.value) ? showClock(at) : `${showShortDay(dayOf(at))}, ${showClock(at)}`;
}

/** What is read from the end of the corridor. @param {{plan: Plan, found: Standing}} props */
function Glance({ plan: known, found }) {
  const { state, current, until, next } = found;
  return html`<section class="glance" aria-labelledby="glance">
    <p class="glance-room">${roomLabel(known, known.centre)}</p>
    <div class="glance-state">${shape(state)}
      <h1 id="glance">${t(`panel.${state}`)}</h1>
      <p class="glance-until">${until ? t(`panel.${state}_until`, { clock: showClock(until) }) : t("panel.free_today")}</p></div>
    ${current ? html`<div class="glance-now"><p class="glance-title">${titleOf(current)}</p>
      <p>${hours(current)}</p>${current.booking && !current.checked_in ? html`<p class="glance-mark">${icon("clock")}${t("panel.not_here")}</p>` : null}</div>` : null}
    ${state === "soon" && next ? html`<div class="glance-now"><p class="glance-title">${titleOf(next)}</p><p>${hours(next)}</p></div>` : null}
  </section>`;
}

/** A shape of its own for each state: a tick in a ring, the hands of a clock in a diamond, a bar on a full octagon.
 * @param {"free"|"soon"|"held"} state */
function shape(state) {
  const inside = { free: "M30 52l14 14 28-32", soon: "M50 27v24l15 11", held: "M28 50h44" }[state];
  return html`<svg class="shape" viewBox="0 0 100 100" aria-hidden="true" focusable="false">
    ${state === "free" ? html`<circle cx="50" cy="50" r="44" />` : state === "held" ? html`<path class="shape-full" d="M32 6h36l26 26v36l-26 26H32L6 68V32z" />` : html`<path d="M50 4l46 46-46 46L4 50z" />`}
    <path class="shape-in" d=${inside} /></svg>`;
}

/** @param {Held} each */
function titleOf(each) {
  return each.title || t("planning.busy");
}

/** @param {Held} each */
function hours(each) {
  return showRange(new Date(each.from), new Date(each.to));
}

/** @param {{problem: Error}} props */
function Refusal({ problem: told }) {
  const reasons = told instanceof Problem && Array.isArray(told.members.reasons) ? told.members.reasons : [];
  return reasons.length ? html`<${Notice} kind="bad" role="alert"><p>${reasons[0]}</p><//>` : html`<${ProblemNotice} problem=${told} />`;
}

/** @param {{plan: Plan, found: Standing}} props */
function Verbs({ plan: known, found }) {
  const { current, comers } = found;
  return html`<section class="verbs" aria-label=${t("panel.verbs")}>
    ${comers ? html`<button class="button verb verb-first" type="button" disabled=${busy.value}
      onClick=${() => act(`/${comers.booking}/check-in`, t("panel.said_here"))}>${icon("check")}<span>${t("panel.here")}${current === comers ? null : html`<small>${titleOf(comers)}, ${showClock(new Date(comers.from))}</small>`}</span></button>` : null}
    ${current ? html`<${Going} plan=${known} current=${current} />` : html`<${BookNow} plan=${known} found=${found} />`}
  </section>`;
}

/** @param {{plan: Plan, found: Standing}} props */
function BookNow({ plan: known, found }) {
  const lengths = lengthsNow(known, now.value);
  if (!lengths.length) return html`<p class="muted">${t("panel.too_short", { clock: showClock(/** @type {Date} */ (found.until)) })}</p>`;
  return html`<h2 class="verb-title">${t("panel.book")}</h2>
    <div class="verb-row">${lengths.map((minutes) => {
      const end = showClock(endAfter(now.value, minutes));
      return html`<button key=${minutes} class="button verb" type="button" disabled=${busy.value} onClick=${() => act("", t("panel.said_booked", { clock: end }), { minutes })}>
        <span>${t("panel.minutes", { minutes })}<small>${t("panel.to", { clock: end })}</small></span></button>`;
    })}</div>`;
}

/** @param {{plan: Plan, current: Held}} props */
function Going({ plan: known, current }) {
  if (!current.own) return html`<p class="muted">${t(current.booking ? "panel.several_rooms" : "panel.elsewhere")}</p>`;
  if (asking.value) return html`<p id="sure" class="verb-title">${t("panel.sure")}</p><div class="verb-row" role="group" aria-labelledby="sure">
    <button class="button verb button-danger" type="button" disabled=${busy.value} onClick=${() => act(`/${current.booking}/release`, t("panel.said_ended"))}>${t("panel.sure_yes")}</button>
    <button class="button verb button-quiet" type="button" ref=${focused} onClick=${() => { asking.value = false; }}>${t("panel.sure_no")}</button></div>`;
  return html`<div class="verb-row">
    ${lengthsMore(known, now.value).map((minutes) => html`<button key=${minutes} class="button verb" type="button" disabled=${busy.value}
      onClick=${() => act(`/${current.booking}/extend`, t("panel.said_longer"), { minutes })}>${icon("plus")}<span>${t("panel.minutes", { minutes })}<small>${t("panel.longer")}</small></span></button>`)}
    <button class="button verb button-quiet" type="button" disabled=${busy.value} onClick=${() => { asking.value = true; }}>${icon("cross")}<span>${t("panel.end")}</span></button></div>`;
}

/** @param {HTMLElement|null} element */
function focused(element) {
  element?.focus();
}

/** @param {{found: Standing}} props */
function Later({ found }) {
  const shown = found.later.slice(found.state === "soon" ? 1 : 0).slice(0, 4);
  return html`<section class="later" aria-labelledby="later"><h2 id="later">${t("panel.later")}</h2>
    ${shown.length ? html`<ol class="plain">${shown.map((each) => html`<li key=${each.from}><span class="hours">${hours(each)}</span>
      <span>${dayOf(new Date(each.from)) === dayOf(now.value) ? null : html`<em>${showShortDay(dayOf(new Date(each.from)))} </em>`}${titleOf(each)}</span></li>`)}</ol>`
      : html`<p class="muted">${t("panel.nothing_later")}</p>`}
  </section>`;
}

/** Whoever listens hears when the room changes hands. */
function tellChanges() {
  let before = "";
  effect(() => {
    if (!plan.value) return;
    const { state, until } = standing(plan.value, now.value);
    const words = until ? `${t(`panel.${state}`)}, ${t(`panel.${state}_until`, { clock: showClock(until) })}` : t("panel.free");
    if (before && before !== words) announce(words);
    before = words;
  });
}

if (token.value) useBearer(token.value);
mount("panel", Body, { kiosk: true });
tellChanges();
await refresh();
setInterval(tick, 1000);
setInterval(() => void refresh(), ASK_EVERY);
addEventListener("online", () => void refresh());
document.addEventListener("visibilitychange", () => { if (!document.hidden) void refresh(); });
