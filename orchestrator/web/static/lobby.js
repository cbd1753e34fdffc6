// SPDX-License-Identifier: GPL-3.0-or-later
// Camera and microphone before the door: preview, level, choice, and clear words when one is missing.
import { meter } from "./devices.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { Notice } from "./shell.js";
import { Picture } from "./tiles.js";
import { html, signal, useEffect } from "./ui.js";

/** @typedef {import("./devices.js").Devices} Devices */
/** @typedef {import("./devices.js").Kind} Kind */

const level = signal(0);
const quietSince = signal(0);
const QUIET_AFTER = 8_000;

/** @param {{devices: Devices}} props */
export function DevicePanel({ devices }) {
  return html`<section class="card devices" aria-labelledby="devices-title">
    <h2 id="devices-title">${t("devices.title")}</h2>
    <${Preview} devices=${devices} />
    <${Level} devices=${devices} />
    ${deviceRow("audio", devices)}
    ${deviceRow("video", devices)}
  </section>`;
}

/** @param {{devices: Devices}} props */
function Preview({ devices }) {
  const state = devices.video.value;
  const track = devices.tracks.video;
  return html`<div class="preview">
    ${state === "on" && track ? html`<${Picture} track=${track} mirrored=${true} />`
      : html`<span class="tile-face">${icon("camera-off")}</span>`}
    <p class="preview-words">${t(`device.video.${state}.short`)}</p>
  </div>`;
}

/** The level of the microphone, as a bar and in words when nothing is heard.
 * @param {{devices: Devices}} props */
function Level({ devices }) {
  const track = devices.tracks.audio;
  const on = devices.audio.value === "on";
  useEffect(() => {
    if (!on || !track) return undefined;
    quietSince.value = Date.now();
    return meter(track, (value) => {
      if (value === null || value > 0.02) quietSince.value = Date.now();
      if (value !== null && Math.abs(value - level.value) > 0.01) level.value = value;
    });
  }, [track, on]);
  if (!on) return null;
  const dead = level.value < 0.02 && Date.now() - quietSince.value > QUIET_AFTER;
  return html`<div class="level">
    <label for="level">${t("devices.level")}</label>
    <meter id="level" min="0" max="1" value=${level.value}></meter>
    ${dead ? html`<p class="error">${t("devices.silent")}</p>` : null}
  </div>`;
}

/** @param {Kind} kind @param {Devices} devices */
function deviceRow(kind, devices) {
  const state = devices[kind].value;
  const choices = devices.choices(kind);
  const trouble = ["denied", "absent", "busy", "insecure"].includes(state);
  const flip = () => void (state === "on" ? devices.close(kind) : devices.open(kind));
  return html`<div class="device">
    <label class="tick"><input type="checkbox" checked=${state === "on"} disabled=${state === "asking"} onChange=${flip} />
      ${icon(`${kind === "audio" ? "microphone" : "camera"}${state === "on" ? "" : "-off"}`)}<span>${t(`devices.${kind}.use`)}</span></label>
    ${trouble ? html`<${Notice} kind="warning" role="status"><p>${t(`device.${kind}.${state}`)}</p><//>` : null}
    ${choices.length > 1 ? html`<div class="field"><label for=${`choose-${kind}`}>${t(`devices.${kind}.choose`)}</label>
      <select id=${`choose-${kind}`} class="input" value=${devices.chosen.value[kind]}
        onChange=${(/** @type {any} */ event) => void devices.open(kind, event.target.value)}>
        ${choices.map((each) => html`<option key=${each.deviceId} value=${each.deviceId}
          selected=${each.deviceId === devices.chosen.value[kind]}>${each.label}</option>`)}
      </select></div>` : null}
  </div>`;
}
