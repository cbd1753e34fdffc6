// SPDX-License-Identifier: GPL-3.0-or-later
// A session in the hands of whoever runs it: where it stands, what is not ready, and the next move.
import { get, post, Problem } from "./api.js";
import { icon } from "./icons.js";
import { t, tOr } from "./i18n.js";
import { announce, Notice, ProblemNotice } from "./shell.js";
import { html, signal, useEffect } from "./ui.js";

/** The session shown; null when there is none, or none that this person runs.
 * @type {import("./vendor/types.js").Signal<any>} */
export const session = signal(null);
const issues = signal(/** @type {any[]} */ ([]));
const problem = signal(/** @type {Error|null} */ (null));
const sure = signal(false);
const busy = signal(false);
let wanted = "";

const RUNNING = ["doors", "countdown", "on_air", "paused"];
const OPEN_EARLY = 2 * 3_600_000;

/** Whether people may be in it now. @param {any} one */
export const isRunning = (one) => Boolean(one) && RUNNING.includes(one.state);

/** Its state in words. @param {any} one */
export const stateWords = (one) => tOr(`session.state.${one.state}`, "session.untitled");

/** Look again: something happened. */
export async function refreshSession() {
  const id = wanted;
  if (!id) return;
  try {
    const answer = await get(`/sessions/${id}`);
    if (id === wanted) session.value = answer.session;
  } catch (error) {
    // It does not exist for those who do not run it.
    if (error instanceof Problem && error.status === 404 && id === wanted) session.value = null;
  }
}

/** @param {string} id */
function turnTo(id) {
  wanted = id;
  session.value = problem.value = null;
  issues.value = [];
  sure.value = false;
  void refreshSession();
}

/** @param {string} act @param {() => void} onChanged */
async function move(act, onChanged) {
  if (busy.value) return;
  busy.value = true;
  problem.value = null;
  sure.value = false;
  try {
    const answer = await post(`/sessions/${wanted}/${act}`);
    session.value = answer.session;
    issues.value = answer.issues ?? [];
    announce(stateWords(answer.session));
    onChanged();
  } catch (error) {
    problem.value = /** @type {Error} */ (error);
    void refreshSession();
  }
  busy.value = false;
}

/** What may be done now, the likeliest first. @param {any} one @returns {string[]} */
function movesOf(one) {
  if (["booked", "rehearsal"].includes(one.state)) return Date.parse(one.starts_at) - Date.now() < OPEN_EARLY ? ["open"] : [];
  if (["doors", "countdown"].includes(one.state)) return ["start", "end"];
  if (one.state === "on_air") return ["pause", "end"];
  return one.state === "paused" ? ["resume", "end"] : [];
}

/** @type {Record<string, string>} */
const DRAWINGS = { open: "enter", start: "check", resume: "check", pause: "clock", end: "leave" };

/** Nothing for those who do not run the session.
 * @param {{id: string, brief?: boolean, onChanged?: () => void}} props brief: without its sites */
export function Conduct({ id, brief = false, onChanged = () => undefined }) {
  useEffect(() => { turnTo(id); return () => { wanted = ""; session.value = null; }; }, [id]);
  const one = session.value;
  if (!one || (!brief && one.state === "booked" && !movesOf(one).length)) return null;
  return html`<section class="conduct" aria-label=${t("conduct.label")}>
    <p class=${`state ${isRunning(one) ? "state-ok" : ""}`}>${icon(isRunning(one) ? "check" : "clock")}${stateWords(one)}</p>
    ${isRunning(one) && !brief ? html`<${Sites} sites=${one.sites} />` : null}
    <${ProblemNotice} problem=${problem.value} />
    ${issues.value.length ? html`<${Issues} />` : null}
    ${sure.value ? html`<${Sure} onChanged=${onChanged} />` : html`<div class="actions">${movesOf(one).map((act) => html`<button key=${act} type="button"
      class=${`button ${["end", "pause"].includes(act) ? "button-quiet" : ""}`} aria-disabled=${busy.value ? "true" : undefined}
      onClick=${() => { if (act === "end") sure.value = true; else void move(act === "resume" ? "start" : act, onChanged); }}>${icon(DRAWINGS[act])}${t(`conduct.${act}`)}</button>`)}</div>`}
  </section>`;
}

/** Which sites are there. @param {{sites: any[]}} props */
function Sites({ sites }) {
  return html`<ul class="plain sites" aria-label=${t("session.sites")}>${sites.map((site) => html`<li key=${site.room}><span>${site.name}</span>
    <span class="muted small">${tOr(`site.${site.state}`, "site.expected")}</span></li>`)}</ul>`;
}

/** What is not ready, and what to try. */
function Issues() {
  return html`<${Notice} kind="warning" role="status"><p><strong>${t("conduct.issues")}</strong></p>
    <ul>${issues.value.map((issue, index) => html`<li key=${index}>${issue.text}<br /><span class="small">${issue.suggestion}</span></li>`)}</ul><//>`;
}

/** Ending sends everybody out: asked twice. @param {{onChanged: () => void}} props */
function Sure({ onChanged }) {
  return html`<div class="actions" role="group" aria-label=${t("conduct.sure")}><p>${t("conduct.sure")}</p>
    <button class="button button-danger" type="button" onClick=${() => void move("end", onChanged)}>${t("conduct.end_yes")}</button>
    <button class="button button-quiet" type="button" onClick=${() => { sure.value = false; }}>${t("conduct.end_no")}</button></div>`;
}
