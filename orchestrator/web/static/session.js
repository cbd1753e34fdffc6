// SPDX-License-Identifier: GPL-3.0-or-later
// The session view: tiles, a toolbar, and what happens said aloud.
import { ChatButton, ChatPanel, HandButton } from "./chat.js";
import { CueScreen } from "./cue-screen.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { RoomsButton, RoomsPanel } from "./session-rooms.js";
import { Program } from "./program.js";
import { Recorded } from "./recorded.js";
import { announce, Notice } from "./shell.js";
import { SiteView } from "./site-view.js";
import { Tally } from "./tally.js";
import { OwnTile, Sounds, Tiles } from "./tiles.js";
import { effect, html, useEffect } from "./ui.js";
import { MODES } from "./view.js";

/** @typedef {import("./model.js").CallModel} CallModel */
/** @typedef {import("./devices.js").Devices} Devices */

/** `part` and `room` of whom the link is, if it is somebody's own.
 * @param {{model: CallModel, devices: Devices, name: string, part?: string|null, room?: string|null}} props */
export function SessionView({ model, devices, name, part = null, room = null }) {
  useEffect(() => follow(model), [model]);
  useEffect(() => shortcuts(model, devices), [model, devices]);
  void devices.video.value; // our own tile follows the camera
  const own = html`<${OwnTile} key="own" track=${devices.tracks.video} model=${model} name=${name} />`;
  const staged = Boolean(model.session.value?.stage);
  return html`<section class=${`session dark ${staged ? "session-stage" : ""}`} aria-labelledby="session-title">
    <div class="session-head">
      <h1 id="session-title">${model.session.value?.title || t("session.untitled")}</h1>
      ${model.secret ? html`<p class="state state-ok">${icon("lock")}<span>${t("session.encrypted")}</span></p>` : null}
      <${Health} model=${model} />
    </div>
    <${Trouble} model=${model} />
    <${Recorded} recording=${model.session.value?.recording} />
    ${staged ? html`<${Tally} model=${model} large=${part === "speaker"} />` : null}
    ${staged && part === "animateur" && room ? html`<${SiteView} model=${model} room=${room} />` : null}
    <div class="session-body">
      ${staged ? html`<${Program} model=${model} own=${devices.tracks.video} />${inProgram(model) ? null : html`<ul class="plain program-own">${own}</ul>`}` : html`<${Tiles} model=${model} own=${own} />`}
      <${RoomsPanel} model=${model} />
      <${ChatPanel} model=${model} />
    </div>
    <${CueScreen} cues=${model.cues} />
    <${Sounds} model=${model} />
    <${Toolbar} model=${model} devices=${devices} />
  </section>`;
}

/** Whether our own picture is in the program already. @param {CallModel} model */
const inProgram = (model) => model.session.value.stage.spots.some((/** @type {any} */ spot) => spot.participant === model.you.value);

/** @type {Record<string, [string, string]>} */
const GRADES = { ok: ["ok", "line"], joining: ["accent", "clock"], stopped: ["bad", "cut"] };

/** The connection in words. @param {{model: CallModel}} props */
export function Health({ model }) {
  const health = model.health.value;
  const [grade, drawing] = GRADES[health] ?? ["warn", "warning"];
  return html`<p class=${`state state-${grade}`}>${icon(drawing)}<span>${t(`health.${health}`)}</span></p>`;
}

