// SPDX-License-Identifier: GPL-3.0-or-later
// What is said in writing, beside the pictures; and the raised hand.
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { announce } from "./shell.js";
import { showClock } from "./time.js";
import { html, signal, useEffect, useRef } from "./ui.js";

/** @typedef {import("./model.js").CallModel} CallModel */

const open = signal(false);
const draft = signal("");

/** How many lines came that were not seen. @param {CallModel} model */
function unread(model) {
  return model.chat.value.filter((each) => each.number > model.read.value && each.participant !== model.you.value).length;
}

/** @param {{model: CallModel}} props */
export function ChatButton({ model }) {
  const count = open.value ? 0 : unread(model);
  return html`<button class="button button-quiet" type="button" aria-expanded=${open.value} aria-controls="chat"
      onClick=${() => { open.value = !open.value; }}>
    ${icon("message")}<span>${count ? t("chat.unread", { count }) : t("chat.title")}</span></button>`;
}

/** @param {{model: CallModel}} props */
export function HandButton({ model }) {
  const up = model.hand.value;
  const speaks = Boolean(model.session.value?.stage?.holders.some((/** @type {any} */ seat) => seat.participant === model.you.value));
  const flip = () => {
    model.raise(!up);
    announce(t(speaks ? "hand.gave_back" : up ? "hand.is_down" : "hand.is_up"));
  };
  return html`<button class=${`button ${up ? "button-on" : "button-quiet"}`} type="button" onClick=${flip}>
    ${icon("hand")}<span>${t(speaks ? "hand.give_back" : up ? "hand.lower" : "hand.raise")}</span></button>`;
}

/** @param {{model: CallModel}} props */
export function ChatPanel({ model }) {
  const end = useRef(/** @type {HTMLElement|null} */ (null));
  const field = useRef(/** @type {HTMLElement|null} */ (null));
  const lines = model.chat.value;
  useEffect(() => { if (open.value) field.current?.focus(); }, [open.value]);
  useEffect(() => {
    if (!open.value) return;
    model.read.value = lines.at(-1)?.number ?? 0;
    end.current?.scrollIntoView({ block: "nearest" });
  }, [lines, open.value]);
  useEffect(() => { if (lines.length && !open.value && unread(model)) announce(t("chat.said", { name: lines[lines.length - 1].name })); }, [lines]);
  if (!open.value) return null;
  return html`<aside class="chat" id="chat" aria-labelledby="chat-title" onKeyDown=${(/** @type {KeyboardEvent} */ event) => { if (event.key === "Escape") open.value = false; }}>
    <div class="chat-head"><h2 id="chat-title">${t("chat.title")}</h2>
      <button class="button button-quiet" type="button" onClick=${() => { open.value = false; }}>${icon("cross")}<span>${t("close")}</span></button></div>
    ${model.secret ? html`<p class="hint">${icon("lock")} ${t("chat.in_clear")}</p>` : null}
    <div class="chat-lines" role="log" aria-live="polite" tabindex="0" aria-label=${t("chat.lines")}>
      ${lines.length === 0 ? html`<p class="hint">${t("chat.empty")}</p>` : null}
      ${lines.map((each) => html`<div key=${each.number}><b>${each.name}</b> <time class="muted">${showClock(new Date(each.at))}</time><p>${each.text}</p></div>`)}
      <span ref=${end}></span>
    </div>
    <form class="chat-say" onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); say(model); }}>
      <label class="unseen" for="chat-text">${t("chat.write")}</label>
      <input id="chat-text" ref=${field} class="input" maxlength="2000" autocomplete="off" value=${draft.value} placeholder=${t("chat.write")}
        onInput=${(/** @type {any} */ event) => { draft.value = event.target.value; }} />
      <button class="button" type="submit">${t("chat.send")}</button>
    </form>
  </aside>`;
}

/** What could not leave stays in the field. @param {CallModel} model */
function say(model) {
  const words = draft.value.trim();
  if (words && model.call?.chat(words)) draft.value = "";
  else if (words) announce(t("chat.not_sent"));
}
