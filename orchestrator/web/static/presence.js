// SPDX-License-Identifier: GPL-3.0-or-later
// The hour of a booking: people come, stay longer, leave early.
import { get, post, Problem } from "./api.js";
import { reasonWords } from "./booking.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { openingOn } from "./opening.js";
import { announce, Notice, ProblemNotice } from "./shell.js";
import { addDays, clockOf, dayOf, instant, iso, showClock } from "./time.js";
import { html, useEffect, useState } from "./ui.js";

const MINUTE = 60_000;
const EARLY = 30 * MINUTE;
const LONGEST = 480 * MINUTE;
const STEPS = [15, 30];

/** @typedef {{one: any, centres: any[], onCame: () => void, onLonger: (to: Date) => void, onChanged: () => void, close: () => void}} Props */

/** Whether the hour of a booking has come, or is about to. @param {any} held @param {Date} now */
function isTime(held, now) {
  return new Date(held.from).getTime() - EARLY <= now.getTime() && now < new Date(held.to);
}

/** When people of this date came, if they did: a series has one check-in after the other. @param {any} one */
function cameAt({ checked_in_at: at, held }) {
  const came = at ? new Date(at) : null;
  return came && isTime(held, came) ? came : null;
}

/** Until when all the rooms may be kept: the next booking, the hours of the centre, the rules of the room.
 * @param {any} one @param {any[]} centres */
async function freeUntil(one, centres) {
  const [from, to] = [new Date(one.held.from), new Date(one.held.to)];
  const end = new Date(to.getTime() + LONGEST);
  const query = new URLSearchParams({ from: iso(to), to: iso(end), rooms: one.rooms.join(",") });
  const [{ busy }, ...rules] = await Promise.all([
    get(`/rooms/availability?${query}`),
    ...one.rooms.map(async (/** @type {string} */ room) => ({ room, ...(await get(`/rooms/${room}/settings`)).settings })),
  ]);
  const limits = rules.flatMap(({ room, longest_minutes: longest, buffer_before_minutes: before, buffer_after_minutes: after }) => [
    ...busy.filter((/** @type {any} */ each) => each.room === room && new Date(each.from) >= to).map((/** @type {any} */ each) => new Date(each.from).getTime() - (before + after) * MINUTE),
    closingAt(centres.find((centre) => centre.rooms.some((/** @type {any} */ each) => each.id === room)), to),
    longest ? from.getTime() + longest * MINUTE : Infinity,
  ]);
  return new Date(Math.max(Math.min(end.getTime(), ...limits), to.getTime()));
}

/** When the centre closes after an instant at which it is open. @param {any} centre @param {Date} at */
function closingAt(centre, at) {
  if (!centre) return Infinity;
  const day = dayOf(new Date(at.getTime() - MINUTE));
  const open = openingOn(centre, day).stretches.find((/** @type {any} */ each) => each.from < at && at <= each.to);
  const end = (open?.to ?? at).getTime();
  const on = openingOn(centre, addDays(day, 1)).stretches.find((/** @type {any} */ each) => each.from.getTime() === end);
  return on ? on.to.getTime() : end; // open through midnight
}

/** @param {Props} props */
export function Presence({ one, centres, onCame, onLonger, onChanged, close }) {
  const [refusal, setRefusal] = useState(/** @type {any} */ (null));
  const now = new Date();
  if (one.state !== "confirmed" || !isTime(one.held, now)) return null;
  const act = async (/** @type {string} */ what, /** @type {any} */ body = undefined) => {
    setRefusal(null);
    try {
      return await post(`/bookings/${one.id}/${what}`, body);
    } catch (error) {
      setRefusal(error);
      return null;
    }
  };
  return html`<section class="presence" aria-labelledby="presence-head"><h3 id="presence-head">${t("presence.head")}</h3>
    <${Refused} refusal=${refusal} />
    <${CheckIn} one=${one} act=${act} onCame=${onCame} />
    <${Longer} one=${one} centres=${centres} act=${act} onLonger=${onLonger} onChanged=${onChanged} />
    ${new Date(one.held.from).getTime() + MINUTE < now.getTime() ? html`<${EndNow} act=${act} onChanged=${onChanged} close=${close} />` : null}</section>`;
}

/** @param {{refusal: any}} props */
function Refused({ refusal }) {
  if (!(refusal instanceof Problem) || !Array.isArray(refusal.members.reasons)) return html`<${ProblemNotice} problem=${refusal} />`;
  return html`<${Notice} kind="bad" role="alert"><p><strong>${t("presence.refused")}</strong></p>
    <ul>${refusal.members.reasons.map((/** @type {any} */ reason, /** @type {number} */ index) => html`<li key=${index}>${reasonWords(reason)}</li>`)}</ul><//>`;
}