/** @param {{model: CallModel}} props */
export function Trouble({ model }) {
  const health = model.health.value;
  const { why } = model.lineState.value;
  const enable = () => {
    model.needsClick.value = false;
    document.querySelectorAll("audio").forEach((audio) => void audio.play());
  };
  return html`<div class="troubles">
    ${["redialling", "media-lost", "controls-lost"].includes(health)
      ? html`<${Notice} kind="warning" role="alert"><p>${t(`health.${health}.more`)}</p><//>` : null}
    ${health === "stopped" ? html`<${Notice} kind="bad" role="alert"><p>${t(`stopped.${why}`)}</p><//>` : null}
    ${model.refusal.value && !model.in.value ? html`<${Notice} kind="bad" role="alert"><p>${model.refusal.value.text}</p><//>` : null}
    ${model.needsClick.value ? html`<${Notice} kind="warning"><p>${t("session.sound_blocked")}</p>
      <button class="button" type="button" onClick=${enable}>${icon("speaker")}${t("session.sound_on")}</button><//>` : null}
  </div>`;
}

/** @param {{model: CallModel, devices: Devices}} props */
function Toolbar({ model, devices }) {
  const leave = () => model.leave();
  return html`<div class="toolbar" role="toolbar" aria-label=${t("session.controls")}>
    <${MuteButton} kind="audio" model=${model} devices=${devices} />
    <${MuteButton} kind="video" model=${model} devices=${devices} />
    <${HandButton} model=${model} />
    <${ChatButton} model=${model} />
    <${RoomsButton} model=${model} />
    <button class="button button-danger" type="button" onClick=${leave}>${icon("leave")}<span>${t("session.leave")}</span></button>
    <${Economy} model=${model} />
    <p class="hint shortcuts">${t("session.shortcuts")}</p>
  </div>`;
}

/** How much is received: a person's own choice, never forced on him. @param {{model: CallModel}} props */
export function Economy({ model }) {
  const change = (/** @type {any} */ event) => {
    model.choose(event.target.value);
    announce(t(`economy.${event.target.value}.said`));
  };
  return html`<label class="economy">${icon("line")}<span>${t("economy.label")}</span>
    <select class="input" value=${model.mode.value} onChange=${change}>
      ${MODES.map((mode) => html`<option key=${mode} value=${mode} selected=${mode === model.mode.value}>${t(`economy.${mode}`)}</option>`)}
    </select></label>`;
}

/** The state is in the name: "Couper le micro" when it is on, "Rétablir le micro" when it is cut.
 * @param {{kind: "audio"|"video", model: CallModel, devices: Devices}} props */
function MuteButton({ kind, model, devices }) {
  const state = devices[kind].value;
  const off = model.muted.value[kind] || state !== "on";
  const drawing = `${kind === "audio" ? "microphone" : "camera"}${off ? "-off" : ""}`;
  return html`<button class=${`button ${off ? "button-off" : "button-quiet"}`} type="button" data-kind=${kind}
      onClick=${() => void toggle(kind, model, devices)}>
    ${icon(drawing)}<span>${t(`session.${kind}.${off ? "on" : "off"}`)}</span></button>`;
}

/** A device that is absent is asked for again when its button is pressed.
 * @param {"audio"|"video"} kind @param {CallModel} model @param {Devices} devices */
async function toggle(kind, model, devices) {
  if (devices[kind].value !== "on") {
    await devices.open(kind);
    const state = /** @type {string} */ (devices[kind].value);
    if (state !== "on") return announce(t(`device.${kind}.${state}`));
    model.mute(kind, false);
  } else {
    model.mute(kind, !model.muted.value[kind]);
  }
  announce(t(`session.${kind}.${model.muted.value[kind] ? "is_off" : "is_on"}`));
}

/** Ctrl+D the microphone, Ctrl+E the camera: with a modifier, so that no speech input trips on them.
 * @param {CallModel} model @param {Devices} devices */
function shortcuts(model, devices) {
  const onKey = (/** @type {KeyboardEvent} */ event) => {
    const kind = /** @type {const} */ ({ d: "audio", e: "video" })[event.key.toLowerCase()];
    if (!kind || !event.ctrlKey || event.altKey || event.shiftKey || event.metaKey) return;
    event.preventDefault();
    void toggle(kind, model, devices);
  };
  document.addEventListener("keydown", onKey);
  return () => document.removeEventListener("keydown", onKey);
}

/** Say who comes, goes, falls silent or is lost. @param {CallModel} model */
export function follow(model) {
  /** @type {Map<string, string>} */
  let before = new Map();
  let first = true;
  return effect(() => {
    const now = new Map();
    for (const tile of model.tiles.value) {
      if (tile.participant) now.set(tile.name, tile.participant.state);
    }
    const said = first ? [] : changes(before, now);
    if (said.length) announce(said.join(" "));
    before = now;
    first = first && now.size === 0;
  });
}

/** @param {Map<string, string>} before @param {Map<string, string>} now */
function changes(before, now) {
  const said = [];
  for (const [name, state] of now) {
    if (!before.has(name)) said.push(t("said.arrived", { name }));
    else if (before.get(name) !== state) said.push(t(state === "lost" ? "said.lost" : "said.back", { name }));
  }
  for (const name of before.keys()) {
    if (!now.has(name)) said.push(t("said.departed", { name }));
  }
  return said;
}
