// SPDX-License-Identifier: GPL-3.0-or-later
// The scenes of a room in the hands of its animateur: what each sets, and which begin and end bookings.
import { get, Problem, put, read } from "./api.js";
import { icon } from "./icons.js";
import { list, t } from "./i18n.js";
import { loadPictures } from "./remote-views.js";
import { nameOf, SceneCard } from "./scene-card.js";
import { choicesOf, EARLIEST, idFor, KINDS, LONGEST_LABEL, merge, MOST_SCENES, plain } from "./scene-steps.js";
import { announce, findPerson, LogInFirst, mount, Notice, person, ProblemNotice, settles } from "./shell.js";
import { html, signal, useEffect, useState } from "./ui.js";

/** @typedef {import("./scene-steps.js").Scenes} Scenes */
const ROOM = location.pathname.split("/")[2];
const room = signal(/** @type {any} */ (null));
const stored = signal(/** @type {Scenes|null} */ (null));
const form = signal(/** @type {Scenes|null} */ (null));
const tag = signal("");
const offer = signal(/** @type {{commands: string[], standard: Scenes}} */ ({ commands: [], standard: { scenes: [], start: {}, end: null, before_minutes: 5 } }));
/** What the agent of the room reports; null where there is none. */
const report = signal(/** @type {any} */ (null));
const problem = signal(/** @type {Error|null} */ (null));
const conflict = signal(/** @type {string[]|null} */ (null));
const labels = signal(/** @type {Record<string, string>} */ ({}));

/** @param {{answer: any, tag: string}} found @returns {Scenes} */
function taken(found) {
  const { scenes, start, end, before_minutes } = found.answer;
  tag.value = found.tag;
  return { scenes, start, end, before_minutes };
}

async function load() {
  try {
    const { centres } = await get("/centres");
    const centre = centres.find((/** @type {any} */ each) => each.rooms.some((/** @type {any} */ one) => one.id === ROOM));
    const found = centre?.rooms.find((/** @type {any} */ one) => one.id === ROOM);
    if (!found) throw new Problem(404, { type: "no-room", title: t("scenes.no_room") });
    room.value = { ...found, centre: centre.id, place: centre.name };
    if (!settles(centre.id)) return;
    [offer.value, report.value] = await Promise.all([get(`/rooms/${ROOM}/presets/offer`), get(`/rooms/${ROOM}/devices`).catch(() => null)]);
    stored.value = form.value = taken(await read(`/rooms/${ROOM}/presets`));
    void loadPictures(ROOM);
  } catch (error) {
    problem.value = /** @type {Error} */ (error);
  }
}

/** Nothing typed is lost when somebody else was faster: his changes come in beside them. */
async function meet() {
  const [base, mine] = /** @type {[Scenes, Scenes]} */ ([stored.value, form.value]);
  const theirs = taken(await read(`/rooms/${ROOM}/presets`));
  const { merged, both } = merge(base, mine, theirs);
  stored.value = theirs;
  form.value = merged;
  conflict.value = both.map((name) => inWords(name, merged));
}

/** What both changed, in words. @param {string} name @param {Scenes} all */
function inWords(name, all) {
  const [what, which] = name.split(":");
  if (what === "start") return t("scenes.start_of", { kind: t(`kind.${which}`) });
  if (what !== "scene") return t(`scenes.${what}`);
  const scene = [...all.scenes, ...(stored.value?.scenes ?? [])].find((each) => each.id === which);
  return scene ? nameOf(scene) : which;
}

async function save(/** @type {Event} */ event) {
  event.preventDefault();
  const sent = /** @type {Scenes} */ (form.value);
  problem.value = null;
  if (!checked(sent) || plain(sent) === plain(stored.value)) return;
  try {
    stored.value = form.value = taken(await put(`/rooms/${ROOM}/presets`, sent, tag.value));
    conflict.value = null;
    announce(t("scenes.saved"));
  } catch (error) {
    const lost = error instanceof Problem && error.status === 412;
    await (lost ? meet() : Promise.reject(error)).catch((other) => { problem.value = other; });
  }
}