/** @param {{one: any, act: (what: string) => Promise<any>, onCame: () => void}} props */
function CheckIn({ one, act, onCame }) {
  const came = cameAt(one);
  if (came) return html`<p><span class="state state-ok">${icon("check")}${t("presence.came", { clock: showClock(came) })}</span></p>`;
  const say = async () => {
    if (!await act("check-in")) return;
    announce(t("presence.came", { clock: showClock(new Date()) }));
    onCame();
  };
  return html`<div class="actions"><button class="button" type="button" onClick=${say}>${icon("check")}${t("presence.check_in")}</button></div>`;
}

/** @param {{one: any, centres: any[], act: (what: string, body: any) => Promise<any>, onLonger: (to: Date) => void, onChanged: () => void}} props */
function Longer({ one, centres, act, onLonger, onChanged }) {
  const [until, setUntil] = useState(/** @type {Date|null} */ (null));
  const [choosing, setChoosing] = useState(false);
  useEffect(() => {
    setUntil(null);
    freeUntil(one, centres).then(setUntil, () => undefined);
  }, [one.held.to]);
  const to = new Date(one.held.to);
  const left = until ? Math.floor((until.getTime() - to.getTime()) / MINUTE) : LONGEST;
  const keep = async (/** @type {number} */ minutes) => {
    if (!await act("extend", { minutes })) return;
    const end = new Date(to.getTime() + minutes * MINUTE);
    announce(t("presence.longer_done", { clock: showClock(end) }));
    setChoosing(false);
    onLonger(end);
    onChanged();
  };
  if (until && left < 5) return html`<p>${t("presence.not_longer", { clock: showClock(to) })}</p>`;
  return html`<p>${until ? t("presence.free_until", { clock: showClock(until) }) : t("loading")}</p>
    <div class="actions" role="group" aria-label=${t("presence.longer")}>
      ${STEPS.filter((minutes) => minutes <= left).map((minutes) => html`<button class="button button-quiet" type="button" key=${minutes} onClick=${() => void keep(minutes)}>${icon("clock")}${t("presence.more", { minutes })}</button>`)}
      <button class="button button-quiet" type="button" aria-expanded=${choosing ? "true" : "false"} onClick=${() => setChoosing(!choosing)}>${t("presence.choose")}</button></div>
    ${choosing ? html`<${Choose} to=${to} until=${until} keep=${keep} />` : null}`;
}

/** @param {{to: Date, until: Date|null, keep: (minutes: number) => Promise<void>}} props */
function Choose({ to, until, keep }) {
  const [clock, setClock] = useState(until ? clockOf(until) : "");
  const [fault, setFault] = useState("");
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    const day = clock < clockOf(to) ? addDays(dayOf(to), 1) : dayOf(to);
    const minutes = clock ? (instant(day, clock).getTime() - to.getTime()) / MINUTE : 0;
    const wrong = minutes >= 5 && minutes * MINUTE <= LONGEST ? "" : t("presence.until_wrong", { clock: showClock(to) });
    setFault(wrong);
    if (wrong) document.getElementById("presence-until")?.focus();
    else void keep(minutes);
  };
  return html`<form onSubmit=${submit} novalidate><div class="field"><label for="presence-until">${t("presence.until")}</label>
      <input id="presence-until" class="input input-short" type="time" step="300" required value=${clock}
        aria-invalid=${fault ? "true" : undefined} aria-describedby=${fault ? "presence-until-fault" : undefined}
        onInput=${(/** @type {any} */ event) => setClock(event.target.value)} />
      ${fault ? html`<p class="error" id="presence-until-fault">${fault}</p>` : null}</div>
    <div class="actions"><button class="button" type="submit">${icon("check")}${t("presence.longer")}</button></div></form>`;
}

/** Asked twice: others may take the rooms at once.
 * @param {{act: (what: string) => Promise<any>, onChanged: () => void, close: () => void}} props */
function EndNow({ act, onChanged, close }) {
  const [sure, setSure] = useState(false);
  const end = async () => {
    if (!await act("release")) return;
    announce(t("presence.released"));
    onChanged();
    close();
  };
  if (!sure) return html`<div class="actions"><button class="button button-quiet" type="button" onClick=${() => setSure(true)}>${icon("leave")}${t("presence.release")}</button></div>`;
  return html`<div class="actions" role="group" aria-label=${t("presence.sure")}><p>${t("presence.sure")}</p>
    <button class="button button-danger" type="button" onClick=${() => void end()}>${t("presence.release_yes")}</button>
    <button class="button button-quiet" type="button" onClick=${() => setSure(false)}>${t("presence.release_no")}</button></div>`;
}
