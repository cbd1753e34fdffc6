// SPDX-License-Identifier: GPL-3.0-or-later
// What was asked of the animateur of a centre: he gives it or refuses it, with a word if he likes.
import { post } from "./api.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { announce, ProblemNotice } from "./shell.js";
import { html, useState } from "./ui.js";

/** @param {{one: any, close: () => void, onChanged: () => void}} props */
export function Decide({ one, close, onChanged }) {
  const [note, setNote] = useState("");
  const [problem, setProblem] = useState(/** @type {Error|null} */ (null));
  const say = async (/** @type {"approve"|"refuse"} */ decision) => {
    try {
      await post(`/bookings/${one.id}/decide`, { decision, note });
      announce(t(`decide.done.${decision}`));
      onChanged();
      close();
    } catch (error) {
      setProblem(/** @type {Error} */ (error));
    }
  };
  return html`<fieldset class="decide"><legend>${t("decide.asked")}</legend>
    <${ProblemNotice} problem=${problem} />
    <div class="field"><label for="decide-note">${t("decide.note")}</label>
      <input id="decide-note" class="input" maxlength="280" autocomplete="off" value=${note} onInput=${(/** @type {any} */ event) => setNote(event.target.value)} /></div>
    <div class="actions"><button class="button" type="button" onClick=${() => void say("approve")}>${icon("check")}${t("decide.approve")}</button>
      <button class="button button-quiet" type="button" onClick=${() => void say("refuse")}>${icon("cross")}${t("decide.refuse")}</button></div></fieldset>`;
}

/** Whether this person answers for one of these rooms. @param {any} person @param {string[]} rooms @param {any[]} centres */
export function answersFor(person, rooms, centres) {
  if (person?.role === "admin") return true;
  const mine = centres.filter((centre) => person?.centres.includes(centre.id)).flatMap((centre) => centre.rooms);
  return person?.role === "animateur" && mine.some((room) => rooms.includes(room.id));
}
