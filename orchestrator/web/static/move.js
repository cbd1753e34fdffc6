// SPDX-License-Identifier: GPL-3.0-or-later
// Move a booking: by its dialogue, which a drag on the planning only fills in.
import { get, patch, Problem } from "./api.js";
import { reasonWords, slotOf } from "./booking.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { announce, Notice, ProblemNotice } from "./shell.js";
import { clockOf, dayOf, instant, iso, showDay, showRange } from "./time.js";
import { html, signal, useEffect, useRef } from "./ui.js";

/** @typedef {{held: any, day: string, from: string, to: string, room: string, all: boolean, booking: any}} Move */

const move = signal(/** @type {Move|null} */ (null));
const refusal = signal(/** @type {any} */ (null));
const problem = signal(/** @type {Error|null} */ (null));
const busy = signal(false);

/** Open the dialogue, filled in with where the booking is to go.
 * @param {any} held @param {{day?: string, from?: Date, room?: string}} [wish] */
export function openMove(held, wish = {}) {
  const [from, to] = [new Date(held.from), new Date(held.to)];
  const start = wish.from ?? instant(wish.day ?? dayOf(from), clockOf(from));
  const end = new Date(start.getTime() + to.getTime() - from.getTime());
  refusal.value = problem.value = null;
  move.value = { held, day: dayOf(start), from: clockOf(start), to: clockOf(end), room: wish.room ?? held.room, all: false, booking: null };
  void load(held);
}

/** @param {any} held */
async function load(held) {
  try {
    const answer = await get(`/bookings/${held.booking}`);
    edit({ booking: answer.booking });
  } catch (error) {
    problem.value = /** @type {Error} */ (error);
  }
}

/** @param {Partial<Move>} change */
function edit(change) {
  if (move.value) move.value = { ...move.value, ...change };
}

/** What to ask of the service: only what is different. @param {Move} form */
function wishOf({ held, day, from, to, room, all, booking }) {
  const [start, end] = [instant(day, from), instant(day, to)];
  const rooms = room === held.room ? {} : { rooms: booking.rooms.map((/** @type {string} */ id) => (id === held.room ? room : id)) };
  if (booking.recurring && !all) return { occurrence: held.from, from: iso(start), to: iso(end) };
  // A series moves as one: its first date by as much as this one.
  const by = booking.recurring ? new Date(booking.from).getTime() - new Date(held.from).getTime() : 0;
  return { from: iso(new Date(start.getTime() + by)), to: iso(new Date(end.getTime() + by)), ...rooms };
}

/** @param {() => void} onMoved */
async function send(onMoved) {
  const form = move.value;
  if (!form?.booking || busy.value) return;
  refusal.value = problem.value = null;
  if (!(form.from < form.to)) {
    problem.value = new Error(t("booking.to_before_from"));
    return;
  }
  busy.value = true;
  try {
    await patch(`/bookings/${form.held.booking}`, wishOf(form));
    announce(t("move.done"));
    move.value = null;
    onMoved();
  } catch (error) {
    if (error instanceof Problem && Array.isArray(error.members.reasons)) refusal.value = error.members;
    else problem.value = /** @type {Error} */ (error);
  }
  busy.value = false;
}

/** @param {{centres: any[], onMoved: () => void}} props */
export function MoveDialog({ centres, onMoved }) {
  const ref = useRef(/** @type {HTMLDialogElement|null} */ (null));
  const form = move.value;
  useEffect(() => {
    if (form && !ref.current?.open) ref.current?.showModal();
    if (!form && ref.current?.open) ref.current.close();
  }, [form]);
  const close = () => { move.value = null; };
  return html`<dialog ref=${ref} aria-labelledby="move-head" onClose=${close}>
    <div class="dialog-head"><h2 id="move-head">${t("move.head", { title: form?.held.title || t("planning.busy") })}</h2>
      <button class="button button-quiet" type="button" onClick=${close} aria-label=${t("close")}>${icon("cross")}</button></div>
    ${form ? html`<${Fields} form=${form} centres=${centres} close=${close} onMoved=${onMoved} />` : null}</dialog>`;
}

/** @param {{form: Move, centres: any[], close: () => void, onMoved: () => void}} props */
function Fields({ form, centres, close, onMoved }) {
  const submit = (/** @type {Event} */ event) => { event.preventDefault(); void send(onMoved); };
  const room = centres.flatMap((centre) => centre.rooms).find((each) => each.id === form.room);
  return html`<form onSubmit=${submit} novalidate>
    ${refusal.value ? html`<${Refused} onMoved=${onMoved} />` : null}
    <${ProblemNotice} problem=${problem.value} />
    ${form.room !== form.held.room && !(form.booking?.recurring && !form.all) ? html`<p class="with-icon">${icon("place")}<span>${t("move.room", { room: room?.name ?? form.room })}</span></p>` : null}
    <div class="fields">${field("day", "date", form.day)}${field("from", "time", form.from)}${field("to", "time", form.to)}</div>
    ${form.booking?.recurring ? html`<fieldset class="field"><legend>${t("move.which")}</legend>${[false, true].map((all) => html`<label class="tick" key=${all}>
      <input type="radio" name="which" checked=${form.all === all} onChange=${() => edit({ all })} /><span>${t(all ? "move.series" : "move.date")}</span></label>`)}</fieldset>` : null}
    <div class="actions"><button class="button" type="submit" aria-disabled=${busy.value || !form.booking ? "true" : undefined}>${icon("check")}${t("move.send")}</button>
      <button class="button button-quiet" type="button" onClick=${close}>${t("cancel")}</button></div></form>`;
}

/** @param {"day"|"from"|"to"} name @param {string} type @param {string} value */
function field(name, type, value) {
  return html`<div class="field"><label for=${`move-${name}`}>${t(`booking.${name}`)}</label>
    <input id=${`move-${name}`} class="input" type=${type} required step=${type === "time" ? 900 : undefined} value=${value}
      onInput=${(/** @type {any} */ event) => edit({ [name]: event.target.value })} /></div>`;
}

/** @param {{onMoved: () => void}} props */
function Refused({ onMoved }) {
  const free = slotOf(refusal.value.alternative);
  const take = () => {
    if (!free) return;
    edit({ day: dayOf(free[0]), from: clockOf(free[0]), to: clockOf(free[1]) });
    void send(onMoved);
  };
  return html`<${Notice} kind="bad" role="alert"><p><strong>${t("booking.refused")}</strong></p>
    <ul>${refusal.value.reasons.map((/** @type {any} */ reason, /** @type {number} */ index) => html`<li key=${index}>${reasonWords(reason)}</li>`)}</ul>
    ${free ? html`<p>${t("booking.alternative", { day: showDay(free[0]), hours: showRange(...free) })}</p>
      <button class="button" type="button" onClick=${take}>${icon("check")}${t("booking.take")}</button>` : null}<//>`;
}
