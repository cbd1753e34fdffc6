// SPDX-License-Identifier: GPL-3.0-or-later
// What is not ready before a ceremony begins, on its desk: each condition that fails, with what to do.
import { get } from "./api.js";
import { State } from "./ceremony-words.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { html, signal, useEffect } from "./ui.js";

const EVERY = 15_000;
const failing = signal(/** @type {any[]} */ ([]));

/** @param {string} id */
async function look(id) {
  const { checks } = await get(`/sessions/${id}/checks`).catch(() => ({ checks: null }));
  if (checks) failing.value = checks.filter((/** @type {any} */ one) => !one.passed);
}

/** Nothing once all is ready, or the ceremony has begun. @param {{session: any}} props */
export function Checks({ session }) {
  const before = ["booked", "rehearsal", "doors", "countdown"].includes(session.state);
  useEffect(() => {
    if (!before) return undefined;
    void look(session.id);
    const timer = setInterval(() => void look(session.id), EVERY);
    return () => clearInterval(timer);
  }, [session.id, before]);
  if (!before || !failing.value.length) return null;
  return html`<details class="card stage-checks"><summary>${icon("warning")}${t("ceremony.not_ready", { n: failing.value.length })}</summary>
    <ul class="plain rows">${failing.value.map((one) => html`<li key=${one.key + one.room}><div class="row-text"><p>${one.text}</p><p class="muted">${one.remedy}</p></div>
      <${State} state=${one.needed ? "failed" : "weak"} /></li>`)}</ul></details>`;
}
