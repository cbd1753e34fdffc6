// SPDX-License-Identifier: GPL-3.0-or-later
// The cameras of a desk, for who installs it: /desks/{desk}#cameras.
import { cameras, keepCameras } from "./desk-camera.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { Picture } from "./tiles.js";
import { html, useEffect, useState } from "./ui.js";

/** @param {{desk: string, devices: import("./devices.js").Devices, onDone: () => void}} props */
export function Setup({ desk, devices, onDone }) {
  const [chosen, setChosen] = useState(cameras(desk));
  useEffect(() => { void devices.open("video", chosen.main); return () => devices.closeAll(); }, []);
  const choose = (/** @type {"main"|"paper"} */ which) => (/** @type {any} */ event) => {
    const now = { ...chosen, [which]: event.target.value };
    setChosen(now);
    keepCameras(desk, now);
    void devices.open("video", event.target.value);
  };
  const track = devices.video.value === "on" ? devices.tracks.video : null;
  return html`<section class="desk"><div class="card pairing">
    <h1>${t("desk.cameras")}</h1>
    ${track ? html`<div class="desk-preview"><${Picture} key=${track.id} track=${track} /></div>` : html`<p role="status">${icon("camera-off")} ${t("desk.no_camera")}</p>`}
    ${/** @type {("main"|"paper")[]} */ (["main", "paper"]).map((which) => html`<div class="field"><label for=${which}>${t(`desk.camera.${which}`)}</label>
      <select id=${which} class="input" value=${chosen[which]} onChange=${choose(which)}>
        <option value="" selected=${!chosen[which]}>${t("desk.camera.any")}</option>
        ${devices.choices("video").map((each) => html`<option key=${each.deviceId} value=${each.deviceId} selected=${each.deviceId === chosen[which]}>${each.label}</option>`)}
      </select></div>`)}
    <button class="button button-wide" type="button" onClick=${onDone}>${icon("check")}${t("desk.cameras_done")}</button>
  </div></section>`;
}