/** Whether all is filled in; else what is not gets the focus. @param {Scenes} all */
function checked({ scenes, before_minutes: minutes }) {
  /** @type {Record<string, string>} */
  const faults = {};
  for (const each of scenes) if (!each.label.trim()) faults[`label-${each.id}`] = t("scenes.label_missing");
  for (const each of scenes) {
    if (each.steps.some(({ volume }) => volume !== undefined && volume !== null && !(Number.isInteger(volume) && volume >= 0 && volume <= 100))) faults[`${each.id}-audio.volume`] = t("scenes.volume_wrong");
  }
  if (!(Number.isInteger(minutes) && minutes >= 0 && minutes <= EARLIEST)) faults.before = t("scenes.before_wrong", { most: EARLIEST });
  labels.value = faults;
  const first = Object.keys(faults)[0];
  const field = first ? document.getElementById(first) : null;
  const folded = field?.closest("details");
  if (folded) folded.open = true;
  field?.focus();
  return !first;
}

/** @param {Partial<Scenes>} part */
const change = (part) => { form.value = { .../** @type {Scenes} */ (form.value), ...part }; };

function Body() {
  return html`<p class="back"><a href=${room.value ? `/centres/${room.value.centre}` : "/centres"}>${icon("left")}${t("title.centre")}</a></p>
    <div class="page-head"><div><p class="muted">${room.value?.place ?? ""}</p><h1>${room.value ? t("scenes.title", { room: room.value.name }) : t("title.scenes")}</h1>
      <p class="muted">${t("scenes.help")}</p></div></div>
    ${form.value ? html`<${Form} all=${form.value} />` : html`<${ProblemNotice} problem=${problem.value} />
      ${person.value === null ? html`<${LogInFirst} />` : room.value && !settles(room.value.centre) ? html`<${Notice} kind="warning"><p>${t("centre.not_yours")}</p><//>`
        : problem.value ? null : html`<p class="boot">${t("loading")}</p>`}`}`;
}

/** @param {{all: Scenes}} props */
function Form({ all }) {
  const able = offer.value.commands;
  const choices = choicesOf(able, report.value?.document?.devices ?? []);
  const used = new Set([...Object.values(all.start), all.end]);
  const keep = (/** @type {any} */ scene) => change({ scenes: all.scenes.map((each) => (each.id === scene.id ? scene : each)) });
  const drop = (/** @type {string} */ id) => { change({ scenes: all.scenes.filter((each) => each.id !== id) }); document.getElementById("scenes-head")?.focus(); };
  const before = new Map(stored.value?.scenes.map((each) => [each.id, plain(each)]));
  const dirty = plain(all) !== plain(stored.value);
  return html`<${Played} /><form class="scene-form" onSubmit=${save} novalidate aria-label=${t("title.scenes")}>
    <h2 id="scenes-head" class="hidden" tabindex="-1">${t("title.scenes")}</h2>
    <ul class="plain scene-list">${all.scenes.map((scene) => html`<${SceneCard} key=${scene.id} room=${ROOM} scene=${scene} choices=${choices} able=${able} faults=${labels.value}
      now=${report.value?.document?.scene === scene.id} changed=${before.get(scene.id) !== plain(scene)} set=${keep}
      standard=${offer.value.standard.scenes.find((each) => each.id === scene.id)} drop=${drop} used=${used.has(scene.id)} />`)}</ul>
    ${all.scenes.length < MOST_SCENES ? html`<${Add} all=${all} />` : null}
    <${Bookings} all=${all} />
    ${conflict.value ? html`<${Conflict} both=${conflict.value} />` : null}
    <${ProblemNotice} problem=${problem.value} />
    <div class="actions"><button class="button" type="submit" aria-disabled=${dirty ? undefined : "true"}>${icon("check")}${t(dirty ? "rules.save" : "scenes.nothing_to_save")}</button>
      ${dirty ? html`<button class="button button-quiet" type="button" onClick=${() => { form.value = stored.value; conflict.value = null; labels.value = {}; }}>${t("rules.undo")}</button>` : null}</div></form>`;
}

