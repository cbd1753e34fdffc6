// SPDX-License-Identifier: GPL-3.0-or-later
// The screen of a reception desk: one button; then one word and one picture for each state.
import { get, post, Problem, useBearer } from "./api.js";
import { Devices } from "./devices.js";
import { icon } from "./icons.js";
import { language, t } from "./i18n.js";
import { CallModel, Line } from "./model.js";
import { Absent, booked, Taken } from "./desk-absent.js";
import { cameras } from "./desk-camera.js";
import { Setup } from "./desk-setup.js";
import { Talk } from "./desk-talk.js";
import { mount, ProblemNotice } from "./shell.js";
import { setZone } from "./time.js";
import { html, signal } from "./ui.js";

const DESK = location.pathname.split("/").pop() ?? "";
const TOKEN_KEY = `margeride.desk.${DESK}`;
const WAITING = ["new", "queued", "ringing"];
const FORGOTTEN = /** @type {Record<string, number>} */ ({ ended: 5_000, abandoned: 0, overflow: 90_000, closed: 90_000 });

const devices = new Devices();
const token = signal(localStorage.getItem(TOKEN_KEY) ?? "");
const desk = signal(/** @type {any} */ (null));
const call = signal(/** @type {any} */ (null));
const model = signal(/** @type {CallModel|null} */ (null));
const problem = signal(/** @type {Error|null} */ (null));
const away = signal(false);
const thanked = signal(false);
const round = signal(0); // of visitors: nothing that one wrote is there for the next
const setting = signal(location.hash === "#cameras");
let joining = false;
let over = "";
/** @type {ReturnType<typeof setTimeout>|undefined} */
let forgetting;

async function look() {
  if (!token.value) return;
  try {
    const found = await get(`/desks/${DESK}`);
    away.value = false;
    setZone(found.zone);
    desk.value = found;
    heard(found.call);
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return unpaired();
    away.value = true;
  }
}

/** What the service says of our call; a call that is over is shown a while, then never again. @param {any} now */
function heard(now) {
  if (now && now.id !== over) call.value = now;
  else if (call.value && !(call.value.state in FORGOTTEN)) call.value = null;
  const state = call.value?.state;
  if (state === "answered" && !model.value) void join(call.value.id);
  if (state !== "answered") silence();
  if (!WAITING.includes(state) && state !== "answered") devices.closeAll();
  if (state in FORGOTTEN && !forgetting) forgetting = setTimeout(clear, FORGOTTEN[state]);
}

/** Everything of this visitor leaves the screen. */
function clear() {
  clearTimeout(forgetting);
  forgetting = undefined;
  over = call.value?.id ?? over;
  call.value = null;
  thanked.value = false;
  booked.value = null;
  problem.value = null;
  round.value += 1;
}

/** Somebody writes: what he writes is forgotten when he goes away. */
function stay() {
  clearTimeout(forgetting);
  forgetting = setTimeout(clear, FORGOTTEN.overflow);
}

async function press() {
  clear();
  call.value = { id: "", state: "new", position: 0 };
  void devices.open("audio");
  void devices.open("video", cameras(DESK).main).then(() => (devices.video.value === "absent" ? devices.open("video", "") : undefined));
  await post(`/desks/${DESK}/calls`).catch(() => { call.value = null; });
  await look();
}

async function hangUp() {
  const { id } = call.value ?? {};
  if (id) await post(`/desk-calls/${id}/hangup`).catch(() => undefined);
  await look();
}

/** @param {string} id */
async function join(id) {
  if (joining) return;
  joining = true;
  try {
    const answer = await post(`/desk-calls/${id}/join`);
    const line = new Line({ token: answer.token, lang: language });
    const made = new CallModel(line);
    made.expose();
    made.join({}, devices);
    line.start();
    model.value = made;
  } catch {
    // The next look tries again.
  }
  joining = false;
}

function silence() {
  if (!model.value) return;
  model.value.leave();
  model.value.line.stop();
  model.value = null;
}

function unpaired() {
  localStorage.removeItem(TOKEN_KEY);
  token.value = "";
  silence();
  devices.closeAll();
}

