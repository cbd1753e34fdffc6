// SPDX-License-Identifier: GPL-3.0-or-later
// "Four rooms, 90 minutes, next week, mornings": the best slots, each one press away from booked.
import { get } from "./api.js";
import { icon } from "./icons.js";
import { list, t, tElse } from "./i18n.js";
import { roomLabel } from "./names.js";
import { announce, ProblemNotice } from "./shell.js";
import { addDays, clockOf, dayOf, instant, iso, monday, showDay, showRange } from "./time.js";
import { html, signal, useEffect, useRef } from "./ui.js";

const PARTS = ["any", "morning", "afternoon", "evening"];

/** @typedef {{rooms: string, minutes: string, from: string, to: string, part: string, equipment: string[]}} Search */

const search = signal(/** @type {Search|null} */ (null));
const found = signal(/** @type {any[]|null} */ (null));
const problem = signal(/** @type {Error|null} */ (null));

/** Open the panel, for next week. @param {string} today */
export function openFinder(today) {
  const from = addDays(monday(today), 7);
  found.value = problem.value = null;
  search.value = { rooms: "2", minutes: "60", from, to: addDays(from, 4), part: "any", equipment: [] };
}

/** @param {Partial<Search>} change */
function edit(change) {
  if (search.value) search.value = { ...search.value, ...change };
}

async function look() {
  const form = /** @type {Search} */ (search.value);
  found.value = problem.value = null;
  if (!form.from || !(form.from <= form.to)) {
    problem.value = new Error(t("finder.period"));
    return;
  }
  const query = new URLSearchParams({
    rooms: form.rooms, minutes: form.minutes, part: form.part, equipment: form.equipment.join(","),
    from: iso(instant(form.from, "00:00")), to: iso(instant(addDays(form.to, 1), "00:00")),
  });
  try {
    const answer = await get(`/rooms/finder?${query}`);
    found.value = answer.slots;
    announce(answer.slots.length ? t("finder.found", { n: answer.slots.length }) : t("finder.none"));
  } catch (error) {
    problem.value = /** @type {Error} */ (error);
  }
}

/** @param {{centres: any[], book: (wish: any) => void}} props */
export function FinderDialog({ centres, book }) {
  const ref = useRef(/** @type {HTMLDialogElement|null} */ (null));
  const open = search.value !== null;
  useEffect(() => {
    if (open && !ref.current?.open) ref.current?.showModal();
    if (!open && ref.current?.open) ref.current.close();
  }, [open]);
  const close = () => { search.value = null; };
  const take = (/** @type {any} */ slot) => {
    close();
    const [from, to] = [new Date(slot.from), new Date(slot.to)];
    book({ rooms: slot.rooms, day: dayOf(from), from: clockOf(from), to: clockOf(to) });
  };
  return html`<dialog ref=${ref} aria-labelledby="finder-head" onClose=${close}>
    <div class="dialog-head"><h2 id="finder-head">${t("finder.head")}</h2>
      <button class="button button-quiet" type="button" onClick=${close} aria-label=${t("close")}>${icon("cross")}</button></div>
    ${open ? html`<${Fields} centres=${centres} /><${Slots} centres=${centres} take=${take} />` : null}</dialog>`;
}

/** @param {{centres: any[]}} props */
function Fields({ centres }) {
  const form = /** @type {Search} */ (search.value);
  const rooms = centres.flatMap((centre) => centre.rooms);
  const equipment = [...new Set(rooms.flatMap((room) => room.equipment ?? []))].sort();
  const submit = (/** @type {Event} */ event) => { event.preventDefault(); void look(); };
  const flip = (/** @type {string} */ name) =>
    edit({ equipment: form.equipment.includes(name) ? form.equipment.filter((each) => each !== name) : [...form.equipment, name] });
  return html`<form onSubmit=${submit} novalidate>
    <div class="fields">${field("rooms", { type: "number", min: 1, max: Math.max(rooms.length, 1) })}${field("minutes", { type: "number", min: 15, max: 1440, step: 15 })}</div>
    <div class="fields">${field("from", { type: "date" })}${field("to", { type: "date" })}</div>
    <div class="field"><label for="finder-part">${t("finder.part")}</label>
      <select id="finder-part" class="input" value=${form.part} onChange=${(/** @type {any} */ event) => edit({ part: event.target.value })}>
        ${PARTS.map((name) => html`<option key=${name} value=${name}>${t(`finder.part.${name}`)}</option>`)}</select></div>
    ${equipment.length ? html`<details class="field"><summary>${t("finder.equipment")}</summary><div class="room-choice">${equipment.map((name) => html`<label class="tick" key=${name}>
      <input type="checkbox" checked=${form.equipment.includes(name)} onChange=${() => flip(name)} /><span>${tElse(`equipment.${name}`, name)}</span></label>`)}</div></details>` : null}
    <${ProblemNotice} problem=${problem.value} />
    <div class="actions"><button class="button" type="submit">${icon("search")}${t("finder.send")}</button></div></form>`;
}

/** @param {"rooms"|"minutes"|"from"|"to"} name @param {Record<string, any>} more */
function field(name, more) {
  return html`<div class="field"><label for=${`finder-${name}`}>${t(`finder.${name}`)}</label>
    <input id=${`finder-${name}`} class="input" required value=${/** @type {Search} */ (search.value)[name]} ...${more}
      onInput=${(/** @type {any} */ event) => edit({ [name]: event.target.value })} /></div>`;
}

/** @param {{centres: any[], take: (slot: any) => void}} props */
function Slots({ centres, take }) {
  if (!found.value) return null;
  if (!found.value.length) return html`<p>${t("finder.none")}</p>`;
  const names = new Map(centres.flatMap((centre) => centre.rooms.map((/** @type {any} */ room) => [room.id, roomLabel(room, centre.name)])));
  return html`<h3>${t("finder.found", { n: found.value.length })}</h3>
    <ul class="plain slots">${found.value.map((slot) => {
      const when = `${showDay(new Date(slot.from))}, ${showRange(new Date(slot.from), new Date(slot.to))}`;
      return html`<li key=${slot.from}><div><strong>${when}</strong><p class="muted small">${list(slot.rooms.map((/** @type {string} */ id) => names.get(id) ?? id))}</p>
        ${slot.asks?.length ? html`<p class="small">${t("finder.asks", { rooms: list(slot.asks.map((/** @type {string} */ id) => names.get(id) ?? id)) })}</p>` : null}</div>
        <button class="button button-quiet" type="button" onClick=${() => take(slot)} aria-label=${`${t("finder.take")} ${when}`}>${icon("plus")}${t("finder.take")}</button></li>`;
    })}</ul>`;
}
