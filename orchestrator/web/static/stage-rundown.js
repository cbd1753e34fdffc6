// SPDX-License-Identifier: GPL-3.0-or-later
// The run of show while it runs: what is on, what comes, and the word GO.
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { CueForm } from "./stage-cue.js";
import { cueAct, nameOf, now, reorder, rundown, SESSION } from "./stage-model.js";
import { showClock } from "./time.js";
import { html, signal } from "./ui.js";

/** The cue whose form is open; "" for a new one. */
const editing = signal(/** @type {string|null} */ (null));

/** @type {Record<string, [string, string]>} */
const LOOKS = { draft: ["", "pen"], ready: ["state-ok", "check"], standby: ["state-warn", "clock"], live: ["state-bad", "screen"], done: ["", "check"], skipped: ["", "right"], aborted: ["state-warn", "cross"] };
/** What is done to a cue, the likeliest first. @type {Record<string, string[]>} */
const ACTS = { draft: ["arm_anyway", "skip"], ready: ["arm", "skip"], standby: ["go", "disarm", "skip"], live: ["finish", "abort"], done: [], skipped: ["restore"], aborted: ["restore"] };
const LOUD = ["arm", "go", "go_anyway"];
const WAITING = ["draft", "ready", "standby"];

/** "3:05", "−0:12" when it is over. @param {number} seconds */
export function counted(seconds) {
  const all = Math.abs(Math.round(seconds));
  return `${seconds <= -0.5 ? "\u2212" : ""}${Math.floor(all / 60)}:${String(all % 60).padStart(2, "0")}`;
}

/** @param {string} id */
const cueOf = (id) => rundown.value.cues.find((/** @type {any} */ each) => each.id === id);

/** What may be done with it now: where sites are missing, "anyway" is said. @param {any} cue @returns {string[]} */
export function actsOf(cue) {
  return ACTS[cue.state].map((act) => (act === "go" && cue.missing.length ? "go_anyway" : act === "arm_anyway" && !cue.missing.length ? "arm" : act));
}

export function Rundown() {
  const { cues } = rundown.value;
  return html`<section class="card stage-rundown" aria-labelledby="rundown"><h2 id="rundown">${icon("paper")}${t("stage.rundown")}</h2>
    <p class="stage-papers"><a class="button button-quiet" href=${`/sessions/${SESSION}/rundown/print`}>${icon("printer")}${t("stage.print")}</a> <a class="button button-quiet" href=${`/sessions/${SESSION}/evidence`}>${icon("paper")}${t("stage.evidence")}</a></p>
    <${Now} />
    ${cues.length ? html`<ol class="plain stage-cues">${cues.map((/** @type {any} */ cue, /** @type {number} */ index) => html`<${Cue} key=${cue.id} cue=${cue} index=${index} />`)}</ol>`
      : html`<p class="muted">${t("stage.no_cues")}</p>`}
    ${editing.value === "" ? html`<${CueForm} cue=${null} close=${() => { editing.value = null; }} />`
      : html`<button class="button button-quiet" type="button" onClick=${() => { editing.value = ""; }}>${icon("plus")}${t("stage.add")}</button>`}
  </section>`;
}

/** What is on and what comes, large enough to be read from a step away. */
function Now() {
  const live = rundown.value.live && cueOf(rundown.value.live);
  const next = rundown.value.next && cueOf(rundown.value.next);
  const left = live && live.duration ? Math.min(0, (Date.parse(live.started_at) - now.value) / 1000) + live.duration : null;
  return html`<dl class="stage-now"><div><dt>${t("stage.on")}</dt><dd><strong>${live ? live.title : t("stage.nothing_on")}</strong>
      ${left === null ? null : html`<span class=${`stage-count ${left < 0 ? "stage-over" : ""}`}>${counted(left)}<span class="hidden"> ${t(left < 0 ? "stage.over" : "stage.left")}</span></span>`}</dd></div>
    <div><dt>${t("stage.next")}</dt><dd><strong>${next ? next.title : t("stage.nothing_next")}</strong></dd></div>
    <div><dt>${t("stage.end")}</dt><dd><strong>${showClock(new Date(rundown.value.expected_end))}</strong> ${lateWords(rundown.value.late)}</dd></div></dl>`;
}

/** @param {number} late in s */
function lateWords(late) {
  if (Math.abs(late) < 60) return html`<span class="muted">${t("stage.on_time")}</span>`;
  return html`<span class=${late > 0 ? "stage-over" : "muted"}>${t(late > 0 ? "stage.late" : "stage.early", { minutes: Math.round(Math.abs(late) / 60) })}</span>`;
}

/** @param {{cue: any, index: number}} props */
function Cue({ cue, index }) {
  const [look, drawing] = LOOKS[cue.state];
  const start = cue.started_at ?? cue.expected_start ?? cue.planned_start;
  if (editing.value === cue.id) return html`<li><${CueForm} cue=${cue} close=${() => { editing.value = null; }} /></li>`;
  return html`<li class=${`stage-cue stage-cue-${cue.state}`} aria-current=${cue.state === "live" ? "step" : undefined} aria-label=${cue.title}>
    <div class="stage-cue-head"><span class="stage-hour">${showClock(new Date(start))}</span>
      <div class="stage-cue-what"><strong>${cue.number ? `${cue.number}. ` : ""}${cue.title}</strong>
        <span class="muted small">${[t(`cue.${cue.kind}`), cue.duration ? counted(cue.duration) : "", cue.people, cue.on_air.map(nameOf).join(", ")].filter(Boolean).join(" \u00b7 ")}</span>
        ${WAITING.includes(cue.state) && cue.missing.length ? html`<span class="small stage-missing">${icon("clock")}${t("stage.missing", { names: cue.missing.map(nameOf).join(", ") })}</span>` : null}</div>
      <span class=${`state ${look}`}>${icon(drawing)}${t(`cue.state.${cue.state}`)}</span></div>
    <div class="stage-acts">${actsOf(cue).map((act) => html`<button key=${act} class=${`button ${LOUD.includes(act) ? "" : "button-quiet"}`} type="button"
      onClick=${() => void cueAct(cue.id, act, t(`cue.said.${act}`, { title: cue.title }))}>${t(`cue.act.${act}`)}<span class="hidden"> ${cue.title}</span></button>`)}
      ${WAITING.includes(cue.state) || cue.state === "skipped" ? html`<${Order} cue=${cue} index=${index} />` : null}</div></li>`;
}

/** Earlier, later, or another text. @param {{cue: any, index: number}} props */
function Order({ cue, index }) {
  const { cues } = rundown.value;
  const begun = (/** @type {number} */ at) => !cues[at] || !(WAITING.includes(cues[at].state) || cues[at].state === "skipped");
  const move = (/** @type {number} */ by) => {
    const order = cues.map((/** @type {any} */ each) => each.id);
    order.splice(index, 1);
    order.splice(index + by, 0, cue.id);
    void reorder(order, t("stage.said.moved", { title: cue.title, place: index + by + 1 }));
  };
  return html`${[-1, 1].map((by) => html`<button key=${by} class="button button-quiet stage-move" type="button" aria-disabled=${begun(index + by) ? "true" : undefined}
      onClick=${() => { if (!begun(index + by)) move(by); }}>${icon("left", by < 0 ? "stage-up" : "stage-down")}<span class="hidden">${t(by < 0 ? "stage.earlier" : "stage.later", { title: cue.title })}</span></button>`)}
    <button class="button button-quiet stage-move" type="button" onClick=${() => { editing.value = cue.id; }}>${icon("pen")}<span class="hidden">${t("stage.edit", { title: cue.title })}</span></button>`;
}
