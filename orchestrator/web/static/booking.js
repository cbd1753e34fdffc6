// SPDX-License-Identifier: GPL-3.0-or-later
// The booking dialogue: what, where, when; and when it is refused, why, and what is free instead.
import { post, Problem } from "./api.js";
import { icon } from "./icons.js";
import { list, t } from "./i18n.js";
import { besideCentre } from "./names.js";
import { repeatOf, SeriesFields } from "./series.js";
import { announce, copy, Notice, ProblemNotice } from "./shell.js";
import { clockOf, dayOf, instant, iso, showDay, showRange } from "./time.js";
import { html, signal, useEffect, useRef } from "./ui.js";

const KINDS = ["meeting", "training", "ceremony", "reception"];

/** @typedef {{title: string, kind: string, rooms: string[], day: string, from: string, to: string, seats: string, repeat: string, until: string}} Form */

/** What the dialogue holds; null when it is closed.
 * @type {import("./vendor/types.js").Signal<Form|null>} */
export const booking = signal(null);
const refusal = signal(/** @type {any} */ (null));
const problem = signal(/** @type {Error|null} */ (null));
const made = signal(/** @type {any} */ (null));
const busy = signal(false);
const faults = signal(/** @type {Record<string, string>} */ ({}));

/** Open the dialogue. @param {Partial<Form>} wish */
export function openBooking(wish) {
  refusal.value = problem.value = made.value = null;
  faults.value = {};
  const next = new Date(Math.ceil(Date.now() / 1_800_000) * 1_800_000);
  const today = !wish.day || wish.day === dayOf(next);
  const from = wish.from ?? (today ? clockOf(next) : "09:00");
  booking.value = { title: "", kind: "meeting", rooms: [], day: dayOf(next), seats: "", repeat: "", until: "", ...wish, from, to: wish.to ?? plusHour(from) };
}

/** @param {string} clock */
function plusHour(clock) {
  const [hours, minutes] = clock.split(":").map(Number);
  return hours >= 23 ? "23:59" : `${String(hours + 1).padStart(2, "0")}:${String(minutes).padStart(2, "0")}`;
}

/** @param {Partial<Form>} change */
function edit(change) {
  if (booking.value) booking.value = { ...booking.value, ...change };
}

/** @param {Form} form */
function check(form) {
  /** @type {Record<string, string>} */
  const found = {};
  if (!form.title.trim()) found.title = t("booking.title_missing");
  if (!form.rooms.length) found.rooms = t("booking.rooms_missing");
  if (!form.day) found.day = t("booking.day_missing");
  if (!(form.from < form.to)) found.to = t("booking.to_before_from");
  if (form.repeat && !(form.until >= form.day)) found.until = t("series.until_missing");
  faults.value = found;
  const first = Object.keys(found)[0];
  if (first) document.getElementById(first === "rooms" ? "booking-rooms" : `booking-${first}`)?.focus();
  return !first;
}

/** @param {() => void} onBooked */
async function send(onBooked) {
  const form = /** @type {Form} */ (booking.value);
  if (busy.value || !check(form)) return;
  busy.value = true;
  refusal.value = problem.value = null;
  try {
    const answer = await post("/bookings", {
      title: form.title.trim(), kind: form.kind, rooms: form.rooms,
      from: iso(instant(form.day, form.from)), to: iso(instant(form.day, form.to)),
      ...(Number(form.seats) > 0 ? { seats: Number(form.seats) } : {}), ...repeatOf(form),
    });
    made.value = { ...(answer.booking ?? answer), left_out: answer.left_out ?? [] };
    announce(doneWords());
    onBooked();
  } catch (error) {
    if (error instanceof Problem && Array.isArray(error.members.reasons)) refusal.value = error.members;
    else problem.value = /** @type {Error} */ (error);
  }
  busy.value = false;
}

const doneWords = () => t(made.value.state === "requested" ? "booking.asked" : "booking.done");

/** Take the slot that is offered instead. @param {[Date, Date]} slot @param {() => void} onBooked */
function take([from, to], onBooked) {
  edit({ day: dayOf(from), from: clockOf(from), to: clockOf(to) });
  void send(onBooked);
}

/** @param {{centres: any[], onBooked: () => void}} props */
export function BookingDialog({ centres, onBooked }) {
  const ref = useRef(/** @type {HTMLDialogElement|null} */ (null));
  const open = booking.value !== null;
  useEffect(() => {
    if (open && !ref.current?.open) ref.current?.showModal();
    if (!open && ref.current?.open) ref.current.close();
  }, [open]);
  const close = () => { booking.value = null; };
  return html`<dialog ref=${ref} aria-labelledby="booking-head" onClose=${close}>
    <div class="dialog-head"><h2 id="booking-head">${made.value ? doneWords() : t("booking.new")}</h2>
      <button class="button button-quiet" type="button" onClick=${close} aria-label=${t("close")}>${icon("cross")}</button></div>
    ${!open ? null : made.value ? html`<${Made} close=${close} />` : html`<${BookingForm} centres=${centres} onBooked=${onBooked} close=${close} />`}
  </dialog>`;
}

