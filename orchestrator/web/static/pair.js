// SPDX-License-Identifier: GPL-3.0-or-later
// Pairing a device with a room by the digits of an animateur.
import { post } from "./api.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { ProblemNotice } from "./shell.js";
import { html, useState } from "./ui.js";

/** @param {{room: string, kind: "kiosk"|"panel", title: string, onToken: (token: string) => void}} props */
export function Pairing({ room, kind, title, onToken }) {
  const [problem, setProblem] = useState(/** @type {Error|null} */ (null));
  const pair = async (/** @type {any} */ event) => {
    event.preventDefault();
    const code = String(new FormData(event.target).get("code")).replace(/\D/g, "");
    try {
      const answer = await post("/pairings/claim", { room, code, kind });
      onToken(answer.token);
    } catch (error) {
      setProblem(/** @type {Error} */ (error));
    }
  };
  return html`<div class="kiosk kiosk-idle"><form class="card pairing" onSubmit=${pair} novalidate>
    <h1>${title}</h1>
    <p>${t("kiosk.pair_help")}</p>
    <${ProblemNotice} problem=${problem} />
    <div class="field"><label for="code">${t("kiosk.pair_code")}</label>
      <input id="code" name="code" class="input code" inputmode="numeric" autocomplete="one-time-code" maxlength="14" required
        aria-invalid=${problem ? "true" : undefined} /></div>
    <button class="button button-wide" type="submit">${icon("lock")}${t("kiosk.pair")}</button>
  </form></div>`;
}
