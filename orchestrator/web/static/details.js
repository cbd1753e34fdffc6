// SPDX-License-Identifier: GPL-3.0-or-later
// What stands behind a booking: its rooms, its link, and how to give it back.
import { get, remove } from "./api.js";
import { Conduct, session } from "./conduct.js";
import { answersFor, Decide } from "./decide.js";
import { icon } from "./icons.js";
import { list, t, tOr } from "./i18n.js";
import { openMove } from "./move.js";
import { roomLabel } from "./names.js";
import { Presence } from "./presence.js";
import { announce, copy, person, ProblemNotice } from "./shell.js";
import { iso, showDay, showRange } from "./time.js";
import { html, signal, useEffect, useRef } from "./ui.js";

const found = signal(/** @type {any} */ (null));
const problem = signal(/** @type {Error|null} */ (null));
const sure = signal(false);

/** @param {any} held @param {any[]} centres */
async function load(held, centres) {
  const same = found.value?.id === held.booking && found.value?.held.from === held.from;
  if (!same) found.value = null; // what is shown of it stays until the answer
  problem.value = null;
  sure.value = false;
  try {
    const answer = await get(`/bookings/${held.booking}`);
    const one = answer.booking ?? answer;
    const answers = answersFor(person.value, one.rooms, centres);
    found.value = { ...one, held, asked: one.state === "requested" && answers, mine: answers || one.organiser === person.value?.id };
  } catch {
    found.value = { title: held.title, from: held.from, to: held.to, rooms: [held.room], state: held.state };
  }
}

/** @param {{chosen: any, centres: any[], onChanged: () => void}} props */
export function DetailsDialog({ chosen, centres, onChanged }) {
  const ref = useRef(/** @type {HTMLDialogElement|null} */ (null));
  const held = chosen.value;
  useEffect(() => {
    if (held) void load(held, centres);
    if (held && !ref.current?.open) ref.current?.showModal();
    if (!held && ref.current?.open) ref.current.close();
  }, [held]);
  const close = () => { chosen.value = null; };
  const choose = (/** @type {any} */ other) => { chosen.value = other; };
  return html`<dialog ref=${ref} aria-labelledby="details-head" onClose=${close}>
    <div class="dialog-head"><h2 id="details-head">${held?.title || t("planning.busy")}</h2>
      <button class="button button-quiet" type="button" onClick=${close} aria-label=${t("close")}>${icon("cross")}</button></div>
    ${held ? html`<${Facts} held=${held} centres=${centres} choose=${choose} close=${close} onChanged=${onChanged} />` : null}
  </dialog>`;
}

/** @param {{held: any, centres: any[], choose: (held: any) => void, close: () => void, onChanged: () => void}} props */
function Facts({ held, centres, choose, close, onChanged }) {
  const one = found.value;
  const [from, to] = [new Date(held.from), new Date(held.to)];
  if (!one) return html`<p class="boot">${t("loading")}</p>`;
  const over = to < new Date();
  const link = session.value?.join_url ?? one.join_url;
  const again = () => { onChanged(); choose({ ...held }); };
  return html`<${ProblemNotice} problem=${problem.value} />
    <p class="with-icon">${icon("clock")}<span>${showDay(from)}, <span class="nowrap">${showRange(from, to)}</span></span></p>
    <p class="with-icon">${icon("place")}<span>${list((one.rooms ?? []).map((/** @type {string} */ room) => roomName(room, centres)))}</span></p>
    ${one.organiser_name ? html`<p class="with-icon">${icon("person")}<span>${t("join.organiser", { name: one.organiser_name })}</span></p>` : null}
    ${one.seats ? html`<p class="with-icon">${icon("people")}<span>${t("details.seats", { n: one.seats })}</span></p>` : null}
    ${one.state ? html`<p class="state">${tOr(`booking.state.${one.state}`, "planning.busy")}</p>` : null}
    ${link && !over ? html`<div class="actions"><a class="button" href=${link}>${icon("enter")}${t("details.join")}</a>
      <button class="button button-quiet" type="button" onClick=${() => void copy(link)}>${icon("copy")}${t("copy_link")}</button></div>` : null}
    ${held.session && person.value ? html`<${Conduct} id=${held.session} onChanged=${onChanged} />` : null}
    ${session.value?.kind === "ceremony" && session.value.id === held.session ? html`<div class="actions"><a class="button button-quiet" href=${`/sessions/${held.session}/stage`}>${icon("screen")}${t("title.stage")}</a>
      <a class="button button-quiet" href=${`/sessions/${held.session}/ceremony`}>${icon("people")}${t("title.ceremony")}</a></div>` : null}
    ${one.mine ? html`<${Presence} one=${one} centres=${centres} onLonger=${(/** @type {Date} */ to) => choose({ ...held, to: iso(to) })} onChanged=${onChanged} onCame=${again} close=${close} />` : null}
    ${one.mine && !over ? html`<${GiveBack} one=${one} close=${close} onChanged=${onChanged} />` : null}`;
}

/** @param {string} id @param {any[]} centres */
function roomName(id, centres) {
  const centre = centres.find((each) => each.rooms.some((/** @type {any} */ room) => room.id === id));
  return centre ? roomLabel(centre.rooms.find((/** @type {any} */ room) => room.id === id), centre.name) : id;
}

/** Asked twice: a booking given back may be taken by others at once.
 * @param {{one: any, close: () => void, onChanged: () => void}} props */
function GiveBack({ one, close, onChanged }) {
  const give = async (only = "") => {
    try {
      await remove(`/bookings/${one.id}${only ? `?${new URLSearchParams({ occurrence: only })}` : ""}`);
      announce(t("details.cancelled"));
      onChanged();
      close();
    } catch (error) {
      problem.value = /** @type {Error} */ (error);
    }
  };
  if (!sure.value) {
    return html`${one.asked ? html`<${Decide} one=${one} close=${close} onChanged=${onChanged} />` : null}
      <div class="actions"><button class="button button-quiet" type="button" onClick=${() => { close(); openMove(one.held); }}>${icon("clock")}${t("move.button")}</button>
      <button class="button button-quiet" type="button" onClick=${() => { sure.value = true; }}>${t("details.cancel")}</button></div>`;
  }
  return html`<div class="actions" role="group" aria-label=${t("details.sure")}><p>${t("details.sure")}</p>
    ${one.recurring ? html`<button class="button button-danger" type="button" onClick=${() => void give(one.held.from)}>${t("details.cancel_date")}</button>` : null}
    <button class="button button-danger" type="button" onClick=${() => void give()}>${t(one.recurring ? "details.cancel_series" : "details.cancel_yes")}</button>
    <button class="button button-quiet" type="button" onClick=${() => { sure.value = false; }}>${t("details.cancel_no")}</button></div>`;
}