/** @param {{close: () => void}} props */
function Made({ close }) {
  const { title, from, to, join_url: link, left_out: gone } = made.value;
  return html`<p><strong>${title}</strong><br />${showDay(new Date(from))}, ${showRange(new Date(from), new Date(to))}</p>
    ${gone.length ? html`<${Notice} kind="warning"><p>${t("series.left_out", { n: gone.length, dates: list(gone.map((/** @type {string} */ at) => showDay(new Date(at)))) })}</p><//>` : null}
    ${link ? html`<p>${t("booking.link")}</p><p><a href=${link}>${link}</a></p>` : null}
    <div class="actions">${link ? html`<button class="button" type="button" onClick=${() => void copy(link)}>${icon("copy")}${t("copy_link")}</button>` : null}
      <button class="button button-quiet" type="button" onClick=${close}>${t("close")}</button></div>`;
}

/** @param {{centres: any[], onBooked: () => void, close: () => void}} props */
function BookingForm({ centres, onBooked, close }) {
  const form = /** @type {Form} */ (booking.value);
  const submit = (/** @type {Event} */ event) => { event.preventDefault(); void send(onBooked); };
  return html`<form onSubmit=${submit} novalidate>
    ${refusal.value ? html`<${Refused} onBooked=${onBooked} />` : null}
    <${ProblemNotice} problem=${problem.value} />
    ${text("title", "text", { maxlength: 200, autocomplete: "off" })}
    <div class="field"><label for="booking-kind">${t("booking.kind")}</label>
      <select id="booking-kind" class="input" value=${form.kind} onChange=${(/** @type {any} */ event) => edit({ kind: event.target.value })}>
        ${KINDS.map((kind) => html`<option key=${kind} value=${kind}>${t(`kind.${kind}`)}</option>`)}</select></div>
    <${RoomChoice} centres=${centres} form=${form} />
    <div class="fields">${text("day", "date")}${text("from", "time", { step: 900 })}${text("to", "time", { step: 900 })}</div>
    <${SeriesFields} form=${form} edit=${edit} fault=${faults.value.until} />
    <div class="actions"><button class="button" type="submit" aria-disabled=${busy.value ? "true" : undefined}>${icon("check")}${t("booking.send")}</button>
      <button class="button button-quiet" type="button" onClick=${close}>${t("cancel")}</button></div>
  </form>`;
}

/** @param {"title"|"day"|"from"|"to"} name @param {string} type @param {Record<string, any>} [more] */
function text(name, type, more = {}) {
  const fault = faults.value[name];
  const id = `booking-${name}`;
  return html`<div class="field"><label for=${id}>${t(`booking.${name}`)}</label>
    <input id=${id} class="input" type=${type} required value=${/** @type {Form} */ (booking.value)[name]} ...${more}
      aria-invalid=${fault ? "true" : undefined} aria-describedby=${fault ? `${id}-fault` : undefined}
      onInput=${(/** @type {any} */ event) => edit({ [name]: event.target.value })} />
    ${fault ? html`<p class="error" id=${`${id}-fault`}>${fault}</p>` : null}</div>`;
}

/** @param {{centres: any[], form: Form}} props */
function RoomChoice({ centres, form }) {
  const flip = (/** @type {string} */ id) =>
    edit({ rooms: form.rooms.includes(id) ? form.rooms.filter((each) => each !== id) : [...form.rooms, id] });
  const fault = faults.value.rooms;
  return html`<fieldset class="field" id="booking-rooms" tabindex="-1" aria-describedby=${fault ? "rooms-fault" : undefined}><legend>${t("booking.rooms")}</legend>
    <div class="room-choice">${centres.flatMap((centre) => centre.rooms.map((/** @type {any} */ room) => html`<label class="tick" key=${room.id}>
      <input type="checkbox" checked=${form.rooms.includes(room.id)} onChange=${() => flip(room.id)} />
      <span>${centre.name} <span class="muted small">${besideCentre(centre, room)}</span></span></label>`))}</div>
    ${fault ? html`<p class="error" id="rooms-fault">${fault}</p>` : null}</fieldset>`;
}

/** Why not, room by room, and the nearest time when everything is free.
 * @param {{onBooked: () => void}} props */
function Refused({ onBooked }) {
  const { reasons, alternative } = refusal.value;
  const free = slotOf(alternative);
  return html`<${Notice} kind="bad" role="alert">
    <p><strong>${t("booking.refused")}</strong></p>
    <ul>${reasons.map((/** @type {any} */ reason, /** @type {number} */ index) => html`<li key=${index}>${reasonWords(reason)}</li>`)}</ul>
    ${free ? html`<p>${t("booking.alternative", { day: showDay(free[0]), hours: showRange(...free) })}</p>
      <button class="button" type="button" onClick=${() => take(free, onBooked)}>${icon("check")}${t("booking.take")}</button>`
      : html`<p>${t("booking.no_alternative")}</p>`}<//>`;
}

/** The service writes the sentence; a key alone is all a stranger would send. @param {any} reason */
export function reasonWords(reason) {
  if (typeof reason === "string") return reason;
  return reason.text ?? reason.title ?? t("reason.other", { key: reason.key });
}

/** The free slot, as `[from, to]` or `{from, to}`. @param {any} slot @returns {[Date, Date]|null} */
export function slotOf(slot) {
  if (!slot) return null;
  const [from, to] = Array.isArray(slot) ? slot : [slot.from, slot.to];
  return [new Date(from), new Date(to)];
}
