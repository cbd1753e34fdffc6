// SPDX-License-Identifier: GPL-3.0-or-later
// What a scene sets, as choices: each reads the steps of a scene and writes them. No drawing here.
import { LAYOUTS } from "./layouts.js";

/** @typedef {{command: string, [argument: string]: any}} Step */
/** @typedef {{id: string, label: string, steps: Step[]}} Scene */
/** @typedef {{scenes: Scene[], start: Record<string, string|null>, end: string|null, before_minutes: number}} Scenes */
/** One choice: its words (`name`), whose device it is, what it reads from a step, what it writes.
 * @typedef {{name: string, part: string, commands: string[], device: string|null, first: boolean, kind: "choice"|"number"|"text"|"layout"|"view",
 *   values: string[], valueOf: (step: Step) => string|undefined, stepOf: (value: string) => Step}} Choice */

export const KINDS = ["meeting", "training", "ceremony", "reception"];
export const STANDARD = ["reunion", "formation", "ceremonie", "veille"];
export const MOST_SCENES = 16;
export const EARLIEST = 30;
export const LONGEST_LABEL = 32;
const VIEWS = [1, 2, 3, 4, 5, 6];
/** One after the other: a device is switched on before it is told more, and rests last. */
const ORDER = [
  "room.wake", "room.dnd.set", "room.message.clear", "display.power.set", "display.input.set", "display.freeze.set", "display.blank.set",
  "audio.speaker.set", "audio.volume.set", "audio.mic.set", "video.camera.set", "video.selfview.set",
  "camera.select", "camera.goto", "camera.home", "camera.preset.recall", "camera.focus.set", "video.layout.set", "room.standby",
];

/** A document without what says nothing, in one order. @param {any} value @returns {string} */
export const plain = (value) => JSON.stringify(value, (_, each) => (each && typeof each === "object" && !Array.isArray(each)
  ? Object.fromEntries(Object.entries(each).filter(([, one]) => one !== null).sort(([a], [b]) => (a < b ? -1 : 1))) : each));
const same = (/** @type {any} */ one, /** @type {any} */ other) => plain(one) === plain(other);

/** Has the step only these arguments? @param {Step} step @param {string[]} names */
const only = (step, ...names) => Object.entries(step).every(([name, value]) => value === null || ["command", "device", ...names].includes(name));

/** @param {string} part @param {string} command @returns {any} */
const onOff = (part, command, name = command.replace(/\.set$/, "")) => ({
  name, part, commands: [command], kind: "choice", values: ["on", "off"],
  valueOf: (/** @type {Step} */ step) => (only(step, "on") ? (step.on ? "on" : "off") : undefined),
  stepOf: (/** @type {string} */ value) => ({ command, on: value === "on" }),
});

/** @type {Record<string, any>[]} */
const CHOICES = [
  { name: "room", part: "room", commands: ["room.wake", "room.standby"], kind: "choice", values: ["wake", "standby"],
    valueOf: (/** @type {Step} */ step) => step.command.slice(5), stepOf: (/** @type {string} */ value) => ({ command: `room.${value}` }) },
  onOff("room", "room.dnd.set"),
  { name: "room.message", part: "room", commands: ["room.message.clear"], kind: "choice", values: ["clear"],
    valueOf: () => "clear", stepOf: () => ({ command: "room.message.clear" }) },
  onOff("display", "display.power.set"),
  { name: "display.input", part: "display", commands: ["display.input.set"], kind: "text", values: ["hdmi1", "hdmi2", "hdmi3", "hdmi4"],
    valueOf: (/** @type {Step} */ step) => step.input, stepOf: (/** @type {string} */ input) => ({ command: "display.input.set", input }) },
  onOff("display", "display.blank.set"),
  { name: "video.layout", part: "display", commands: ["video.layout.set"], kind: "layout", values: LAYOUTS,
    valueOf: (/** @type {Step} */ step) => step.layout, stepOf: (/** @type {string} */ layout) => ({ command: "video.layout.set", layout }) },
  onOff("sound", "audio.mic.set"),
  onOff("sound", "audio.speaker.set"),
  { name: "audio.volume", part: "sound", commands: ["audio.volume.set"], kind: "number", values: [],
    valueOf: (/** @type {Step} */ step) => String(step.volume), stepOf: (/** @type {string} */ value) => ({ command: "audio.volume.set", volume: Number(value) }) },
  onOff("camera", "video.camera.set"),
  { name: "camera", part: "camera", commands: ["camera.home", "camera.preset.recall"], kind: "view", values: ["home", ...VIEWS.map(String)],
    valueOf: (/** @type {Step} */ step) => (step.command === "camera.home" ? "home" : String(step.preset)),
    stepOf: (/** @type {string} */ value) => (value === "home" ? { command: "camera.home" } : { command: "camera.preset.recall", preset: Number(value) }) },
  onOff("camera", "video.selfview.set"),
];
export const PARTS = ["display", "sound", "camera", "room"];

