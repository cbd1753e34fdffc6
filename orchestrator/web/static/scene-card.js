// SPDX-License-Identifier: GPL-3.0-or-later
// One scene on its card: what it sets in a sentence, and, unfolded, choice by choice.
import { icon } from "./icons.js";
import { list, t, tElse, tOr } from "./i18n.js";
import { layoutPicture } from "./layouts.js";
import { pictures } from "./remote-views.js";
import { chosen, hiddenIn, LONGEST_LABEL, PARTS, plain, STANDARD, valueIn } from "./scene-steps.js";
import { SceneTry } from "./scene-try.js";
import { announce } from "./shell.js";
import { html } from "./ui.js";

/** @typedef {import("./scene-steps.js").Scene} Scene */
/** @typedef {import("./scene-steps.js").Choice} Choice */
/** @typedef {{scene: Scene, set: (scene: Scene) => void, choices: Choice[], able: string[], faults: Record<string, string>}} Held */

/** The four of the house have the words of the page's language. @param {Scene} scene */
export const nameOf = (scene) => (STANDARD.includes(scene.id) ? tElse(`scene.${scene.id}`, scene.label) : scene.label.trim() || t("scenes.unnamed"));

/** @param {Choice} choice */
const labelOf = (choice) => (/** @type {any} */ (choice).many ? t("scenes.of_device", { what: t(`scenes.set.${choice.name}`), device: choice.device }) : t(`scenes.set.${choice.name}`));

/** What is chosen, in words. @param {Choice} choice @param {string} value */
function wordOf(choice, value) {
  if (choice.kind === "number") return t("scenes.percent", { value });
  if (choice.kind === "text") return tElse(`scenes.input.${value}`, value);
  if (choice.kind === "layout") return t(`remote.layout.${value}`);
  if (choice.kind === "view") return value === "home" ? t("scenes.view_home") : t("remote.view", { number: value });
  return t(`scenes.set.${choice.name}.${value}`);
}

/** @param {Held & {room: string, now: boolean, changed: boolean, standard: Scene|undefined, used: boolean, drop: (id: string) => void}} props */
export function SceneCard({ room, scene, set, choices, able, faults, now, changed, standard, used, drop }) {
  const made = choices.map((choice) => ({ choice, value: valueIn(scene.steps, choice) })).filter(({ value }) => value !== "");
  const name = nameOf(scene);
  const original = standard && plain(standard.steps) !== plain(scene.steps);
  const back = () => {
    set({ ...scene, steps: /** @type {Scene} */ (standard).steps });
    announce(t("scenes.is_back", { name }));
    document.getElementById(`fold-${scene.id}`)?.focus();
  };
  return html`<li class="card scene" aria-labelledby=${`scene-${scene.id}`}>
    <div class="scene-head"><h3 id=${`scene-${scene.id}`}>${name}</h3>
      ${now ? html`<span class="state state-ok">${icon("check")}${t("scenes.now")}</span>` : null}
      ${changed ? html`<span class="state state-warn">${icon("pen")}${t("scenes.unsaved")}</span>` : null}</div>
    ${made.length ? html`<ul class="plain scene-sums">${made.map(({ choice, value }) => html`<li key=${choice.name + choice.device}>${choice.kind === "layout" ? layoutPicture(value) : null}
      <span>${choice.kind === "view" ? icon("camera") : html`<span class="muted">${labelOf(choice)}</span>`} <strong>${wordOf(choice, value)}</strong></span></li>`)}</ul>` : html`<p class="muted">${t("scenes.sets_nothing")}</p>`}
    <details class="keep"><summary id=${`fold-${scene.id}`}>${t("scenes.change")}<span class="hidden"> ${name}</span></summary>
      ${standard ? null : html`<${Label} scene=${scene} set=${set} fault=${faults[`label-${scene.id}`]} />`}
      ${PARTS.map((part) => html`<${Part} key=${part} part=${part} scene=${scene} set=${set} choices=${choices.filter((each) => each.part === part)} faults=${faults} />`)}
      <${Hidden} scene=${scene} set=${set} choices=${choices} able=${able} />
      <div class="actions">${original ? html`<button class="button button-quiet" type="button" onClick=${back}>${t("scenes.back")}</button>` : null}
        ${standard ? null : used ? html`<p class="hint">${t("scenes.in_use")}</p>`
          : html`<button class="button button-quiet" type="button" onClick=${() => drop(scene.id)}>${icon("cross")}${t("scenes.drop")}<span class="hidden"> ${name}</span></button>`}</div></details>
    <${SceneTry} room=${room} name=${name} steps=${scene.steps.filter((step) => able.includes(step.command))} /></li>`;
}

