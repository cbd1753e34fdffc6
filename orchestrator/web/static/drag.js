// SPDX-License-Identifier: GPL-3.0-or-later
// Bookings are dragged with the mouse to another day, hour or room. It only fills in the dialogue
// to move them, which everybody else opens with its button.
import { heldOn } from "./planning-views.js";
import { addDays } from "./time.js";

const FAR = 8;
const STEP = 15 * 60_000;

/** @typedef {{busy: () => any[], monday: () => string, day: () => string, may: () => boolean,
 *   drop: (held: any, wish: {day?: string, from?: Date, room?: string}) => void}} Facts */

/** Let bookings be dragged for as long as the page lives. @param {Facts} facts */
export function drag(facts) {
  /** @type {{element: HTMLElement, x: number, y: number, moving: boolean}|null} */
  let held = null;
  let over = /** @type {Element|null} */ (null);
  const stop = () => {
    held?.element.classList.remove("dragged");
    over?.classList.remove("drop-here");
    held = over = null;
  };
  document.addEventListener("pointerdown", (event) => {
    const element = /** @type {HTMLElement} */ (event.target).closest?.("button.chip, button.block");
    if (event.pointerType !== "mouse" || event.button !== 0 || !element || !facts.may()) return;
    held = { element: /** @type {HTMLElement} */ (element), x: event.clientX, y: event.clientY, moving: false };
  });
  document.addEventListener("pointermove", (event) => {
    if (!held) return;
    held.moving ||= Math.hypot(event.clientX - held.x, event.clientY - held.y) > FAR;
    if (!held.moving) return;
    held.element.classList.add("dragged");
    over?.classList.remove("drop-here");
    over = placeAt(event, held.element);
    over?.classList.add("drop-here");
  });
  document.addEventListener("pointerup", (event) => {
    if (held?.moving) {
      swallowClick();
      finish(facts, held, placeAt(event, held.element), event);
    }
    stop();
  });
  document.addEventListener("pointercancel", stop);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") stop(); });
}

/** The cell or the lane under the mouse. @param {PointerEvent} event @param {Element} element */
function placeAt(event, element) {
  const wanted = element.classList.contains("chip") ? ".week td" : ".lane";
  return document.elementsFromPoint(event.clientX, event.clientY).map((each) => each.closest(wanted)).find(Boolean) ?? null;
}

/** The mouse is let go over a button: that is no press of it. */
function swallowClick() {
  const swallow = (/** @type {Event} */ event) => { event.stopPropagation(); event.preventDefault(); };
  document.addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => document.removeEventListener("click", swallow, { capture: true }), 0);
}

/** @param {Facts} facts @param {{element: HTMLElement, x: number}} held @param {Element|null} place @param {PointerEvent} event */
function finish(facts, held, place, event) {
  const home = held.element.closest(".week td, .lane");
  const found = home && bookingOf(facts, home, held.element);
  const room = /** @type {HTMLElement|null} */ (place?.closest("[data-room]"))?.dataset.room;
  if (!found || !place || !room) return;
  if (place instanceof HTMLTableCellElement) {
    if (place !== home) facts.drop(found, { room, day: dayOf(facts, place) });
    return;
  }
  const length = new Date(found.to).getTime() - new Date(found.from).getTime();
  const late = ((event.clientX - held.x) / held.element.getBoundingClientRect().width) * length;
  const from = new Date(new Date(found.from).getTime() + Math.round(late / STEP) * STEP);
  facts.drop(found, { room, from });
}

/** @param {Facts} facts @param {HTMLTableCellElement} cell */
const dayOf = (facts, cell) => addDays(facts.monday(), cell.cellIndex - 1);

/** What a drawing stands for: it is drawn in the order of the facts. @param {Facts} facts @param {Element} home @param {Element} element */
function bookingOf(facts, home, element) {
  const room = /** @type {HTMLElement|null} */ (home.closest("[data-room]"))?.dataset.room ?? "";
  const day = home instanceof HTMLTableCellElement ? dayOf(facts, home) : facts.day();
  return heldOn(facts.busy(), room, day)[[...home.querySelectorAll(".chip, .block")].indexOf(element)];
}
