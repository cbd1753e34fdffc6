// SPDX-License-Identifier: GPL-3.0-or-later
// The room as a whole on its remote: scenes, and how the pictures are laid out.
import { icon } from "./icons.js";
import { t, tElse } from "./i18n.js";
import { LAYOUTS, layoutPicture } from "./layouts.js";
import { html } from "./ui.js";

/** What a screen can do that does not say so. */
const SCREEN_ABLE = ["call.join", "call.leave", "audio.mic.set", "audio.speaker.set", "video.camera.set", "room.message.show"];

/** The commands that the room says it can carry out: its screen's, and its agent's while that one answers.
 * @param {any} state @param {any} devices */
export function ableOf(state, devices) {
  const agent = devices?.presence === "online" ? devices.document?.commands ?? [] : [];
  return new Set([...(state.document.able ?? SCREEN_ABLE), ...agent]);
}

/** @param {any} devices @returns {any[]} */
export function camerasOf(devices) {
  return (devices?.document?.devices ?? []).filter((/** @type {any} */ each) => each.commands.some((/** @type {string} */ name) => name.startsWith("camera.")));
}

/** @param {{scenes: any[], now: string|null, edit: string|null, give: (command: string, facts?: any) => Promise<void>}} props edit: where they are changed */
export function Scenes({ scenes, now, edit, give }) {
  return html`<section class="card" aria-labelledby="scenes"><h2 id="scenes">${t("remote.scenes")}</h2>
    <div class="views">${scenes.map(({ id, label }) => html`<button key=${id} class=${`button ${id === now ? "" : "button-quiet"} view`} type="button"
      aria-pressed=${id === now ? "true" : "false"} onClick=${() => give("room.preset.apply", { preset: id })}>${id === now ? icon("check") : null}${tElse(`scene.${id}`, label)}</button>`)}</div>
    ${edit ? html`<p class="edit-scenes"><a href=${edit}>${t("scenes.edit")}</a></p>` : null}</section>`;
}

/** The hand of the room in its session: its state in words, the action in its name.
 * @param {{up: boolean, give: (command: string, facts?: any) => Promise<void>}} props */
export function Hand({ up, give }) {
  return html`<li><button class=${`big ${up ? "big-on" : ""}`} type="button" onClick=${() => give("call.hand.set", { on: !up })}>
    ${icon("hand")}<span class="big-state">${t(up ? "remote.hand.is_up" : "remote.hand.is_down")}</span>
    <span class="big-action">${t(up ? "hand.lower" : "hand.raise")}</span></button></li>`;
}

/** @param {{give: (command: string, facts?: any) => Promise<void>}} props */
export function Layouts({ give }) {
  return html`<section class="card" aria-labelledby="layouts"><h2 id="layouts">${t("remote.layouts")}</h2>
    <div class="views">${LAYOUTS.map((layout) => html`<button key=${layout} class="button button-quiet view view-layout" type="button"
      onClick=${() => give("video.layout.set", { layout })}>${layoutPicture(layout)}<span>${t(`remote.layout.${layout}`)}</span></button>`)}</div></section>`;
}

/** Show the room's computer or document camera, or no more. @param {{give: (command: string, facts?: any) => Promise<void>}} props */
export function Share({ give }) {
  return html`<section class="card" aria-labelledby="share"><h2 id="share">${t("remote.share")}</h2><div class="views">
    <button class="button button-quiet view" type="button" onClick=${() => give("share.start")}>${icon("screen")}${t("remote.share_start")}</button>
    <button class="button button-quiet view" type="button" onClick=${() => give("share.stop")}>${icon("cross")}${t("remote.share_stop")}</button></div></section>`;
}

/** The line of the centre, tested from the room's own screen; it is for who sees to the room's machine.
 * @param {{centre: string, busy: boolean, give: (command: string, facts?: any) => Promise<void>}} props */
export function LineCard({ centre, busy, give }) {
  return html`<section class="card" aria-labelledby="line-card"><h2 id="line-card">${t("remote.line")}</h2>
    <p class="muted">${t("remote.line_help")}</p><div class="views">
    <button class="button button-quiet view" type="button" disabled=${busy} onClick=${() => give("system.line.test")}>${icon("line")}${t("remote.line_test")}</button>
    <a class="button button-quiet view" href=${`/lines/${centre}`}>${t("remote.line_history")}</a></div></section>`;
}

/** How loud the room's microphone is in its session, in words and as a bar. @param {{level: number}} props */
export function MicLevel({ level }) {
  return html`<div class="field card"><label for="mic-level">${t("remote.mic.level", { level: t(`remote.mic.level.${level}`) })}</label>
    <meter id="mic-level" class="mic-level" min="0" max="4" low="2.5" high="4" optimum="3" value=${level}></meter></div>`;
}