/** @param {{scene: Scene, set: (scene: Scene) => void, fault: string|undefined}} props */
function Label({ scene, set, fault }) {
  const id = `label-${scene.id}`;
  return html`<div class="field"><label for=${id}>${t("scenes.label")}</label><input id=${id} class="input" maxlength=${LONGEST_LABEL} autocomplete="off" value=${scene.label}
    aria-invalid=${fault ? "true" : undefined} aria-describedby=${fault ? `${id}-fault` : undefined} onInput=${(/** @type {any} */ event) => set({ ...scene, label: event.target.value })} />
    ${fault ? html`<p class="error" id=${`${id}-fault`}>${fault}</p>` : null}</div>`;
}

/** @param {{part: string, scene: Scene, set: (scene: Scene) => void, choices: Choice[], faults: Record<string, string>}} props */
function Part({ part, scene, set, choices, faults }) {
  if (!choices.length) return null;
  return html`<h4>${t(`scenes.part.${part}`)}</h4><div class="rule-list">${choices.map((choice) => html`<${Field} key=${choice.name + choice.device} choice=${choice}
    id=${`${scene.id}-${choice.name}${/** @type {any} */ (choice).many ? `-${choice.device}` : ""}`} value=${valueIn(scene.steps, choice)} faults=${faults}
    set=${(/** @type {string} */ value) => set({ ...scene, steps: chosen(scene.steps, choice, value) })} />`)}</div>`;
}

/** @param {{choice: Choice, id: string, value: string, faults: Record<string, string>, set: (value: string) => void}} props */
function Field({ choice, id, value, faults, set }) {
  const label = labelOf(choice);
  if (choice.kind === "layout") {
    return html`<fieldset class="field scene-layouts"><legend>${label}</legend><div class="layout-choices">${["", ...choice.values].map((each) => html`<label key=${each} class="layout-choice">
      <input type="radio" name=${id} value=${each} checked=${each === value} onChange=${() => set(each)} />${each ? layoutPicture(each) : null}<span>${each ? wordOf(choice, each) : t("scenes.alone")}</span></label>`)}</div></fieldset>`;
  }
  if (choice.kind === "number") return html`<${Loudness} id=${id} label=${label} value=${value} fault=${faults[id]} set=${set} />`;
  const values = value === "" || choice.values.includes(value) ? choice.values : [...choice.values, value];
  const picture = choice.kind === "view" && !/** @type {any} */ (choice).many ? pictures.value.get(Number(value)) : null;
  return html`<div class="field"><label for=${id}>${label}</label><select id=${id} class="input" value=${value} onChange=${(/** @type {any} */ event) => set(event.target.value)}>
      <option value="">${t("scenes.alone")}</option>${values.map((each) => html`<option key=${each} value=${each}>${wordOf(choice, each)}</option>`)}</select>
    ${picture ? html`<img class="scene-view" src=${picture.url} alt="" />` : null}</div>`;
}

/** How loud: set or left alone, and then how much. @param {{id: string, label: string, value: string, fault: string|undefined, set: (value: string) => void}} props */
function Loudness({ id, label, value, fault, set }) {
  return html`<div class="field"><label class="tick scene-volume"><input type="checkbox" checked=${value !== ""} onChange=${() => set(value === "" ? "60" : "")} /><span>${t("scenes.set_volume")}</span></label>
    ${value === "" ? null : html`<label class="hidden" for=${id}>${label}</label><span class="with-unit"><input id=${id} class="input input-short" type="number" inputmode="numeric" min="0" max="100" step="1" value=${value === "NaN" ? "" : value}
      aria-invalid=${fault ? "true" : undefined} aria-describedby=${fault ? `${id}-fault` : undefined} onInput=${(/** @type {any} */ event) => set(event.target.value === "" ? "NaN" : event.target.value)} /> %</span>`}
    ${fault ? html`<p class="error" id=${`${id}-fault`}>${fault}</p>` : null}</div>`;
}

/** What stays in the scene though no choice shows it. @param {Omit<Held, "faults">} props */
function Hidden({ scene, set, choices, able }) {
  const { idle, others } = hiddenIn(scene.steps, choices, able);
  const words = (/** @type {import("./scene-steps.js").Step} */ step) => tOr(`scenes.step.${step.command}`, "scenes.step", { command: step.command });
  return html`${others.length ? html`<h4>${t("scenes.others")}</h4><ul class="plain rows">${others.map((step, index) => html`<li key=${index}><span class="row-text">${words(step)}${step.device ? ` (${step.device})` : ""}</span>
      <button class="button button-quiet" type="button" onClick=${() => set({ ...scene, steps: scene.steps.filter((each) => each !== step) })}>${t("scenes.remove_step")}<span class="hidden"> ${words(step)}</span></button></li>`)}</ul>` : null}
    ${idle.length ? html`<p class="hint">${t("scenes.idle", { names: list([...new Set(idle.map(words))]) })}</p>` : null}`;
}
