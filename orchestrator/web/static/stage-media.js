// SPDX-License-Identifier: GPL-3.0-or-later
// The desk on the wire: it sees the wings, hears the air, and speaks to whom the director chooses.
import { get, post } from "./api.js";
import { Devices } from "./devices.js";
import { language } from "./i18n.js";
import { CallModel, Line } from "./model.js";
import { direct, directs, session, SESSION, stage } from "./stage-model.js";
import { effect, signal } from "./ui.js";

const LOOK_EVERY = 5_000;
const PLACE = `/sessions/${SESSION}/stage`;

/** The states in which one may be in a session. */
const RUNNING = ["rehearsal", "doors", "countdown", "on_air", "paused"];

/** @typedef {{source: string, level: number|null, kbps: number|null, loss: number|null, rtt_ms: number|null, trouble: string|null}} SourceLine */
/** @typedef {{sources: string[], wings: boolean}} Orders whom the desk speaks to */

export const model = signal(/** @type {CallModel|null} */ (null));
export const lines = signal(/** @type {Map<string, SourceLine>} */ (new Map()));
/** Whom we speak to, from the press of the button on. */
export const orders = signal(/** @type {Orders|null} */ (null));
export const devices = new Devices();
/** Whether the air is heard here: the room of the director may hear it otherwise. */
export const hears = signal(true);
let sitting = false;
/** Each after the one before: a button that is let go is never overtaken by its press. */
let turn = Promise.resolve();

/** Take the place of the desk as soon as there is a stage, and give it up with the stage. */
export function sit() {
  effect(() => {
    const wanted = stage.value !== null && RUNNING.includes(session.value?.state);
    if (wanted && !model.value) void come();
    if (!wanted && model.value) go();
  });
  // Who has the desk no more speaks to nobody.
  effect(() => { if (orders.value && stage.value && !directs()) silence(); });
  globalThis.addEventListener("pagehide", go);
  setInterval(() => void look(), LOOK_EVERY);
}

function silence() {
  orders.value = null;
  model.value?.mute("audio", true);
}

async function come() {
  if (sitting) return;
  sitting = true;
  try {
    const { token } = await post(`${PLACE}/place`);
    const made = new CallModel(new Line({ token, client: "desk 0.1", lang: language }));
    made.muted.value = { audio: true, video: true };
    made.expose();
    made.join({}, devices);
    made.line.start();
    model.value = made;
    void look();
    if (directs() && stage.value?.talk) await direct({ act: "talk" }); // of a page that was closed while it spoke
  } catch {
    setTimeout(() => { if (stage.value && !model.value && RUNNING.includes(session.value?.state)) void come(); }, LOOK_EVERY);
  }
  sitting = false;
}

function go() {
  model.value?.leave();
  model.value?.line.stop();
  model.value = null;
}

async function look() {
  if (!stage.value || document.visibilityState === "hidden") return;
  const found = await get(`${PLACE}/lines`).catch(() => null);
  if (found) lines.value = new Map(found.lines.map((/** @type {SourceLine} */ each) => [each.source, each]));
}

/** Speak to these, or (null) to nobody any more. @param {Orders|null} to */
export function talk(to) {
  if (!directs() || JSON.stringify(to) === JSON.stringify(orders.value)) return;
  orders.value = to;
  if (to === null) model.value?.mute("audio", true);
  turn = turn.then(() => spoken(to)).catch(() => undefined);
}

/** @param {Orders|null} to */
async function spoken(to) {
  if (to !== null && devices.audio.value !== "on") await devices.open("audio");
  const able = to === null || devices.audio.value === "on";
  const done = await direct(able && to ? { act: "talk", ...to } : { act: "talk" });
  if (to !== null && (!able || !done)) orders.value = null;
  else if (to !== null && orders.value === to) model.value?.mute("audio", false);
}

/** A word for one alone, on his page or the screen of his room; false when it cannot leave.
 * @param {string} to @param {string} text */
export function tellInWriting(to, text) {
  const order = text.trim();
  return Boolean(order && directs() && model.value?.line.send({ type: "whisper", to, data: JSON.stringify({ order }) }));
}

/** How high each picture is shown, of all the places it is shown at: the highest counts. */
class Looks {
  constructor() {
    /** @type {Map<string, Map<string, number>>} */
    this.shown = new Map();
  }

  /** What a part of the desk shows. @param {string} part */
  of(part) {
    return {
      show: (/** @type {string} */ track, /** @type {number} */ height) => this.set(track, part, height),
      forget: (/** @type {string} */ track) => this.set(track, part, null),
    };
  }

  /** @private @param {string} track @param {string} part @param {number|null} height */
  set(track, part, height) {
    const parts = this.shown.get(track) ?? new Map();
    if (height === null) parts.delete(part);
    else parts.set(part, height);
    this.shown.set(track, parts);
    const view = model.value?.call?.view;
    if (parts.size) view?.show(track, Math.max(...parts.values()));
    else view?.forget(track);
  }
}

const looks = new Looks();
export const LOOKS = { program: looks.of("program"), preview: looks.of("preview"), wings: looks.of("wings") };
