// SPDX-License-Identifier: GPL-3.0-or-later
// What the pages of a ceremony say alike: of its lines, of what clashes, of the results of a test.
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { dayOf, showDay, showRange } from "./time.js";
import { html } from "./ui.js";

const STATES = /** @type {Record<string, string>} */ ({ carried: "ok", lowered: "warn", refused: "bad", passed: "ok", weak: "warn", failed: "bad", untried: "" });
const DRAWN = /** @type {Record<string, string>} */ ({ carried: "check", lowered: "warning", refused: "cross", passed: "check", weak: "warning", failed: "cross", untried: "clock" });

/** A state as a word, a colour and a drawing. @param {{state: string}} props */
export function State({ state }) {
  return html`<span class=${`state ${STATES[state] ? `state-${STATES[state]}` : ""}`}>${icon(DRAWN[state])}${t(`ceremony.state.${state}`)}</span>`;
}

/** Each site with its part, and what its line says to that. @param {{sites: any[]}} props */
export function Lines({ sites }) {
  return html`<ul class="plain rows">${sites.map((site) => html`<li key=${site.room}><div class="row-text"><strong>${site.name}</strong> <span class="muted">${t(`ceremony.role.${site.role}`)}</span>
    ${site.text ? html`<p>${site.text}</p><p class="muted">${site.remedy}</p>` : null}</div><${State} state=${site.line} /></li>`)}</ul>`;
}

/** The parts of a tested site. @param {{results: any[]}} props */
export function Results({ results }) {
  return html`<ul class="plain rows">${results.map((one) => html`<li key=${one.part}><div class="row-text"><p>${one.text}</p>
    ${one.remedy ? html`<p class="muted">${one.remedy}</p>` : null}</div><${State} state=${one.outcome} /></li>`)}</ul>`;
}

/** Everything that stands in the way, each with the next free hour. @param {any} facts @param {(what: string, free: string[]) => void} take */
export function clash(facts, take) {
  return ["day", "rehearsal", "lines"].filter((what) => facts[what]?.length).map((what) => {
    const free = facts[`${what}_free`] ?? [];
    return html`<section key=${what}><h3>${t(`ceremony.clash.${what}`)}</h3><ul>${facts[what].map((/** @type {string} */ one) => html`<li key=${one}>${one}</li>`)}</ul>
      ${free.length ? html`<button class="button button-quiet" type="button" onClick=${() => take(what, free)}>${icon("calendar")}${t("ceremony.take", { when: when(free) })}</button>` : null}</section>`;
  });
}

/** @param {string[]} free */
export function when([from, to]) {
  return `${showDay(dayOf(new Date(from)))}, ${showRange(new Date(from), new Date(to))}`;
}
