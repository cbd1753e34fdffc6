// SPDX-License-Identifier: GPL-3.0-or-later
// The desks as an animateur attends them: what rings, the call he is in, the numbers to call back.
import { get, listen, post, put } from "./api.js";
import { Coming, Give } from "./desks-appointments.js";
import { Papers } from "./desks-papers.js";
import { Devices } from "./devices.js";
import { icon } from "./icons.js";
import { language, t } from "./i18n.js";
import { CallModel, Line } from "./model.js";
import { SessionView } from "./session.js";
import { announce, findPerson, LogInFirst, mount, person, ProblemNotice } from "./shell.js";
import { showClock } from "./time.js";
import { html, signal } from "./ui.js";

const devices = new Devices();
const duty = signal(/** @type {any} */ (null));
const desks = signal(/** @type {Map<string, any>} */ (new Map()));
const numbers = signal(/** @type {any[]} */ ([]));
const coming = signal(/** @type {any[]} */ ([]));
const model = signal(/** @type {CallModel|null} */ (null));
const problem = signal(/** @type {Error|null} */ (null));
let joining = false;

async function look() {
  try {
    settle(await get("/desk-agents/me"));
  } catch (error) {
    problem.value = /** @type {Error} */ (error);
  }
}

/** @param {any} now */
function settle(now) {
  const rang = (duty.value?.rings ?? []).map((/** @type {any} */ each) => each.id);
  const fresh = now.rings.filter((/** @type {any} */ each) => !rang.includes(each.id));
  duty.value = now;
  if (fresh.length) announce(t("desks.rings", { desk: nameOf(fresh[0].desk) }));
  if (now.call && !model.value) void join(now.call.id);
  if (!now.call) silence();
}

async function describe() {
  try {
    desks.value = new Map((await get("/desks")).desks.map((/** @type {any} */ each) => [each.id, each]));
    numbers.value = (await get("/desk-callbacks")).callbacks;
    coming.value = (await get("/desk-appointments")).appointments;
  } catch (error) {
    problem.value = /** @type {Error} */ (error);
  }
}

const nameOf = (/** @type {string} */ desk) => desks.value.get(desk)?.name ?? desk;

/** @param {() => Promise<any>} ask */
async function act(ask) {
  problem.value = null;
  try {
    await ask();
  } catch (error) {
    problem.value = /** @type {Error} */ (error);
  }
  await look();
}

/** @param {string} id */
async function join(id) {
  if (joining) return;
  joining = true;
  try {
    const answer = await post(`/desk-calls/${id}/join`);
    await Promise.all([devices.open("audio"), devices.open("video")]);
    const line = new Line({ token: answer.token, lang: language });
    const made = new CallModel(line);
    made.expose();
    made.join({}, devices);
    line.start();
    model.value = made;
  } catch (error) {
    problem.value = /** @type {Error} */ (error);
  }
  joining = false;
}

function silence() {
  if (!model.value) return;
  model.value.leave();
  model.value.line.stop();
  model.value = null;
  devices.closeAll();
}

function Body() {
  if (person.value === null) return html`<${LogInFirst} />`;
  if (!duty.value) return html`<h1>${t("title.desks")}</h1><${ProblemNotice} problem=${problem.value} />`;
  return html`<h1>${t("title.desks")}</h1>
    <${ProblemNotice} problem=${problem.value} />
    ${duty.value.call ? html`<${Talk} />` : html`<${Waiting} />`}
    <${Numbers} />
    <${Coming} coming=${coming.value} nameOf=${nameOf} act=${act} again=${describe} />`;
}

const GRADES = /** @type {Record<string, string>} */ ({ available: "ok", busy: "accent", away: "warn" });

function Waiting() {
  const { state, rings } = duty.value;
  const away = state === "away";
  return html`<section class="card" aria-labelledby="duty">
    <h2 id="duty">${t("desks.duty")}</h2>
    <p class=${`state state-${rings.length ? "ok" : GRADES[state]}`}>${icon(away ? "pause" : "person")}<span>${t(rings.length ? "desks.state.ringing" : `desks.state.${state}`)}</span></p>
    <p class="hint">${t("desks.help")}</p>
    <div class="actions"><button class="button button-quiet" type="button" onClick=${() => void act(() => put("/desk-agents/me", { away: !away }))}>
      ${icon(away ? "check" : "pause")}${t(away ? "desks.back" : "desks.away")}</button></div>
  </section>
  ${rings.map((/** @type {any} */ each) => html`<section key=${each.id} class="card ringing" role="alert" aria-label=${t("desks.rings", { desk: nameOf(each.desk) })}>
    <h2>${icon("person")} ${nameOf(each.desk)}</h2>
    <div class="actions">
      <button class="button" type="button" onClick=${() => void act(() => post(`/desk-calls/${each.id}/answer`))}>${icon("check")}${t("desks.answer")}</button>
      <button class="button button-quiet" type="button" onClick=${() => void act(() => post(`/desk-calls/${each.id}/decline`))}>${icon("cross")}${t("desks.decline")}</button>
    </div></section>`)}`;
}

function Talk() {
  const call = duty.value.call;
  const talk = model.value;
  if (talk && talk.left.value === "left") void act(() => post(`/desk-calls/${call.id}/hangup`));
  return html`<h2>${nameOf(call.desk)}</h2>
    <div class="actions">
      <button class="button button-danger" type="button" onClick=${() => void act(() => post(`/desk-calls/${call.id}/hangup`))}>${icon("leave")}${t("desks.hang_up")}</button>
    </div>
    <${Papers} key=${call.id} call=${call} printer=${desks.value.get(call.desk)?.printer === true} act=${act} again=${look} />
    ${talk ? html`<${SessionView} model=${talk} devices=${devices} name=${person.value?.name ?? ""} />` : html`<p role="status">${t("health.joining")}</p>`}`;
}

function Numbers() {
  const done = (/** @type {string} */ id) => act(async () => { await post(`/desk-callbacks/${id}/done`); await describe(); });
  return html`<section class="card" aria-labelledby="numbers"><h2 id="numbers">${t("desks.numbers")}</h2>
    ${numbers.value.length ? html`<ul class="plain">${numbers.value.map((each) => html`<li key=${each.id} class="number">
      <span>${showClock(new Date(each.at))} · ${nameOf(each.desk)}</span><strong>${each.name}</strong>
      <a href=${`tel:${each.phone.replace(/[^0-9+]/g, "")}`}>${each.phone}</a>
      <button class="button button-quiet" type="button" onClick=${() => void done(each.id)}>${icon("check")}${t("desks.called", { name: each.name })}</button>
      <${Give} wish=${each} act=${act} again=${describe} /></li>`)}</ul>`
    : html`<p class="muted">${t("desks.no_numbers")}</p>`}</section>`;
}

mount("desks", Body);
await findPerson();
if (person.value) {
  await describe();
  await look();
  listen((event) => {
    if (event.kind === "hello" || event.kind.startsWith("desk.call")) void look();
    if (/^desk\.(callback|appointment)/.test(event.kind)) void describe();
  });
  setInterval(() => void look(), 4_000);
}
