// SPDX-License-Identifier: GPL-3.0-or-later
// A phone as the remote of a room: the code on the room's screen makes it one, for a while and for this room alone.
import { get, post, Problem, remove, useBearer } from "./api.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { Notice, ProblemNotice } from "./shell.js";
import { showClock } from "./time.js";
import { html, signal } from "./ui.js";

/** What the phone is told of the room; null: this page is no phone's, or not any more.
 * @type {import("./vendor/types.js").Signal<any>} */
export const phone = signal(null);
/** Why it is none (any more). */
const refusal = signal(/** @type {Error|null} */ (null));

/** @param {string} room */
const keyOf = (room) => `margeride.phone.${room}`;
const codeInAddress = () => new URLSearchParams(location.hash.slice(1)).get("code");

/** Whether this page comes with a code, or was a phone's before. @param {string} room */
export const isPhone = (room) => Boolean(codeInAddress() ?? localStorage.getItem(keyOf(room)));

/** Become the room's remote by the code of the address, or go on being it. @param {string} room */
export async function begin(room) {
  const code = codeInAddress();
  // The code is used up at once: it has no business in the history.
  if (code !== null) history.replaceState(null, "", location.pathname + location.search);
  const kept = localStorage.getItem(keyOf(room));
  if (kept) useBearer(kept);
  if (kept && (await lookAgain(room))) return;
  if (code !== null) await claim(room, code);
}

/** @param {string} room @param {string} typed */
async function claim(room, typed) {
  try {
    const answer = await post(`/rooms/${room}/phones/claim`, { code: typed.replace(/\D/g, "").slice(0, 12) });
    localStorage.setItem(keyOf(room), answer.token);
    useBearer(answer.token);
    refusal.value = null;
    await lookAgain(room);
  } catch (error) {
    refusal.value = /** @type {Error} */ (error);
  }
}

/** Ask how the room is; false when this phone does not command it any more.
 * @param {string} room @returns {Promise<boolean>} */
export async function lookAgain(room) {
  try {
    phone.value = await get(`/rooms/${room}/remote`);
    return true;
  } catch (error) {
    if (!(error instanceof Problem && [401, 403].includes(error.status))) throw error;
    end(room);
    refusal.value = error;
    return false;
  }
}

/** @param {string} room */
function end(room) {
  localStorage.removeItem(keyOf(room));
  useBearer("");
  phone.value = null;
}

/** Where the commands of a room are asked. @param {string} room */
export const commandsOf = (room) => (phone.value ? `/rooms/${room}/remote/commands` : `/rooms/${room}/commands`);

/** Where one is followed. @param {string} room @param {string} id */
export const commandAt = (room, id) => (phone.value ? `/rooms/${room}/remote/commands/${id}` : `/commands/${id}`);

/** What the remote needs of it, in the words of the calls for people. */
export function told() {
  const { state, able, cameras, scene, scenes, held } = phone.value;
  return {
    state: { ...state, document: { ...state.document, able } },
    devices: { presence: "", document: { commands: [], devices: cameras, scene } },
    scenes,
    next: held,
  };
}

/** Until when, and how to stop. @param {{room: string}} props */
export function Until({ room }) {
  const giveBack = () => void remove(`/rooms/${room}/remote`).then(() => { end(room); refusal.value = null; }, (error) => { refusal.value = error; });
  return html`<p class="phone-until">${icon("clock")}<span>${t("remote.phone_until", { clock: showClock(new Date(phone.value.until)) })}</span>
    <button class="button button-quiet" type="button" onClick=${giveBack}>${t("remote.phone_give_back")}</button></p>`;
}

/** How whoever has no account gets the remote. @param {{room: string}} props */
export function CodeForm({ room }) {
  const send = (/** @type {any} */ event) => {
    event.preventDefault();
    void claim(room, String(new FormData(event.target).get("code")));
  };
  return html`<form class="card" onSubmit=${send} novalidate><h2>${t("remote.phone_head")}</h2>
    <${ProblemNotice} problem=${refusal.value} />
    <div class="field"><label for="phone-code">${t("remote.phone_code")}</label>
      <input id="phone-code" name="code" class="input code" inputmode="numeric" autocomplete="one-time-code" maxlength="14" required
        aria-invalid=${refusal.value ? "true" : undefined} aria-describedby="phone-help" />
      <p class="hint" id="phone-help">${t("remote.phone_help")}</p></div>
    <button class="button button-wide" type="submit">${icon("enter")}${t("remote.phone_open")}</button></form>`;
}

/** Who else commands the room, for whoever runs it. @param {{room: string, many: number, onDone: () => void}} props */
export function Phones({ room, many, onDone }) {
  const putOut = () => void remove(`/rooms/${room}/phones`).then(onDone, onDone);
  return html`<${Notice}><p>${t("remote.phones", { n: many })}</p>
    <button class="button button-quiet" type="button" onClick=${putOut}>${t("remote.phones_out")}</button><//>`;
}
