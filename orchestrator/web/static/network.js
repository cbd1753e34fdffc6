// SPDX-License-Identifier: GPL-3.0-or-later
// The network: each centre with its level, premises, hours, line and rooms, and what is on today.
import { get } from "./api.js";
import { icon } from "./icons.js";
import { t, tElse } from "./i18n.js";
import { openingOn, openNow } from "./opening.js";
import { findPerson, mount, ProblemNotice, settles } from "./shell.js";
import { addDays, between, dayOf, instant, iso, setZone, showDate, showRange, showWeekday } from "./time.js";
import { html, signal } from "./ui.js";

const centres = signal(/** @type {any[]|null} */ (null));
const busy = signal(/** @type {any[]} */ ([]));
const problem = signal(/** @type {Error|null} */ (null));
const now = signal(new Date());

async function load() {
  try {
    const answer = await get("/centres");
    setZone(answer.centres[0]?.zone);
    centres.value = answer.centres;
    const day = dayOf(now.value);
    const query = new URLSearchParams({ from: iso(instant(day, "00:00")), to: iso(instant(addDays(day, 1), "00:00")) });
    busy.value = (await get(`/rooms/availability?${query}`)).busy;
    problem.value = null;
  } catch (error) {
    problem.value = /** @type {Error} */ (error);
  }
}

function Body() {
  return html`<div class="page-head"><div><h1>${t("network.title")}</h1>
      <p class="muted">${centres.value ? t("network.count", { n: centres.value.length }) : t("loading")}</p></div></div>
    <${ProblemNotice} problem=${problem.value} />
    <ul class="plain centres">${(centres.value ?? []).map((centre) => html`<${Centre} key=${centre.id} centre=${centre} />`)}</ul>`;
}

/** @param {{centre: any}} props */
function Centre({ centre }) {
  const open = openNow(centre, now.value);
  return html`<li class="card centre" aria-labelledby=${`centre-${centre.id}`}>
    <div class="centre-head"><h2 id=${`centre-${centre.id}`}>${centre.name}</h2>
      <span class=${`state ${open ? "state-ok" : ""}`}>${icon(open ? "check" : "clock")}${t(open ? "centre.open" : "centre.closed")}</span></div>
    <p class="level">${t(`level.${centre.level}`)}</p>
    <p class="with-icon">${icon("place")}<span>${centre.premises}${centre.address ? html`<br /><span class="muted">${centre.address}</span>` : null}</span></p>
    <${Hours} centre=${centre} />
    <p class="with-icon">${icon("line")}<span>${lineWords(centre.line)}<br /><a href=${`/lines/${centre.id}`}>${t("title.line")}<span class="hidden"> ${centre.name}</span></a></span></p>
    <${Rooms} centre=${centre} />
    ${settles(centre.id) ? html`<p class="settle"><a href=${`/centres/${centre.id}`}>${t("centre.settle")}<span class="hidden"> ${centre.name}</span></a></p>` : null}
  </li>`;
}

/** @param {any} line */
function lineWords(line) {
  if (!line) return t("line.unknown");
  const speed = (/** @type {number} */ kbps) => (kbps >= 1000 ? t("line.mbps", { value: (kbps / 1000).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 }) }) : t("line.kbps", { value: kbps }));
  return t("line.words", { technology: tElse(`technology.${line.technology}`, line.technology), down: speed(line.down_kbps), up: speed(line.up_kbps) });
}

/** @param {{centre: any}} props */
function Hours({ centre }) {
  const day = dayOf(now.value);
  const { closure, stretches } = openingOn(centre, day);
  const words = closure ? t("centre.closure", { reason: closure.reason, until: showDate(closure.to) })
    : stretches.length ? stretches.map((/** @type {any} */ each, /** @type {number} */ index) => html`${index ? " \u00b7 " : ""}<span class="nowrap">${showRange(each.from, each.to)}</span>`)
      : t("centre.closed_today");
  return html`<div class="with-icon">${icon("clock")}<div><p>${t("centre.today")} ${words}</p>
    <details><summary>${t("centre.week")}</summary><dl class="week-hours">
      ${[0, 1, 2, 3, 4, 5, 6].map((index) => html`<div key=${index}><dt>${showWeekday(index)}</dt><dd>${usual(centre, index)}</dd></div>`)}
    </dl></details></div></div>`;
}

/** @param {any} centre @param {number} index */
function usual(centre, index) {
  const hours = centre.opening_hours.filter((/** @type {any} */ each) => each.days.includes(index));
  return hours.length ? hours.map((/** @type {any} */ each) => between(each.from.slice(0, 5), each.to.slice(0, 5))).join(", ") : t("centre.closed");
}

/** @param {{centre: any}} props */
function Rooms({ centre }) {
  if (!centre.rooms.length) return html`<p class="rooms muted">${t("centre.no_room")}</p>`;
  return html`<ul class="plain rooms">${centre.rooms.map((/** @type {any} */ room) => {
    const day = dayOf(now.value);
    const held = busy.value.filter((each) => each.room === room.id && dayOf(new Date(each.from)) <= day && day <= dayOf(new Date(each.to))).sort((a, b) => a.from.localeCompare(b.from));
    return html`<li key=${room.id}><h3>${icon("screen")} ${room.name}</h3>
      <p class="muted small">${t("room.capacity", { n: room.capacity })}${room.equipment.length ? ` · ${room.equipment.map((/** @type {string} */ each) => tElse(`equipment.${each}`, each)).join(", ")}` : ""}</p>
      ${held.length ? html`<ol class="plain held">${held.map((each) => html`<li key=${each.from}><span class="hours">${showRange(new Date(each.from), new Date(each.to))}</span> ${each.title || t("planning.busy")}</li>`)}</ol>`
        : html`<p class="small">${t("centre.nothing_today")}</p>`}
      ${settles(centre.id) ? html`<a class="button button-quiet" href=${`/rooms/${room.id}/remote`} aria-label=${t("room.remote_of", { room: `${centre.name}, ${room.name}` })}>${t("title.remote")}</a>` : null}</li>`;
  })}</ul>`;
}

mount("network", Body);
setInterval(() => { now.value = new Date(); }, 30_000);
setInterval(() => void load(), 120_000);
await Promise.all([findPerson(), load()]);