/** The choices of a room: one for each of several devices, and only what it can carry out.
 * @param {string[]} able @param {any[]} devices @returns {Choice[]} */
export function choicesOf(able, devices) {
  return CHOICES.flatMap((each) => {
    const possible = each.commands.filter((/** @type {string} */ name) => able.includes(name));
    if (!possible.length) return [];
    const values = each.name === "camera" ? [...(possible.includes("camera.home") ? ["home"] : []), ...(possible.length > 1 || !possible.includes("camera.home") ? each.values.slice(1) : [])]
      : each.name === "room" ? possible.map((/** @type {string} */ name) => name.slice(5)) : each.values;
    const of = devices.filter((one) => /^(camera|display)\./.test(possible[0]) && one.commands.some((/** @type {string} */ name) => possible.includes(name))).map((one) => one.id);
    return (of.length > 1 ? of : [of[0] ?? null]).map((device, index) => ({ ...each, values, device, many: of.length > 1, first: index === 0 }));
  }).map((each) => /** @type {any} */ (each));
}

/** Does this step say what this choice chooses? @param {Choice} choice @param {Step} step */
function isOf(choice, step) {
  if (!choice.commands.includes(step.command)) return false;
  const mine = step.device ? step.device === choice.device : choice.first;
  return mine && choice.valueOf(step) !== undefined;
}

/** What a scene says of a choice; "" when it leaves it alone. @param {Step[]} steps @param {Choice} choice */
export function valueIn(steps, choice) {
  const last = steps.filter((step) => isOf(choice, step)).at(-1);
  return last ? choice.valueOf(last) ?? "" : "";
}

/** The steps with that choice made; "": left alone. @param {Step[]} steps @param {Choice} choice @param {string} value @returns {Step[]} */
export function chosen(steps, choice, value) {
  const at = steps.findIndex((step) => isOf(choice, step));
  const rest = steps.filter((step) => !isOf(choice, step));
  if (value === "") return rest;
  const device = /** @type {any} */ (choice).many ? { device: choice.device } : {};
  const step = { ...choice.stepOf(value), ...device };
  const rank = (/** @type {Step} */ each) => ORDER.indexOf(each.command);
  const kept = at >= 0 && rank(steps[at]) === rank(step) ? at : rest.findIndex((each) => rank(each) > rank(step));
  return kept < 0 ? [...rest, step] : [...rest.slice(0, kept), step, ...rest.slice(kept)];
}

/** The steps that no choice shows: what the room cannot do now, and what was written by a program.
 * @param {Step[]} steps @param {Choice[]} choices @param {string[]} able */
export function hiddenIn(steps, choices, able) {
  const others = steps.filter((step) => !choices.some((choice) => isOf(choice, step)));
  return { idle: others.filter((step) => !able.includes(step.command)), others: others.filter((step) => able.includes(step.command)) };
}

/** An id for programs from words for people, unlike those there are. @param {string} label @param {Scene[]} scenes */
export function idFor(label, scenes) {
  const bare = label.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 40) || "x";
  const taken = new Set(scenes.map((each) => each.id));
  for (let n = 1; ; n++) {
    const id = n === 1 ? bare : `${bare}-${n}`;
    if (!taken.has(id)) return id;
  }
}

/** Mine and theirs, from what both began with: what only one of them changed is taken from him; what both
 * changed stays mine, and is named in `both`.
 * @param {Scenes} base @param {Scenes} mine @param {Scenes} theirs @returns {{merged: Scenes, both: string[]}} */
export function merge(base, mine, theirs) {
  /** @type {string[]} */
  const both = [];
  const settle = (/** @type {string} */ name, /** @type {any} */ was, /** @type {any} */ my, /** @type {any} */ their) => {
    if (same(my, their) || same(their, was)) return my;
    if (same(my, was)) return their;
    both.push(name);
    return my;
  };
  const of = (/** @type {Scenes} */ all) => new Map(all.scenes.map((each) => [each.id, each]));
  const [was, my, their] = [of(base), of(mine), of(theirs)];
  const ids = [...new Set([...their.keys(), ...my.keys()])];
  const scenes = ids.map((id) => settle(`scene:${id}`, was.get(id) ?? null, my.get(id) ?? null, their.get(id) ?? null)).filter(Boolean);
  const start = Object.fromEntries(KINDS.map((kind) => [kind, settle(`start:${kind}`, base.start[kind], mine.start[kind], theirs.start[kind])]));
  const end = settle("end", base.end, mine.end, theirs.end);
  const before = settle("before_minutes", base.before_minutes, mine.before_minutes, theirs.before_minutes);
  const known = (/** @type {string|null} */ id) => (scenes.some((each) => each.id === id) ? id : null);
  for (const kind of KINDS) start[kind] = known(start[kind]);
  return { merged: { scenes, start, end: known(end), before_minutes: before }, both };
}
