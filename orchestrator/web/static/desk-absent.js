// SPDX-License-Identifier: GPL-3.0-or-later
// Nobody answers, or it is closed: when there is somebody, an appointment to take, a number to leave.
import { get, post, remove } from "./api.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { ProblemNotice } from "./shell.js";
import { dayWithin, showClock, showDay } from "./time.js";
import { html, signal, useEffect, useState } from "./ui.js";

/** The appointment that was just taken, until the screen is cleared. */
export const booked = signal(/** @type {{id: string, start: string}|null} */ (null));

/** @param {string} start */
const when = (start) => t("desk.at", { day: showDay(new Date(start)), time: showClock(new Date(start)) });
/** @param {string} at */
const opening = (at) => t("desk.opens", { day: dayWithin(new Date(at)), time: showClock(new Date(at)) });

/** @param {{desk: string, opens: string|null, onTouch: () => void, onDone: () => void}} props */
export function Absent({ desk, opens, onTouch, onDone }) {
  const [slots, setSlots] = useState(/** @type {{start: string}[]} */ ([]));
  const [start, setStart] = useState("");
  const [problem, setProblem] = useState(/** @type {Error|null} */ (null));
  const look = () => get(`/desks/${desk}/slots`).then((found) => setSlots(found.slots), () => undefined);
  useEffect(() => void look(), [desk]);
  const send = async (/** @type {any} */ event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    const said = (/** @type {string} */ name) => String(form.get(name) ?? "").trim();
    const who = { name: said("name"), phone: said("phone") };
    try {
      if (start) booked.value = await post(`/desks/${desk}/appointments`, { ...who, start, mail: said("mail") });
      else await post(`/desks/${desk}/callbacks`, who);
      setProblem(null);
      onDone();
    } catch (error) {
      setProblem(/** @type {Error} */ (error));
      await look();
    }
  };
  const choose = (/** @type {string} */ each) => { onTouch(); setStart(each === start ? "" : each); };
  return html`${opens ? html`<p class="desk-opens">${icon("calendar")}<span>${opening(opens)}</span></p>` : null}
    <div class="desk-later">
    ${slots.length ? html`<section class="desk-slots" aria-labelledby="desk-slots"><h2 id="desk-slots">${icon("calendar")} ${t("desk.appointment")}</h2>
      <ul class="plain">${slots.map((each) => html`<li key=${each.start}><button class=${each.start === start ? "button" : "button button-quiet"} type="button"
        aria-pressed=${each.start === start} onClick=${() => choose(each.start)}>${when(each.start)}</button></li>`)}</ul></section>` : null}
    <form class="card desk-number" onSubmit=${send} onInput=${onTouch} novalidate aria-labelledby="desk-number">
      <h2 id="desk-number">${start ? when(start) : t("desk.number")}</h2>
      <${ProblemNotice} problem=${problem} />
      <div class="field"><label for="name">${t("desk.your_name")}</label><input id="name" name="name" class="input" maxlength="60" required autocomplete="off" /></div>
      <div class="field"><label for="phone">${t("desk.your_phone")}</label><input id="phone" name="phone" type="tel" class="input" maxlength="30" required autocomplete="off" /></div>
      ${start ? html`<div class="field"><label for="mail">${t("desk.your_mail")}</label><input id="mail" name="mail" type="email" class="input" maxlength="254" autocomplete="off" /></div>` : null}
      <button class="button button-wide" type="submit">${icon("check")}${t(start ? "desk.take_appointment" : "desk.send_number")}</button>
    </form></div>`;
}

/** What was taken, said once, and a way back. @param {{desk: string, onGone: () => void}} props */
export function Taken({ desk, onGone }) {
  const [problem, setProblem] = useState(/** @type {Error|null} */ (null));
  const taken = booked.value;
  if (!taken) return null;
  const cancel = () => remove(`/desks/${desk}/appointments/${taken.id}`).then(onGone, setProblem);
  return html`<p class="desk-opens">${icon("calendar")}<span>${when(taken.start)}</span></p>
    <${ProblemNotice} problem=${problem} />
    <div class="desk-choices"><button class="button desk-yes" type="button" onClick=${onGone}>${icon("check")}${t("desk.appointment_yes")}</button>
      <button class="button button-danger" type="button" onClick=${() => void cancel()}>${icon("cross")}${t("desk.cancel")}</button></div>`;
}
