// SPDX-License-Identifier: GPL-3.0-or-later
// The code on a room's screen that makes a phone its remote: a new one each minute, and after each phone.
import { post } from "./api.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { html, useEffect, useState } from "./ui.js";

const NEW_EVERY = 60_000;

/** @typedef {{code: string, url: string, qr: string}} Code */

/** `many` phones command the room now: when one came, the code it used is no good any more; `burnt` codes
 * were guessed at too often before.
 * @param {{room: string, many: number, burnt: number}} props */
export function PhoneCode({ room, many, burnt }) {
  const [code, setCode] = useState(/** @type {Code|null} */ (null));
  useEffect(() => {
    let gone = false;
    const renew = () => post(`/rooms/${room}/phones/code`).then((made) => { if (!gone) setCode(made); }, () => { if (!gone) setCode(null); });
    void renew();
    const timer = setInterval(renew, NEW_EVERY);
    return () => { gone = true; clearInterval(timer); };
  }, [room, many, burnt]);
  const address = html`<strong>${location.host}/rooms/${room}/remote</strong>`;
  return html`<div class="phone-code">
    ${code ? html`<img class="phone-qr" src=${code.qr} alt=${t("kiosk.qr_alt")} width="160" height="160" />` : null}
    <div><p>${t(code ? "kiosk.phone_scan" : "kiosk.remote_at")}</p><p>${address}</p>
      ${code ? html`<p>${t("kiosk.phone_type")} <strong class="phone-digits">${code.code.replace(/\d{4}(?=\d)/g, "$& ")}</strong></p>` : null}
      ${many ? html`<p class="state state-ok">${icon("check")}${t("kiosk.phones", { n: many })}</p>` : null}</div></div>`;
}
