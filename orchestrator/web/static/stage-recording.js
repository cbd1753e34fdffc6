// SPDX-License-Identifier: GPL-3.0-or-later
// The recording of a session on its desk: on what terms, begun and ended, its film, and when it is deleted.
import { get, listen, post, put, remove } from "./api.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { recordedWords } from "./recorded.js";
import { announce, ProblemNotice } from "./shell.js";
import { dayOf, showDate } from "./time.js";
import { html, signal, useEffect } from "./ui.js";

const BASES = ["consent", "contract", "legal_obligation", "public_task", "legitimate_interest"];
const EMPTY = { keeper: "", purpose: "", basis: "public_task", days: 30 };
const found = signal(/** @type {any} */ (null));
const films = signal(/** @type {Record<string, any>} */ ({}));
const terms = signal(/** @type {any} */ (null));
const problem = signal(/** @type {Error|null} */ (null));
const opened = signal(false);

/** @param {string} path */
async function load(path) {
  found.value = await get(path).catch((error) => { problem.value = error; return found.value; });
  terms.value ??= found.value?.terms ?? EMPTY;
  for (const { recording, state } of found.value?.recordings ?? []) {
    if (state === "kept") films.value = { ...films.value, [recording]: await get(`${path}/${recording}/mix`).catch(() => null) };
  }
}

/** @param {string} path @param {() => Promise<any>} work @param {string} said */
async function act(path, work, said) {
  problem.value = null;
  try {
    await work();
    announce(t(said));
  } catch (error) {
    problem.value = /** @type {Error} */ (error);
  }
  await load(path);
}

/** @param {{id: string}} props */
export function Recording({ id }) {
  const path = `/sessions/${id}/recordings`;
  useEffect(() => {
    if (!opened.value) return undefined;
    void load(path);
    const timer = setInterval(() => { if (Object.values(films.value).some((one) => ["waiting", "running"].includes(one?.state))) void load(path); }, 2000);
    listen((event) => { if (event.kind === "session.recording.changed" && event.session === id) void load(path); });
    return () => clearInterval(timer);
  }, [opened.value]);
  return html`<details class="card recording" onToggle=${(/** @type {any} */ event) => { opened.value = event.target.open; }}>
    <summary>${icon("record")}${t("recording.title")}</summary>
    <${ProblemNotice} problem=${problem.value} />
    ${terms.value ? html`<${Now} path=${path} />${running() ? null : html`<${Terms} path=${path} id=${id} />`}` : null}
    <ul class="plain">${(found.value?.recordings ?? []).filter((/** @type {any} */ one) => one.state !== "recording").map((/** @type {any} */ one) => html`<${Kept} key=${one.recording} path=${path} one=${one} />`)}</ul>
  </details>`;
}

/** The one that runs: its terms can be changed no more. */
const running = () => found.value?.recordings.find((/** @type {any} */ one) => one.state === "recording");

/** @param {{path: string}} props */
function Now({ path }) {
  const one = running();
  if (one) {
    return html`<p role="status">${recordedWords({ ...one.terms, on: true, until: one.delete_at })}</p>
      <p class="actions"><button class="button button-danger" type="button" onClick=${() => void act(path, () => post(`${path}/${one.recording}/stop`), "recording.said.ended")}>${icon("cut")}${t("recording.stop")}</button></p>`;
  }
  return found.value?.terms ? html`<p class="actions"><button class="button" type="button" onClick=${() => void act(path, () => post(path), "recording.said.begun")}>${icon("record")}${t("recording.start")}</button></p>` : null;
}

/** @param {{path: string, id: string}} props */
function Terms({ path, id }) {
  const set = (/** @type {string} */ name) => (/** @type {any} */ event) => { terms.value = { ...terms.value, [name]: name === "days" ? Number(event.target.value) : event.target.value }; };
  const keep = (/** @type {Event} */ event) => {
    event.preventDefault();
    void act(path, () => put(`/sessions/${id}/recording-terms`, terms.value), "recording.said.terms");
  };
  return html`<form onSubmit=${keep}>
    ${["keeper", "purpose"].map((name) => html`<div class="field" key=${name}><label for=${`recording-${name}`}>${t(`recording.${name}`)}</label>
      <input class="input" id=${`recording-${name}`} required maxlength=${name === "keeper" ? 120 : 300} value=${terms.value[name]} onInput=${set(name)} /></div>`)}
    <div class="field"><label for="recording-basis">${t("recording.basis")}</label><select class="input" id="recording-basis" value=${terms.value.basis} onChange=${set("basis")}>
      ${BASES.map((basis) => html`<option key=${basis} value=${basis} selected=${basis === terms.value.basis}>${t(`recorded.basis.${basis}`)}</option>`)}</select></div>
    <div class="field"><label for="recording-days">${t("recording.days")}</label><input class="input" id="recording-days" type="number" min="1" max="3650" required value=${terms.value.days} onInput=${set("days")} /></div>
    <p class="actions"><button class="button button-quiet" type="submit">${icon("check")}${t("recording.keep")}</button></p></form>`;
}

/** @param {{path: string, one: any}} props */
function Kept({ path, one }) {
  const where = `${path}/${one.recording}`;
  const film = films.value[one.recording];
  const working = ["waiting", "running"].includes(film?.state);
  const approve = (/** @type {boolean} */ approved) => void act(path, () => post(`${where}/mix/approve`, { approved }), approved ? "recording.said.approved" : "recording.said.withdrawn");
  return html`<li><p>${t("recording.kept", { day: showDate(dayOf(new Date(one.started_at))), parts: String(one.parts.length), until: showDate(dayOf(new Date(one.delete_at))) })}</p>
    ${working ? html`<p role="status">${t("recording.mixing", { share: String(Math.round(100 * film.progress)) })}</p>` : null}
    <p class="actions">
      ${working ? html`<button class="button button-quiet" type="button" onClick=${() => void act(path, () => remove(`${where}/mix`), "recording.said.given_up")}>${t("recording.give_up")}</button>` : null}
      ${!working && film?.state !== "done" && one.parts.length ? html`<button class="button" type="button" onClick=${() => void act(path, () => post(`${where}/mix`), "recording.said.asked")}>${icon("screen")}${t("recording.mix")}</button>` : null}
      ${film?.state === "done" ? html`<a class="button button-quiet" href=${`/api/v1${where}/mix/file`} download>${icon("download")}${t("recording.film")}</a>
        <button class="button button-quiet" type="button" onClick=${() => approve(!film.approved_at)}>${t(film.approved_at ? "recording.withdraw" : "recording.approve")}</button>` : null}
      <button class="button button-danger" type="button" onClick=${() => { if (confirm(t("recording.sure"))) void act(path, () => remove(where), "recording.said.deleted"); }}>${icon("cross")}${t("recording.delete")}</button></p></li>`;
}
