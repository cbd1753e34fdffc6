// SPDX-License-Identifier: GPL-3.0-or-later
// That a session is, or may be, recorded: by whom, for what, and until when it is kept.
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { dayOf, showDate } from "./time.js";
import { html } from "./ui.js";

/** @typedef {{on: boolean, keeper: string, purpose: string, basis: string, days: number, until: string|null}} Recording */

/** In one sentence. @param {Recording} recording */
export function recordedWords({ on, keeper, purpose, basis, days, until }) {
  const facts = { keeper, purpose, basis: t(`recorded.basis.${basis}`), days: String(days) };
  return on && until ? t("recorded.on", { ...facts, until: showDate(dayOf(new Date(until))) }) : t("recorded.may", facts);
}

/** While one is in it: nothing unless it is recorded. A place that is always there is read aloud when it changes.
 * @param {{recording: Recording|null|undefined}} props */
export function Recorded({ recording }) {
  return html`<div class="recorded" role="status">${recording?.on
    ? html`<p>${icon("record")}<span>${recordedWords(recording)}</span></p>` : null}</div>`;
}

/** Before one joins. @param {{recording: Recording|null|undefined}} props */
export function RecordedNote({ recording }) {
  return recording ? html`<p class="recorded-note">${icon("record")}<span>${recordedWords(recording)}</span></p>` : null;
}
