// SPDX-License-Identifier: GPL-3.0-or-later
// What a site or a person has to know of himself in a ceremony: on air, next, or in the wings.
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { announce } from "./shell.js";
import { html, useEffect, useRef, useState } from "./ui.js";

/** @typedef {import("./model.js").CallModel} CallModel */
/** @typedef {"on_air"|"off"|"next"|"wings"|"watching"} Standing */

const TURN = 200;
/** @type {Record<Standing, string>} */
const DRAWINGS = { on_air: "screen", off: "pause", next: "clock", wings: "person", watching: "screen" };

/** How he stands to the program: `off` is in it behind a slate, `watching` sends nothing.
 * @param {any} stage @param {string} you @param {boolean} sends @returns {Standing} */
export function standingOf(stage, you, sends) {
  const spot = stage.spots.find((/** @type {any} */ each) => each.participant === you);
  if (spot) return spot.slate ? "off" : "on_air";
  if (stage.next.participants.includes(you)) return "next";
  return sends ? "wings" : "watching";
}

/** Whole seconds until an instant, counted so that the last one is 1; null when there is none to come.
 * @param {string|null} at @param {number} now in s */
export function secondsTo(at, now) {
  const left = at === null ? 0 : Date.parse(at) / 1000 - now;
  return left > 0 ? Math.ceil(left) : null;
}

/** "3:05" of so many seconds. @param {number} seconds */
export function clockOf(seconds) {
  const all = Math.abs(Math.round(seconds));
  return `${seconds <= -0.5 ? "\u2212" : ""}${Math.floor(all / 60)}:${String(all % 60).padStart(2, "0")}`;
}

/** What of the floor concerns him, in words. @param {any} stage @param {string} you */
export function floorWords(stage, you) {
  const place = stage.queue.findIndex((/** @type {any} */ seat) => seat.participant === you);
  if (stage.holders.some((/** @type {any} */ seat) => seat.participant === you)) return t("tally.floor");
  return place < 0 ? null : t("tally.queue", { place: place + 1, many: stage.queue.length });
}

/** @param {any} stage @param {string} you @param {Standing} standing @param {number|null} wait */
function words(stage, you, standing, wait) {
  if (standing === "on_air") return [t("tally.on_air"), t(stage.heard.includes(you) ? "tally.heard" : "tally.unheard")];
  if (standing === "next" && wait !== null) return [t("tally.in", { seconds: wait }), t("tally.ready")];
  return [t(`tally.${standing}`), t(`tally.${standing}.more`)];
}

/** `large` for who speaks: read from a step away. @param {{model: CallModel, large?: boolean}} props */
export function Tally({ model, large = false }) {
  const { stage } = model.session.value;
  const you = model.you.value;
  const sends = [...(model.call?.own.values() ?? [])].some(Boolean);
  const standing = standingOf(stage, you, sends);
  const now = useClock(model);
  const [title, more] = words(stage, you, standing, standing === "next" ? secondsTo(stage.next.at, now) : null);
  const since = useSince(standing === "on_air", now, stage.cue?.at ?? null);
  const floor = floorWords(stage, you);
  const talk = stage.talk.includes(you) ? t("tally.talk") : null;
  const said = [standing === "next" && stage.next.at ? t("tally.soon") : title, floor].filter(Boolean).join(" ");
  useEffect(() => { announce(said); }, [said]);
  return html`<section class=${`tally tally-${standing} ${large ? "tally-large" : ""}`} aria-label=${t("tally.head")}>
    <p class="tally-title">${icon(DRAWINGS[standing])}<strong>${title}</strong>${since === null ? null : html`<span class="tally-since">${t("tally.since", { time: clockOf(since) })}</span>`}</p><p class="tally-more">${more}</p>
    ${model.told.value ? html`<p class="tally-told" role="status">${icon("message")}<span>${t("tally.told", { text: model.told.value })}</span>
      <button class="button button-quiet" type="button" onClick=${() => { model.told.value = ""; }}>${t("tally.read")}</button></p>` : null}
    ${talk ? html`<p class="tally-talk" role="status">${icon("speaker")}${talk}</p>` : null}
    ${floor ? html`<p class="tally-floor">${icon("hand")}${floor}</p>` : null}
    <${Cue} stage=${stage} now=${now} /></section>`;
}

/** What is on, what is left of it, and what comes. @param {{stage: any, now: number}} props */
function Cue({ stage: { cue, then }, now }) {
  if (!cue && !then) return null;
  const since = cue?.at ? now - Date.parse(cue.at) / 1000 : 0;
  const left = cue?.duration ? cue.duration - Math.max(0, since) : null;
  return html`<p class="tally-cue">${cue ? html`<span>${cue.title}${left === null ? null : html` <b class=${left < 0 ? "tally-over" : ""}>${clockOf(left)}<span class="hidden"> ${t(left < 0 ? "stage.over" : "stage.left")}</span></b>`}</span>` : null}
    ${then ? html`<span>${t("tally.then", { title: then.title })}</span>` : null}</p>`;
}

/** For how many seconds it is so; whoever finds it so already (his page is new) counts from the cue on.
 * @param {boolean} is @param {number} now @param {string|null} cueAt */
function useSince(is, now, cueAt) {
  const began = useRef(/** @type {number|null} */ (null));
  const first = useRef(true);
  const cue = cueAt === null ? now : Math.min(now, Date.parse(cueAt) / 1000);
  if (!is) began.current = null;
  else began.current ??= first.current ? cue : now;
  first.current = false;
  return began.current === null ? null : now - began.current;
}

/** The service's clock in s, looked at while it is drawn. @param {CallModel} model */
export function useClock(model) {
  const [now, setNow] = useState(model.cues.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(model.cues.now), TURN);
    return () => clearInterval(timer);
  }, [model]);
  return now;
}
