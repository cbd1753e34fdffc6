// SPDX-License-Identifier: GPL-3.0-or-later
// What everybody sees, what is taken next, and the cut between them.
import { PLACES } from "./canvas.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { Frame } from "./program.js";
import { LOOKS, model } from "./stage-media.js";
import { direct, directs, nameOf, sourceOf, stage } from "./stage-model.js";
import { html } from "./ui.js";


/** @typedef {{id: string, slate: boolean, rung: string, words?: string}} Place */

/** A screen with its sources, as they are seen. @param {{layout: string, places: Place[], label: string, part: "program"|"preview"}} props */
function Screen({ layout, places, label, part }) {
  const spots = places.map(({ id, slate, rung, words }) => {
    const one = sourceOf(id);
    return { source: id, name: nameOf(id), participant: one?.participant ?? null, room: one?.room ?? null, slate, rung, words, signal: one?.signal ?? "full" };
  });
  return html`<div class="stage-screen" role="group" aria-label=${label}><${Frame} stage=${{ layout, spots, slate: t("stage.slate") }} title="" label=${label} model=${model.value} own=${null} looks=${LOOKS[part]} /></div>`;
}

export function Program() {
  const { layout, spots } = stage.value.program;
  return html`<section class="card stage-half stage-air" aria-labelledby="program"><h2 id="program">${icon("screen")}${t("stage.program")}</h2>
    <${Screen} part="program" layout=${layout} label=${t("stage.program")} places=${spots.map((/** @type {any} */ spot) => ({ id: spot.source, slate: spot.slate, rung: spot.rung }))} />
    <${Proposals} /></section>`;
}

/** Who could come in the place of a source that is lost. */
function Proposals() {
  const all = Object.entries(/** @type {Record<string, string|null>} */ (stage.value.proposals));
  return all.map(([lost, other]) => html`<div key=${lost} class="notice notice-warning" role="status">${icon("warning")}<div>
    <p>${t("stage.lost", { name: nameOf(lost) })}</p>
    ${other ? html`<button class="button" type="button" aria-disabled=${directs() ? undefined : "true"}
      onClick=${() => directs() && void direct({ act: "substitute", source: lost, substitute: other }, t("stage.said.substitute", { name: nameOf(other) }))}>${t("stage.put", { name: nameOf(other) })}</button>`
      : html`<p class="small">${t("stage.no_substitute")}</p>`}</div></div>`);
}

/** @param {string} layout @param {string[]} sources */
const prepare = (layout, sources) => direct({ act: "prepare", layout, sources: sources.slice(0, PLACES[layout]) });

/** Into the preview or out of it. @param {string} id */
export function toggle(id) {
  const { layout, sources } = stage.value.preview;
  const after = sources.includes(id) ? sources.filter((/** @type {string} */ each) => each !== id) : [...sources, id];
  return prepare(after.length ? fitting(layout, after.length) : "slate", after);
}

/** The layout that was chosen while it holds them, else the smallest that does. @param {string} layout @param {number} many */
export function fitting(layout, many) {
  if (many <= PLACES[layout] && PLACES[layout] > 0) return layout;
  return ["one", "two", "four", "speaker_and_sites"].find((each) => PLACES[each] >= many) ?? "speaker_and_sites";
}

export function Preview() {
  const { layout, sources } = stage.value.preview;
  const held = !directs();
  const waiting = sources.filter((/** @type {string} */ id) => !["ready", "on_air"].includes(stage.value.sources.find((/** @type {any} */ each) => each.id === id)?.state));
  return html`<section class="card stage-half" aria-labelledby="preview"><h2 id="preview">${icon("search")}${t("stage.preview")}</h2>
    <${Screen} part="preview" layout=${layout} label=${t("stage.preview")} places=${sources.map((/** @type {string} */ id) => ({ id, slate: false, rung: "live", words: waiting.includes(id) ? t("stage.waiting", { name: nameOf(id) }) : undefined }))} />
    <div class="field"><label for="stage-layout">${t("stage.layout")}</label>
      <select id="stage-layout" class="input" disabled=${held} onChange=${(/** @type {any} */ event) => void prepare(event.target.value, sources)}>
        ${Object.keys(PLACES).map((each) => html`<option key=${each} value=${each} selected=${each === layout} disabled=${PLACES[each] > 0 && !sources.length}>${t(`stage.layout.${each}`)}</option>`)}</select></div>
    <button class="button stage-take" type="button" aria-disabled=${held || waiting.length ? "true" : undefined} aria-describedby=${waiting.length ? "stage-waits" : undefined}
      onClick=${() => { if (!held && !waiting.length) void direct({ act: "take" }, t("stage.said.take")); }}>${icon("check")}${t("stage.take")}</button>
    ${waiting.length ? html`<p id="stage-waits" class="hint">${t("stage.waits", { names: waiting.map(nameOf).join(", ") })}</p>` : null}</section>`;
}
