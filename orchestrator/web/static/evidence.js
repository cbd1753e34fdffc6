// SPDX-License-Identifier: GPL-3.0-or-later
// The machine's report of a ceremony: the blocks the service words, drawn as they are printed.
import { get } from "./api.js";
import { icon } from "./icons.js";
import { language, t } from "./i18n.js";
import { findPerson, LogInFirst, mount, person, ProblemNotice } from "./shell.js";
import { html, signal } from "./ui.js";

const PLACE = `/sessions/${location.pathname.split("/")[2]}`;
const paper = signal(/** @type {any} */ (null));
const problem = signal(/** @type {Error|null} */ (null));

async function look() {
  try {
    paper.value = await get(`${PLACE}/evidence/paper?lang=${language}`);
  } catch (error) {
    problem.value = /** @type {Error} */ (error);
  }
}

function Body() {
  if (person.value === null) return html`<h1>${t("title.evidence")}</h1><${LogInFirst} />`;
  if (!paper.value) return html`<h1>${t("title.evidence")}</h1>${problem.value ? html`<${ProblemNotice} problem=${problem.value} />` : html`<p class="boot">${t("loading")}</p>`}`;
  return html`<p class="evidence-tools"><a class="button" href=${`/api/v1${PLACE}/evidence/pdf?lang=${language}`} download="">${icon("download")}${t("evidence.print")}</a>
      <a class="button button-quiet" href=${`/api/v1${PLACE}/evidence`}>${icon("paper")}${t("evidence.json")}</a>
      <a class="button button-quiet" href=${`${PLACE}/stage`}>${icon("left")}${t("sheet.back")}</a></p>
    <article class="evidence">${sections(paper.value.blocks).map((blocks) => html`<section>${blocks.map((/** @type {any} */ block) => html`<${Block} block=${block} />`)}</section>`)}
      <p class="muted small">${paper.value.foot}</p></article>`;
}

/** Each part with its heading. @param {any[]} blocks @returns {any[][]} */
function sections(blocks) {
  /** @type {any[][]} */
  const parts = [];
  for (const block of blocks) {
    if (block.kind === "heading" || !parts.length) parts.push([]);
    parts[parts.length - 1].push(block);
  }
  return parts;
}

/** @param {{block: any}} props */
function Block({ block }) {
  if (block.kind === "heading") return block.level === 1 ? html`<h1>${block.text}</h1>` : html`<h2>${block.text}</h2>`;
  if (block.kind === "text") return html`<p>${block.text}</p>`;
  return html`<div class="evidence-table" role="region" aria-label=${block.heads.join(", ")} tabindex="0"><table>
    <thead><tr>${block.heads.map((/** @type {string} */ head, /** @type {number} */ column) => html`<th scope="col" class=${sideOf(block, column)}>${head}</th>`)}</tr></thead>
    <tbody>${block.rows.map((/** @type {string[]} */ row) => html`<tr>${row.map((cell, column) => (column === 0 ? html`<th scope="row">${cell}</th>` : html`<td class=${sideOf(block, column)}>${cell}</td>`))}</tr>`)}</tbody></table></div>`;
}

/** Numbers stand at the right. @param {any} block @param {number} column */
const sideOf = (block, column) => (block.right.includes(column) ? "evidence-number" : undefined);

await findPerson();
if (person.value) await look();
mount("evidence", Body);
