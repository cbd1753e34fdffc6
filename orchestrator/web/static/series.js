// SPDX-License-Identifier: GPL-3.0-or-later
// What a booking may say besides what, where and when: how many people, and how often.
import { t } from "./i18n.js";
import { html } from "./ui.js";

const FREQUENCIES = ["daily", "weekdays", "weekly", "fortnightly"];

/** @typedef {{seats: string, repeat: string, until: string, day: string}} Series */

/** The part of a wish that says how often. @param {Series} form */
export function repeatOf(form) {
  return form.repeat ? { repeat: { frequency: form.repeat, until: form.until } } : {};
}

/** @param {{form: Series, edit: (change: Partial<Series>) => void, fault?: string}} props */
export function SeriesFields({ form, edit, fault }) {
  return html`<div class="fields fields-wide">
    <div class="field"><label for="booking-repeat">${t("series.repeat")}</label>
      <select id="booking-repeat" class="input" value=${form.repeat} onChange=${(/** @type {any} */ event) => edit({ repeat: event.target.value })}>
        <option value="">${t("series.none")}</option>${FREQUENCIES.map((name) => html`<option key=${name} value=${name}>${t(`series.${name}`)}</option>`)}</select></div>
    ${form.repeat ? html`<div class="field"><label for="booking-until">${t("series.until")}</label>
      <input id="booking-until" class="input" type="date" required min=${form.day} value=${form.until}
        aria-invalid=${fault ? "true" : undefined} aria-describedby=${fault ? "booking-until-fault" : undefined}
        onInput=${(/** @type {any} */ event) => edit({ until: event.target.value })} />
      ${fault ? html`<p class="error" id="booking-until-fault">${fault}</p>` : null}</div>` : null}
    <div class="field"><label for="booking-seats">${t("booking.seats")}</label>
      <input id="booking-seats" class="input" type="number" min="0" max="5000" inputmode="numeric" value=${form.seats}
        onInput=${(/** @type {any} */ event) => edit({ seats: event.target.value })} /></div></div>`;
}
