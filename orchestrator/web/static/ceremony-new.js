// SPDX-License-Identifier: GPL-3.0-or-later
// A ceremony planned in one go: what and when, who receives, greets and watches, when it is rehearsed, and who comes.
import { get, post, Problem } from "./api.js";
import { clash, Lines } from "./ceremony-words.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { roomLabel } from "./names.js";
import { announce, findPerson, LogInFirst, mount, Notice, person } from "./shell.js";
import { addDays, clockOf, dayOf, instant, iso, setZone } from "./time.js";
import { html, signal, useEffect, useRef } from "./ui.js";

const PARTS = ["speaker", "animateur", "press", "public"];
const ROLES = ["none", "host", "remote", "viewer"];
const DOORS = ["15", "30", "45", "60"];

/** @typedef {{name: string, part: string, room: string, email: string}} Named */
const rooms = signal(/** @type {{id: string, label: string}[]|null} */ (null));
const roles = signal(/** @type {Record<string, string>} */ ({}));
const people = signal(/** @type {Named[]} */ ([]));
const fields = signal(/** @type {Record<string, string>} */ ({ title: "", day: "", from: "10:00", to: "11:30", doors: "30", rehearsal_day: "", rehearsal_from: "10:00", rehearsal_to: "11:30" }));
const rehearsed = signal(true);
/** Whether the rehearsal was given an hour of its own; until then it follows the day. */
let own = false;
const missing = signal(/** @type {string} */ (""));
const problem = signal(/** @type {any} */ (null));
const found = signal(/** @type {any} */ (null));
const busy = signal(false);

/** @param {Record<string, string>} change */
function edit(change) {
  const now = { ...fields.value, ...change };
  own ||= Object.keys(change).some((name) => name.startsWith("rehearsal"));
  if (!own && now.day) Object.assign(now, { rehearsal_day: addDays(now.day, -1), rehearsal_from: now.from, rehearsal_to: now.to });
  fields.value = now;
  found.value = null;
}

/** What is missing, in words; nothing when all is there. */
function lacks() {
  const { title, day, from, to, rehearsal_day } = fields.value;
  if (!title.trim()) return t("ceremony.lacks.title");
  if (!day || !from || !to) return t("ceremony.lacks.day");
  if (to <= from) return t("ceremony.lacks.end");
  if (rehearsed.value && !rehearsal_day) return t("ceremony.lacks.rehearsal");
  if (!playing("host").length) return t("ceremony.lacks.host");
  if (playing("host").length > 1) return t("ceremony.lacks.one_host");
  if (people.value.some((one) => !one.name.trim())) return t("ceremony.lacks.name");
  return "";
}

/** @param {string} role */
const playing = (role) => Object.keys(roles.value).filter((room) => roles.value[room] === role);

/** @param {string} day @param {string} from @param {string} to */
const span = (day, from, to) => ({ from: iso(instant(day, from)), to: iso(instant(day, to)) });

function wish() {
  const { title, day, from, to, doors, rehearsal_day, rehearsal_from, rehearsal_to } = fields.value;
  return {
    title: title.trim(), ...span(day, from, to), doors: Number(doors),
    host: playing("host")[0], remotes: playing("remote"), viewers: playing("viewer"),
    rehearsal: rehearsed.value ? span(rehearsal_day, rehearsal_from, rehearsal_to) : null,
    people: people.value.map((one) => ({ name: one.name.trim(), part: one.part, email: one.email.trim(), ...(one.room ? { room: one.room } : {}) })),
  };
}

/** Ask, or book. @param {boolean} book */
async function send(book) {
  missing.value = lacks();
  if (missing.value) return;
  busy.value = true;
  problem.value = null;
  try {
    const { ceremony } = await post(book ? "/ceremonies" : "/ceremonies/check", wish());
    if (book && ceremony.session) {
      location.assign(`/sessions/${ceremony.session}/ceremony`);
      return;
    }
    found.value = { ...ceremony, booked: book };
    announce(t(book ? "ceremony.asked" : "ceremony.free"));
  } catch (error) {
    found.value = null;
    problem.value = error;
  } finally {
    busy.value = false;
  }
}

