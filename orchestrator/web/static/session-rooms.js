// SPDX-License-Identifier: GPL-3.0-or-later
// For whoever runs the session: how the rooms in it lay out their pictures, and what each made of it.
import { get, post } from "./api.js";
import { icon } from "./icons.js";
import { t, tOr } from "./i18n.js";
import { LAYOUTS, layoutPicture } from "./layouts.js";
import { announce, Notice, person, ProblemNotice } from "./shell.js";
import { html, signal, useEffect, useRef } from "./ui.js";

/** @typedef {import("./model.js").CallModel} CallModel */
/** @typedef {{name: string, layout: string, id: string|null, state: string, error?: string|null, words?: string|null}} Told */

const FOLLOW_EVERY = 700;
/** A room answers within five seconds and is done within ten; then the service says so itself. */
const FOLLOW_FOR = 30_000;
const OPEN = ["accepted", "running"];

const open = signal(false);
/** The session this person runs; null while there is none, or none of his. */
const runs = signal(/** @type {string|null} */ (null));
const which = signal("");
const told = signal(/** @type {Map<string, Told>} */ (new Map()));
const problem = signal(/** @type {Error|null} */ (null));
let presses = 0;

/** The rooms that are in the session now. @param {CallModel} model @returns {{room: string, name: string}[]} */
function roomsIn(model) {
  const here = new Set(model.participants.value.map((each) => each.room).filter(Boolean));
  return (model.session.value?.sites ?? []).filter((/** @type {any} */ site) => here.has(site.room)).map((/** @type {any} */ site) => ({ room: site.room, name: site.name }));
}

/** A session exists only for those who run it. @param {string} session */
async function askWhose(session) {
  runs.value = null;
  if (person.value) runs.value = await get(`/sessions/${session}`).then(() => session, () => null);
}

/** @param {CallModel} model @param {string} layout */
async function send(model, layout) {
  const rooms = roomsIn(model).filter(({ room }) => !which.value || room === which.value);
  if (!rooms.length) return;
  problem.value = null;
  const names = new Map(rooms.map(({ room, name }) => [room, name]));
  try {
    const { results } = await post(`/sessions/${runs.value}/commands`, { command: "video.layout.set", layout, rooms: [...names.keys()] });
    const next = new Map(told.value);
    for (const { room, id, state, error, title } of results) next.set(room, { name: names.get(room) ?? room, layout, id, state: state ?? "refused", error, words: title });
    told.value = next;
    await follow();
  } catch (error) {
    problem.value = /** @type {Error} */ (error);
  }
}

/** Ask what became of it until every room has answered; the last press does so for all. */
async function follow() {
  const press = ++presses;
  const until = Date.now() + FOLLOW_FOR;
  const waits = () => [...told.value.values()].some(({ state }) => OPEN.includes(state));
  while (waits() && Date.now() < until) {
    const { commands } = await get(`/sessions/${runs.value}/commands`).catch(() => ({ commands: [] }));
    const known = new Map(commands.map((/** @type {any} */ each) => [each.id, each]));
    told.value = new Map([...told.value].map(([room, one]) => {
      const now = known.get(one.id);
      return [room, now ? { ...one, state: now.state, error: now.error } : one];
    }));
    if (waits()) await new Promise((resolve) => setTimeout(resolve, FOLLOW_EVERY));
    if (press !== presses) return;
  }
  announce([...told.value.values()].map(inWords).join(" "));
}

/** What became of it, and what to try. @param {Told} one */
function became({ state, error, words }) {
  const over = !OPEN.includes(state) && state !== "done";
  const remedy = over && !words ? tOr(`remedy.${error ?? state}`, "remedy.other", { error: error ?? state }) : "";
  return `${words ?? t(`order.state.${state}`)} ${remedy}`.trim();
}

/** "Villefort : fait." @param {Told} one */
const inWords = (one) => t("session.rooms.said", { name: one.name, how: became(one) });

/** @param {{model: CallModel}} props */
export function RoomsButton({ model }) {
  const id = model.session.value?.id;
  useEffect(() => { if (id) void askWhose(id); }, [id, person.value]);
  if (!runs.value || !model.session.value?.sites?.length) return null;
  return html`<button class="button button-quiet" type="button" aria-expanded=${open.value} aria-controls="session-rooms" onClick=${() => { open.value = !open.value; }}>
    ${icon("screen")}<span>${t("session.rooms")}</span></button>`;
}

/** @param {{model: CallModel}} props */
export function RoomsPanel({ model }) {
  const head = useRef(/** @type {HTMLElement|null} */ (null));
  useEffect(() => { if (open.value) head.current?.focus(); }, [open.value]);
  if (!open.value || !runs.value) return null;
  const close = () => {
    open.value = false;
    /** @type {HTMLElement|null} */ (document.querySelector("[aria-controls=session-rooms]"))?.focus();
  };
  const rooms = roomsIn(model);
  const all = [{ room: "", name: t("session.rooms.all") }, ...rooms];
  return html`<aside class="chat session-rooms" id="session-rooms" aria-labelledby="session-rooms-title" onKeyDown=${(/** @type {KeyboardEvent} */ event) => { if (event.key === "Escape") close(); }}>
    <div class="chat-head"><h2 id="session-rooms-title" ref=${head} tabindex="-1">${t("session.rooms.title")}</h2>
      <button class="button button-quiet" type="button" onClick=${close}>${icon("cross")}<span>${t("close")}</span></button></div>
    ${rooms.length ? html`<div class="field"><label for="session-rooms-which">${t("session.rooms.which")}</label>
        <select id="session-rooms-which" class="input" value=${which.value} onChange=${(/** @type {any} */ event) => { which.value = event.target.value; }}>
          ${all.map(({ room, name }) => html`<option key=${room} value=${room} selected=${room === which.value}>${name}</option>`)}</select></div>
      <div class="layout-choices" role="group" aria-label=${t("remote.layouts")}>${LAYOUTS.map((layout) => html`<button key=${layout} class="layout-choice button-quiet" type="button"
        onClick=${() => void send(model, layout)}>${layoutPicture(layout)}<span>${t(`remote.layout.${layout}`)}</span></button>`)}</div>`
      : html`<${Notice}><p>${t("session.rooms.none")}</p><//>`}
    <${ProblemNotice} problem=${problem.value} />
    ${told.value.size ? html`<ul class="plain room-answers" aria-label=${t("session.rooms.answers")}>${[...told.value].map(([room, one]) => html`<${Answer} key=${room} one=${one} />`)}</ul>` : null}
  </aside>`;
}

/** @param {{one: Told}} props */
function Answer({ one }) {
  const grade = one.state === "done" ? "ok" : OPEN.includes(one.state) ? "accent" : "bad";
  return html`<li class=${`answer-${grade}`}>${icon({ ok: "check", accent: "clock", bad: "warning" }[grade])}<div><p><strong>${one.name}</strong> <span class="muted">${t(`remote.layout.${one.layout}`)}</span></p><p>${became(one)}</p></div></li>`;
}
