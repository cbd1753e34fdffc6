// SPDX-License-Identifier: GPL-3.0-or-later
// The appointments of the desks to come, and one to give to who waits to be called.
import { get, post, remove } from "./api.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { showClock, showDay } from "./time.js";
import { html, useState } from "./ui.js";

/** @typedef {(ask: () => Promise<any>) => Promise<void>} Act
 * @typedef {{id: string, desk: string, start: string, name: string, phone: string}} Appointment */

/** @param {string} start */
const when = (start) => t("desk.at", { day: showDay(new Date(start)), time: showClock(new Date(start)) });

/** @param {{coming: Appointment[], nameOf: (desk: string) => string, act: Act, again: () => Promise<void>}} props */
export function Coming({ coming, nameOf, act, again }) {
  const cancel = (/** @type {Appointment} */ each) => act(async () => {
    await remove(`/desks/${each.desk}/appointments/${each.id}`);
    await again();
  });
  return html`<section class="card" aria-labelledby="appointments"><h2 id="appointments">${t("desks.appointments")}</h2>
    ${coming.length ? html`<ul class="plain">${coming.map((each) => html`<li key=${each.id} class="number">
      <span>${when(each.start)} · ${nameOf(each.desk)}</span><strong>${each.name}</strong>
      <a href=${`tel:${each.phone.replace(/[^0-9+]/g, "")}`}>${each.phone}</a>
      <button class="button button-quiet" type="button" onClick=${() => void cancel(each)}>${icon("cross")}${t("desks.cancel_appointment", { name: each.name })}</button></li>`)}</ul>`
    : html`<p class="muted">${t("desks.no_appointments")}</p>`}</section>`;
}

/** One of the nearest slots, for who left a number; he is called no more then.
 * @param {{wish: {id: string, desk: string, name: string, phone: string}, act: Act, again: () => Promise<void>}} props */
export function Give({ wish, act, again }) {
  const [slots, setSlots] = useState(/** @type {{start: string}[]|null} */ (null));
  const [start, setStart] = useState("");
  const look = () => act(async () => {
    const found = (await get(`/desks/${wish.desk}/slots`)).slots;
    setSlots(found);
    setStart(found[0]?.start ?? "");
  });
  const give = () => act(async () => {
    await post(`/desks/${wish.desk}/appointments`, { start, name: wish.name, phone: wish.phone });
    await post(`/desk-callbacks/${wish.id}/done`);
    await again();
  });
  if (!slots) return html`<button class="button button-quiet" type="button" onClick=${() => void look()}>${icon("calendar")}${t("desks.give", { name: wish.name })}</button>`;
  if (!slots.length) return html`<span class="muted" role="status">${t("desks.no_slots")}</span>`;
  return html`<span class="give"><select class="input" aria-label=${t("desks.slot_of", { name: wish.name })} onChange=${(/** @type {any} */ event) => setStart(event.target.value)}>
    ${slots.map((each) => html`<option key=${each.start} value=${each.start} selected=${each.start === start}>${when(each.start)}</option>`)}</select>
    <button class="button" type="button" onClick=${() => void give()}>${icon("check")}${t("desks.give_this")}</button></span>`;
}