/** What somebody else did, and what became of it here. @param {{both: string[]}} props */
function Conflict({ both }) {
  useEffect(() => document.getElementById("conflict")?.focus(), [both]);
  return html`<div id="conflict" tabindex="-1"><${Notice} kind="warning" role="alert"><p><strong>${t("scenes.conflict")}</strong></p>
    <p>${t("scenes.conflict_kept")} ${both.length ? t("scenes.conflict_both", { names: list(both) }) : t("scenes.conflict_none")}</p><//></div>`;
}

/** Scenes are played by the room's agent: whether there is one, and whether it is there. */
function Played() {
  if (!report.value?.document) return html`<${Notice} kind="warning"><p>${t("scenes.no_agent")}</p><//>`;
  return report.value.presence === "online" ? null : html`<${Notice} kind="warning"><p>${t("scenes.agent_away")}</p><//>`;
}

/** @param {{all: Scenes}} props */
function Bookings({ all }) {
  const none = html`<option value="">${t("scenes.none")}</option>`;
  const options = all.scenes.map((each) => html`<option key=${each.id} value=${each.id}>${nameOf(each)}</option>`);
  const select = (/** @type {string} */ id, /** @type {string} */ label, /** @type {string|null|undefined} */ value, /** @type {(value: string|null) => void} */ set) => html`<div class="field"><label for=${id}>${label}</label>
    <select id=${id} class="input" value=${value ?? ""} onChange=${(/** @type {any} */ event) => set(event.target.value || null)}>${none}${options}</select></div>`;
  const number = (/** @type {any} */ event) => change({ before_minutes: /** @type {any} */ (event.target.value === "" ? null : Number(event.target.value)) });
  const fault = labels.value.before;
  return html`<section class="card" aria-labelledby="bookings-head"><h2 id="bookings-head">${t("scenes.bookings")}</h2><p class="muted">${t("scenes.bookings_help")}</p>
    <div class="fields fields-wide">${KINDS.map((kind) => select(`start-${kind}`, t("scenes.start_of", { kind: t(`kind.${kind}`) }), all.start[kind], (value) => change({ start: { ...all.start, [kind]: value } })))}
      ${select("end", t("scenes.end"), all.end, (value) => change({ end: value }))}
      <div class="field"><label for="before">${t("scenes.before_minutes")}</label><input id="before" class="input input-short" type="number" inputmode="numeric" min="0" max=${EARLIEST}
        value=${all.before_minutes ?? ""} aria-invalid=${fault ? "true" : undefined} aria-describedby=${fault ? "before-fault" : undefined} onInput=${number} />
        ${fault ? html`<p class="error" id="before-fault">${fault}</p>` : null}</div></div></section>`;
}

/** @param {{all: Scenes}} props */
function Add({ all }) {
  const [label, setLabel] = useState("");
  const [fault, setFault] = useState("");
  const add = () => {
    const words = label.trim();
    setFault(words ? "" : t("scenes.label_missing"));
    if (!words) return void document.getElementById("new-scene")?.focus();
    change({ scenes: [...all.scenes, { id: idFor(words, all.scenes), label: words, steps: [] }] });
    setLabel("");
    return announce(t("scenes.added", { name: words }));
  };
  const onKey = (/** @type {KeyboardEvent} */ event) => { if (event.key === "Enter") { event.preventDefault(); add(); } };
  return html`<div class="scene-add"><div class="field"><label for="new-scene">${t("scenes.new")}</label>
      <input id="new-scene" class="input" maxlength=${LONGEST_LABEL} autocomplete="off" value=${label} onInput=${(/** @type {any} */ event) => setLabel(event.target.value)} onKeyDown=${onKey}
        aria-invalid=${fault ? "true" : undefined} aria-describedby=${fault ? "new-scene-fault" : undefined} />
      ${fault ? html`<p class="error" id="new-scene-fault">${fault}</p>` : null}</div>
    <button class="button button-quiet" type="button" onClick=${add}>${icon("plus")}${t("scenes.add")}</button></div>`;
}

await findPerson();
mount("scenes", Body);
await load();
