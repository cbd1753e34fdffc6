// SPDX-License-Identifier: GPL-3.0-or-later
// What is wrong in the rooms of a centre now, and what to do; it goes by itself when it is mended.
import { get, listen } from "./api.js";
import { HelpAnswer } from "./help.js";
import { t } from "./i18n.js";
import { Notice, ProblemNotice } from "./shell.js";
import { showClock } from "./time.js";
import { html, useEffect, useState } from "./ui.js";

/** @typedef {{room: string, centre: string, key: string, device: string|null, text: string, suggestion: string, since: string, told: string[]}} Alert */

/** @param {{centre: any}} props */
export function Alerts({ centre }) {
  const [alerts, setAlerts] = useState(/** @type {Alert[]} */ ([]));
  const [problem, setProblem] = useState(/** @type {Error|null} */ (null));
  const load = () => get("/alerts").then((answer) => {
    setProblem(null);
    setAlerts(answer.alerts.filter((/** @type {Alert} */ one) => one.centre === centre.id));
  }, setProblem);
  useEffect(() => listen((event) => { if (["hello", "room.alerts.changed", "room.help.changed"].includes(event.kind)) void load(); }), []);
  if (!problem && !alerts.length) return null;
  return html`<section class="part" aria-labelledby="alerts-head"><h2 id="alerts-head">${t("alerts.head")}</h2>
    <${ProblemNotice} problem=${problem} />
    ${alerts.map((one) => html`<${Notice} key=${`${one.room} ${one.key} ${one.device}`} kind="warning" role="status">
      <p><strong>${nameOf(centre, one.room)}</strong></p><p>${one.text}</p><p>${one.suggestion}</p>
      <p class="muted">${t("alerts.since", { clock: showClock(new Date(one.since)) })}</p>
      ${one.told.length ? html`<p class="muted">${t("alerts.told", { who: one.told.join(", ") })}</p>` : null}
      ${one.key === "help_wanted" ? html`<${HelpAnswer} room=${one.room} text=${one.text} onDone=${load} />` : null}<//>`)}</section>`;
}

/** @param {any} centre @param {string} room */
function nameOf(centre, room) {
  return centre.rooms.find((/** @type {any} */ one) => one.id === room)?.name ?? room;
}
