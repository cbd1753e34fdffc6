// SPDX-License-Identifier: GPL-3.0-or-later
// The call as a visitor sees it: the animateur, and what he shows or asks for.
import { Show } from "./desk-camera.js";
import { Paper, Printing } from "./desk-paper.js";
import { Sign } from "./desk-sign.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { follow, Trouble } from "./session.js";
import { Picture, Sounds, Tiles } from "./tiles.js";
import { html, useEffect } from "./ui.js";

const OPEN = ["asked", "showing"];

/** @param {{model: import("./model.js").CallModel, call: import("./desk-paper.js").Call, desk: string, talking: () => boolean,
 *  devices: import("./devices.js").Devices, again: () => Promise<void>, hangUp: () => Promise<void>}} props */
export function Talk({ model, call, desk, devices, talking, again, hangUp }) {
  useEffect(() => follow(model), [model]);
  void devices.video.value;
  const track = devices.video.value === "on" ? devices.tracks.video : null;
  const wish = call.request && OPEN.includes(call.request.step) ? call.request.wish : "";
  const busy = call.document !== null || wish === "show";
  return html`<section class="desk desk-talk" aria-labelledby="desk-talk">
    <h1 id="desk-talk" class="hidden">${t("desk.talking")}</h1>
    <${Trouble} model=${model} />
    <div class=${busy ? "desk-stage desk-papers" : "desk-stage"}>
      ${wish === "show" ? html`<${Show} key=${call.request?.number} call=${call} devices=${devices} desk=${desk} again=${again} talking=${talking} />`
      : call.document === null ? null : html`<div class=${wish === "sign" ? "desk-work desk-signing" : "desk-work"}>
          <${Paper} call=${call} again=${again} still=${wish === "sign"} />
          ${wish === "sign" ? html`<${Sign} key=${call.request?.number} call=${call} again=${again} />` : null}
          ${wish === "print" ? html`<${Printing} key=${call.request?.number} call=${call} again=${again} />` : null}
        </div>`}
      <${Tiles} model=${model} />
    </div>
    <${Sounds} model=${model} />
    <div class="desk-foot">
      ${wish === "show" ? null : track ? html`<div class="desk-self"><${Picture} track=${track} mirrored=${true} /></div>` : html`<span class="desk-self">${icon("camera-off")}</span>`}
      <button class="button button-danger desk-end" type="button" onClick=${() => void hangUp()}>${icon("leave")}${t("desk.end")}</button>
    </div></section>`;
}