function Body() {
  if (person.value === null) return html`<h1>${t("title.ceremony-new")}</h1><${LogInFirst} />`;
  if (!rooms.value) return html`<h1>${t("title.ceremony-new")}</h1><p class="boot">${t("loading")}</p>`;
  const submit = (/** @type {Event} */ event) => { event.preventDefault(); void send(true); };
  return html`<h1>${t("title.ceremony-new")}</h1><p>${t("ceremony.intro")}</p>
    <form class="ceremony" onSubmit=${submit} novalidate><${When} /><${Where} /><${Rehearsal} /><${Who} />
      <${Outcome} />
      <div class="actions"><button class="button" type="submit" disabled=${busy.value}>${icon("calendar")}${t("ceremony.book")}</button>
        <button class="button button-quiet" type="button" disabled=${busy.value} onClick=${() => void send(false)}>${icon("search")}${t("ceremony.check")}</button></div></form>`;
}

/** @param {string} name @param {Record<string, any>} more */
function field(name, more) {
  return html`<div class="field" key=${name}><label for=${`ceremony-${name}`}>${t(`ceremony.${name}`)}</label>
    <input id=${`ceremony-${name}`} class="input" value=${fields.value[name]} ...${more} onInput=${(/** @type {any} */ event) => edit({ [name]: event.target.value })} /></div>`;
}

function When() {
  return html`<section class="card" aria-labelledby="when"><h2 id="when">${icon("calendar")}${t("ceremony.when")}</h2>
    ${field("title", { maxlength: 200, required: true })}
    <div class="fields">${field("day", { type: "date", required: true })}${field("from", { type: "time", required: true })}${field("to", { type: "time", required: true })}</div>
    <div class="field"><label for="ceremony-doors">${t("ceremony.doors")}</label>
      <select id="ceremony-doors" class="input input-short" value=${fields.value.doors} onChange=${(/** @type {any} */ event) => edit({ doors: event.target.value })}>
        ${DOORS.map((minutes) => html`<option key=${minutes} value=${minutes}>${t("ceremony.doors_before", { minutes })}</option>`)}</select></div></section>`;
}

function Where() {
  const change = (/** @type {string} */ room, /** @type {any} */ event) => { roles.value = { ...roles.value, [room]: event.target.value }; found.value = null; };
  return html`<section class="card" aria-labelledby="where"><h2 id="where">${icon("place")}${t("ceremony.where")}</h2><p class="muted">${t("ceremony.where_help")}</p>
    <ul class="plain rows">${(rooms.value ?? []).map((room) => html`<li key=${room.id}><label class="row-text" for=${`role-${room.id}`}>${room.label}</label>
      <select id=${`role-${room.id}`} class="input input-short" value=${roles.value[room.id] ?? "none"} onChange=${(/** @type {any} */ event) => change(room.id, event)}>
        ${ROLES.map((role) => html`<option key=${role} value=${role}>${t(`ceremony.role.${role}`)}</option>`)}</select></li>`)}</ul></section>`;
}

function Rehearsal() {
  const flip = () => { rehearsed.value = !rehearsed.value; found.value = null; };
  return html`<section class="card" aria-labelledby="again"><h2 id="again">${icon("clock")}${t("ceremony.rehearsal")}</h2>
    <label class="tick"><input type="checkbox" checked=${rehearsed.value} onChange=${flip} /><span>${t("ceremony.rehearse_too")}</span></label>
    ${rehearsed.value ? html`<div class="fields">${field("rehearsal_day", { type: "date" })}${field("rehearsal_from", { type: "time" })}${field("rehearsal_to", { type: "time" })}</div>` : null}</section>`;
}

