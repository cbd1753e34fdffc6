// SPDX-License-Identifier: GPL-3.0-or-later
// One ceremony as its desk sees it: session, stage, floor and run of show, asked anew when something happens.
import { get, listen, post, Problem, put, read } from "./api.js";
import { announce, person } from "./shell.js";
import { batch, signal } from "./ui.js";

export const SESSION = location.pathname.split("/")[2];
const PLACE = `/sessions/${SESSION}`;
/** The service gives the desk to a deputy after 15 s of silence. */
const HERE_EVERY = 5_000;

export const session = signal(/** @type {any} */ (null));
/** Null: nobody has set it up. */
export const stage = signal(/** @type {any} */ (null));
export const floor = signal(/** @type {any} */ (null));
export const rundown = signal(/** @type {any} */ (null));
export const problem = signal(/** @type {Error|null} */ (null));
/** Whether we hear what happens. */
export const hearing = signal(true);
export const ready = signal(false);
/** By the service's clock, in ms. */
export const now = signal(Date.now());
let tag = "";
let ahead = 0;
/** What was asked before the last answer is older than it. */
let turn = { stage: 0, rundown: 0 };

/** Whether this person's acts count at the desk. */
export const directs = () => Boolean(person.value) && stage.value?.desk.holder === person.value?.id;
/** Whether he may take the desk back. */
export const isDirector = () => Boolean(person.value) && stage.value?.desk.director === person.value?.id;

/** @param {string} id */
export const sourceOf = (id) => stage.value?.sources.find((/** @type {any} */ each) => each.id === id);
/** @param {string} id */
export const nameOf = (id) => sourceOf(id)?.name || session.value?.sites.find((/** @type {any} */ each) => each.room === id)?.name || id;

/** What is not there is null. @param {string} path */
const ifAny = (path) => get(path).catch((error) => (error instanceof Problem && error.status === 404 ? null : Promise.reject(error)));

async function lookStage() {
  const mine = ++turn.stage;
  const [stood, spoken] = await Promise.all([ifAny(`${PLACE}/stage`), ifAny(`${PLACE}/floor`)]);
  if (mine !== turn.stage) return;
  batch(() => { stage.value = stood?.stage ?? null; floor.value = spoken?.floor ?? null; });
}

async function lookRundown() {
  const mine = ++turn.rundown;
  const found = await read(`${PLACE}/rundown`);
  if (mine !== turn.rundown) return;
  tag = found.tag;
  ahead = Date.parse(found.answer.now) - Date.now();
  batch(() => { rundown.value = found.answer; tick(); });
}

function tick() {
  now.value = Date.now() + ahead;
}

async function look() {
  try {
    session.value = (await get(PLACE)).session;
    await Promise.all([lookStage(), lookRundown()]);
  } catch (error) {
    problem.value = /** @type {Error} */ (error);
  }
  ready.value = true;
}

/** @param {{kind: string, [fact: string]: any}} event */
function heard(event) {
  if (event.session && event.session !== SESSION) return;
  if (event.kind === "session.stage.changed") void lookStage().catch(() => undefined);
  else if (event.kind === "session.rundown.changed") void lookRundown().catch(() => undefined);
  else if (event.kind.startsWith("session.")) void look();
}

/** Follow it for as long as the page is open. */
export async function follow() {
  await look();
  if (!session.value) return;
  listen(heard, (open) => { if (open && !hearing.value) void look(); hearing.value = open; });
  setInterval(tick, 500);
  setInterval(() => { if (stage.value && (directs() || isDirector())) void post(`${PLACE}/stage`, { act: "here" }).catch(() => undefined); }, HERE_EVERY);
}

/** Do something and show what became of it; says what went wrong. @param {() => Promise<void>} what @param {string} [said] */
async function tried(what, said = "") {
  problem.value = null;
  try {
    await what();
    if (said) announce(said);
    return true;
  } catch (error) {
    problem.value = /** @type {Error} */ (error);
    void Promise.all([lookStage(), lookRundown()]).catch(() => undefined);
    return false;
  }
}

/** @param {Record<string, any>} act @param {string} [said] */
export const direct = (act, said) => tried(async () => {
  const { stage: after } = await post(`${PLACE}/stage`, act);
  turn.stage++;
  stage.value = after;
  floor.value = (await get(`${PLACE}/floor`)).floor;
}, said);

/** @param {Record<string, any>} act @param {string} [said] */
export const speak = (act, said) => tried(async () => { floor.value = (await post(`${PLACE}/floor`, act)).floor; }, said);

/** @param {string} said */
export const setUp = (said) => tried(async () => {
  const { answer } = await put(`${PLACE}/stage`, undefined);
  turn.stage++;
  stage.value = answer.stage;
  floor.value = (await get(`${PLACE}/floor`)).floor;
}, said);

/** @param {string} cue @param {string} act @param {string} [said] */
export const cueAct = (cue, act, said) => tried(async () => { await post(`${PLACE}/rundown/cues/${cue}`, { act }); await lookRundown(); }, said);

/** @param {string[]} order @param {string} [said] */
export const reorder = (order, said) => tried(async () => { await post(`${PLACE}/rundown/order`, { order }); await lookRundown(); }, said);

/** Write all lines, if nobody else has changed them since. @param {any[]} cues @param {string} [said] */
export const write = (cues, said) => tried(async () => { await put(`${PLACE}/rundown`, { cues }, tag); await lookRundown(); }, said);