async function pair(/** @type {any} */ event) {
  event.preventDefault();
  const code = String(new FormData(event.target).get("code")).replace(/\D/g, "");
  try {
    const answer = await post(`/desks/${DESK}/pairings/claim`, { code });
    localStorage.setItem(TOKEN_KEY, answer.token);
    useBearer(answer.token);
    problem.value = null;
    token.value = answer.token;
    await look();
  } catch (error) {
    problem.value = /** @type {Error} */ (error);
  }
}

/** A number was left, or an appointment taken: said for a moment, longer when it can be undone. */
function thank() {
  thanked.value = true;
  clearTimeout(forgetting);
  forgetting = setTimeout(clear, booked.value ? 30_000 : FORGOTTEN.ended);
}

function settled() {
  setting.value = false;
  history.replaceState(null, "", location.pathname + location.search);
}

function Body() {
  if (!token.value) return html`<${Pairing} />`;
  if (away.value || !desk.value) return html`<${Face} drawing="cut" word=${t("desk.wait")} />`;
  const state = call.value?.state;
  if (setting.value && !state) return html`<${Setup} desk=${DESK} devices=${devices} onDone=${settled} />`;
  if (state === "answered") return model.value ? html`<${Talk} model=${model.value} call=${call.value} desk=${DESK} devices=${devices}
    talking=${() => call.value?.state === "answered"} again=${look} hangUp=${hangUp} />` : html`<${Face} drawing="person" word=${t("desk.calling")} />`;
  if (WAITING.includes(state)) return html`<${Calling} />`;
  if (state === "ended" || thanked.value) return html`<${Face} drawing="check" word=${t("desk.thanks")}><${Taken} desk=${DESK} onGone=${clear} /><//>`;
  if (state === "overflow" || state === "closed") return html`<${Later} state=${state} />`;
  return desk.value.open ? html`<${Idle} />` : html`<${Later} state="closed" />`;
}

/** One picture, one word. @param {{drawing: string, word: string, children?: any}} props */
function Face({ drawing, word, children }) {
  return html`<section class="desk"><div class="desk-face" role="status">${icon(drawing)}<h1>${word}</h1></div>${children}</section>`;
}

function Idle() {
  return html`<section class="desk"><h1 class="desk-name">${desk.value.name}</h1>
    <button class="desk-button" type="button" onClick=${() => void press()}>${icon("person")}<span>${t("desk.call")}</span></button></section>`;
}

function Calling() {
  const { position, state } = call.value;
  const ahead = Math.max(0, position - 1);
  return html`<${Face} drawing=${state === "queued" ? "clock" : "person"} word=${t("desk.calling")}>
    ${ahead ? html`<p class="desk-queue">${icon("people")}<span>${t("desk.ahead", { count: ahead })}</span></p>` : null}
    <button class="button button-danger desk-end" type="button" onClick=${() => void hangUp()}>${icon("cross")}${t("desk.cancel")}</button><//>`;
}

/** @param {{state: string}} props */
function Later({ state }) {
  const closed = state === "closed";
  return html`<${Face} drawing=${closed ? "lock" : "clock"} word=${t(closed ? "desk.closed" : "desk.absent")}>
    <${Absent} key=${round.value} desk=${DESK} opens=${desk.value.open ? null : desk.value.opens_at} onTouch=${stay} onDone=${thank} />
    ${call.value && !closed ? html`<button class="button button-quiet" type="button" onClick=${clear}>${icon("cross")}${t("desk.no_number")}</button>` : null}<//>`;
}

function Pairing() {
  return html`<section class="desk"><form class="card pairing" onSubmit=${pair} novalidate>
    <h1>${t("desk.pair_title", { desk: DESK })}</h1>
    <p>${t("desk.pair_help")}</p>
    <${ProblemNotice} problem=${problem.value} />
    <div class="field"><label for="code">${t("kiosk.pair_code")}</label>
      <input id="code" name="code" class="input code" inputmode="numeric" autocomplete="one-time-code" maxlength="14" required
        aria-invalid=${problem.value ? "true" : undefined} /></div>
    <button class="button button-wide" type="submit">${icon("lock")}${t("kiosk.pair")}</button>
  </form></section>`;
}

if (token.value) useBearer(token.value);
let looked = 0;
setInterval(() => {
  looked += 1;
  if (call.value || looked % 5 === 0) void look();
}, 1000);
mount("desk", Body, { kiosk: true });
void look();