function Who() {
  const set = (/** @type {number} */ at, /** @type {Partial<Named>} */ change) => { people.value = people.value.map((one, index) => (index === at ? { ...one, ...change } : one)); };
  const add = () => { people.value = [...people.value, { name: "", part: "speaker", room: playing("host")[0] ?? "", email: "" }]; };
  const here = (rooms.value ?? []).filter((room) => (roles.value[room.id] ?? "none") !== "none");
  return html`<section class="card" aria-labelledby="who"><h2 id="who">${icon("people")}${t("ceremony.who")}</h2><p class="muted">${t("ceremony.who_help")}</p>
    ${people.value.map((one, at) => html`<fieldset class="field ceremony-person" key=${at}><legend>${t("ceremony.person", { n: at + 1 })}</legend><div class="fields fields-wide">
      ${input(at, "name", one, set)}
      ${choice(at, "part", one, set, PARTS.map((part) => [part, t(`ceremony.part.${part}`)]))}
      ${choice(at, "room", one, set, [["", t("ceremony.elsewhere")], ...here.map((room) => [room.id, room.label])])}
      ${input(at, "email", one, set)}</div>
      <button class="button button-quiet" type="button" onClick=${() => { people.value = people.value.filter((_, index) => index !== at); }}>${icon("cross")}${t("ceremony.take_out", { name: one.name || t("ceremony.person", { n: at + 1 }) })}</button></fieldset>`)}
    <button class="button button-quiet" type="button" onClick=${add}>${icon("plus")}${t("ceremony.add")}</button></section>`;
}

/** @param {number} at @param {"name"|"email"} name @param {Named} one @param {(at: number, change: any) => void} set */
function input(at, name, one, set) {
  return html`<div class="field"><label for=${`person-${at}-${name}`}>${t(`ceremony.person_${name}`)}</label>
    <input id=${`person-${at}-${name}`} class="input" maxlength=${name === "name" ? 60 : 254} type=${name === "email" ? "email" : "text"} autocomplete="off" value=${one[name]} onInput=${(/** @type {any} */ event) => set(at, { [name]: event.target.value })} /></div>`;
}

/** @param {number} at @param {"part"|"room"} name @param {Named} one @param {(at: number, change: any) => void} set @param {string[][]} options */
function choice(at, name, one, set, options) {
  return html`<div class="field"><label for=${`person-${at}-${name}`}>${t(`ceremony.person_${name}`)}</label>
    <select id=${`person-${at}-${name}`} class="input" value=${one[name]} onChange=${(/** @type {any} */ event) => set(at, { [name]: event.target.value })}>
      ${options.map(([value, label]) => html`<option key=${value} value=${value}>${label}</option>`)}</select></div>`;
}

/** What was found, what stands in the way, what is missing: it is brought into sight. */
function Outcome() {
  const place = useRef(/** @type {HTMLElement|null} */ (null));
  useEffect(() => { if (missing.value || problem.value || found.value) place.current?.scrollIntoView({ block: "nearest" }); }, [missing.value, problem.value, found.value]);
  return html`<div ref=${place} class="ceremony-outcome"><${Said} /></div>`;
}

function Said() {
  if (missing.value) return html`<${Notice} kind="warning" role="alert"><p>${missing.value}</p><//>`;
  if (problem.value) return html`<${Refused} problem=${problem.value} />`;
  if (!found.value) return null;
  return html`<${Notice} kind="ok" role="status"><p><strong>${t(found.value.booked ? "ceremony.asked" : "ceremony.free")}</strong></p><p>${found.value.rehearsal.text}</p><//>
    <${Lines} sites=${found.value.sites} />`;
}

/** @param {{problem: any}} props */
function Refused({ problem: refused }) {
  const facts = refused instanceof Problem ? refused.members : {};
  const take = (/** @type {string} */ what, /** @type {string[]} */ [from, to]) => {
    const [start, end] = [new Date(from), new Date(to)];
    const slot = { day: dayOf(start), from: clockOf(start), to: clockOf(end) };
    if (what === "day") edit(slot);
    else edit({ rehearsal_day: slot.day, rehearsal_from: slot.from, rehearsal_to: slot.to });
    problem.value = null;
    announce(t("ceremony.taken"));
  };
  return html`<${Notice} kind="bad" role="alert"><p>${refused.message}</p>${clash(facts, take)}<//>`;
}

async function load() {
  try {
    const { centres } = await get("/centres");
    setZone(centres[0]?.zone);
    rooms.value = centres.flatMap((/** @type {any} */ centre) => centre.rooms.map((/** @type {any} */ room) => ({ id: room.id, label: roomLabel(room, centre.name) })));
  } catch (error) {
    rooms.value = [];
    problem.value = error;
  }
}

mount("ceremony-new", Body);
await Promise.all([findPerson(), load()]);
