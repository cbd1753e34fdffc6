// SPDX-License-Identifier: GPL-3.0-or-later
// Orders (talkback): held down, or pressed shortly and pressed again; and the slate at once.
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { direct, directs, stage } from "./stage-model.js";
import { devices, orders, talk } from "./stage-media.js";
import { Notice } from "./shell.js";
import { html, useEffect } from "./ui.js";

/** Held for longer than that, it ends when it is let go. */
const HELD = 400;
export const KEYS = { talk: "F8", slate: "F9" };
let pressed = 0;

/** @param {import("./stage-media.js").Orders} to */
const same = (to) => JSON.stringify(orders.value) === JSON.stringify(to);

/** @param {import("./stage-media.js").Orders} to */
function down(to) {
  if (same(to)) return talk(null);
  pressed = Date.now();
  talk(to);
}

/** @param {import("./stage-media.js").Orders} to */
function up(to) {
  if (pressed && same(to) && Date.now() - pressed > HELD) talk(null);
  pressed = 0;
}

/** A button to speak with. @param {{to: import("./stage-media.js").Orders, label: string, name?: string, shortcut?: string, quiet?: boolean}} props */
export function TalkButton({ to, label, name = "", shortcut, quiet = true }) {
  const on = same(to);
  const key = (/** @type {KeyboardEvent} */ event, /** @type {(to: any) => void} */ act) => {
    if (![" ", "Enter"].includes(event.key)) return;
    event.preventDefault();
    if (!event.repeat) act(to);
  };
  return html`<button class=${`button ${quiet ? "button-quiet" : ""} stage-talk`} type="button" aria-pressed=${on ? "true" : "false"} aria-keyshortcuts=${shortcut}
      aria-disabled=${directs() ? undefined : "true"} onPointerDown=${() => down(to)} onPointerUp=${() => up(to)} onPointerLeave=${() => up(to)}
      onKeyDown=${(/** @type {KeyboardEvent} */ event) => key(event, down)} onKeyUp=${(/** @type {KeyboardEvent} */ event) => key(event, up)}>
    ${icon("microphone")}<span>${on ? t("stage.talks") : label}</span>${name ? html`<span class="hidden"> ${name}</span>` : null}</button>`;
}

/** What must be at hand: the slate, and the word to all the wings. */
export function Hand() {
  useEffect(shortcuts, []);
  const held = !directs();
  return html`<div class="stage-hand" role="group" aria-label=${t("stage.at_hand")}>
    <button class="button button-danger stage-slate-now" type="button" aria-disabled=${held ? "true" : undefined} aria-keyshortcuts=${KEYS.slate} onClick=${rescue}>${icon("warning")}<span>${t("stage.slate_now")}</span><kbd>${KEYS.slate}</kbd></button>
    <${TalkButton} to=${WINGS} label=${t("stage.talk_wings")} shortcut=${KEYS.talk} />
    <p class="hint">${t("stage.at_hand.help")}</p>
    ${["denied", "absent", "busy", "insecure"].includes(devices.audio.value) ? html`<${Notice} kind="warning" role="alert"><p>${t(`device.audio.${devices.audio.value}`)}</p><//>` : null}</div>`;
}

const WINGS = { sources: [], wings: true };

function rescue() {
  if (directs() && stage.value) void direct({ act: "slate" }, t("stage.said.slate_now"));
}

/** By keys that write nothing. */
function shortcuts() {
  const onDown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === KEYS.slate) rescue();
    else if (event.key === KEYS.talk && !event.repeat) down(WINGS);
    if (Object.values(KEYS).includes(event.key)) event.preventDefault();
  };
  const onUp = (/** @type {KeyboardEvent} */ event) => { if (event.key === KEYS.talk) up(WINGS); };
  const away = () => talk(null); // nobody speaks to anybody from a window he has left
  document.addEventListener("keydown", onDown);
  document.addEventListener("keyup", onUp);
  globalThis.addEventListener("blur", away);
  return () => {
    document.removeEventListener("keydown", onDown);
    document.removeEventListener("keyup", onUp);
    globalThis.removeEventListener("blur", away);
  };
}
