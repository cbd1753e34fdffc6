// SPDX-License-Identifier: GPL-3.0-or-later
// A plain remote for a room where nobody is technical: big buttons, what the room says of itself,
// and what becomes of each order.
import { get, listen, post, Problem } from "./api.js";
import { Conduct, isRunning, refreshSession, session } from "./conduct.js";
import { icon } from "./icons.js";
import { t, tOr } from "./i18n.js";
import { Help } from "./help.js";
import { CameraCard } from "./remote-camera.js";
import { begin, CodeForm, commandAt, commandsOf, isPhone, lookAgain, phone, Phones, told as toldByPhone, Until } from "./remote-phone.js";
import { ableOf, camerasOf, Hand, Layouts, LineCard, MicLevel, Scenes, Share } from "./remote-room.js";
import { loadPictures } from "./remote-views.js";
import { announce, findPerson, mount, Notice, person, ProblemNotice, settles } from "./shell.js";
import { iso, setZone, showClock, showRange } from "./time.js";
import { effect, html, signal } from "./ui.js";

const ROOM = location.pathname.split("/")[2];
const EARLY = 15 * 60_000;
const AHEAD = 24 * 3_600_000;
const FOLLOW_EVERY = 700;
const CHECK_EVERY = 5_000;
/** A phone hears of no events: it asks. */
const ASK_EVERY = 2_000;
const REMEMBERED = 20;
const OPEN = ["accepted", "running"];

const facts = signal({ name: ROOM, centre: "", home: "" });
const state = signal(/** @type {any} */ (null));
const order = signal(/** @type {any} */ (null));
const next = signal(/** @type {any} */ (null));
const problem = signal(/** @type {Error|null} */ (null));
const live = signal(false);
/** What the agent of the room reports, and the scenes of the room; null where there is none. */
const devices = signal(/** @type {any} */ (null));
const scenes = signal(/** @type {any[]} */ ([]));
/** What was told of orders lately: an event may come before the answer that names its order.
 * @type {Map<string, {state: string, error?: string|null}>} */
const told = new Map();
const tooLong = 280;

async function describe() {
  const { centres } = await get("/centres");
  for (const centre of centres) {
    const found = centre.rooms.find((/** @type {any} */ each) => each.id === ROOM);
    if (!found) continue;
    facts.value = { name: found.name, centre: centre.name, home: centre.id };
    setZone(centre.zone);
  }
}

async function loadState() {
  try {
    if (phone.value) return void ((await lookAgain(ROOM)) ? showPhone() : (state.value = null));
    state.value = await get(`/rooms/${ROOM}/state`);
    devices.value = await get(`/rooms/${ROOM}/devices`).catch(() => null);
    problem.value = null;
  } catch (error) {
    problem.value = /** @type {Error} */ (error);
  }
}

function showPhone() {
  const found = toldByPhone();
  setZone(phone.value.zone);
  facts.value = { name: phone.value.name, centre: phone.value.centre, home: "" };
  [state.value, devices.value, scenes.value, next.value] = [found.state, found.devices, found.scenes, found.next];
  problem.value = null;
}

/** The next session here that this person may know of, within a day. */
async function loadNext() {
  const now = Date.now();
  const query = new URLSearchParams({ from: iso(new Date(now)), to: iso(new Date(now + AHEAD)) });
  const { busy } = await get(`/rooms/availability?${query}`);
  next.value = busy.find((/** @type {any} */ each) => each.room === ROOM && each.session) ?? null;
}

/** The named scenes. */
async function loadScenes() {
  scenes.value = (await get(`/rooms/${ROOM}/presets`)).scenes;
}

/** A movement that was refused is told like an order. @param {Error} error */
function refusedMove(error) {
  order.value = { command: "camera.move", state: "refused", words: error.message };
  tellOrder();
}

/** Whether this person sees to the machines of this centre. */
function isAtHome() {
  const who = person.value;
  return who?.role === "admin" || (who?.role === "animateur" && who.centres.includes(facts.value.home));
}

/** Whether the line is being tested because of this page. */
const isTesting = () => order.value?.command === "system.line.test" && OPEN.includes(order.value.state);

/** Whether that session's quarter of an hour has come. */
const isNear = () => Boolean(next.value) && Date.parse(next.value.from) - Date.now() <= EARLY;

/** @param {string} command @param {Record<string, any>} [facts] */
async function give(command, facts = {}) {
  order.value = { command, facts, state: "accepted" };
  try {
    const answer = await post(commandsOf(ROOM), { command, ...facts });
    order.value = { command, facts, ...answer, ...told.get(answer.id) };
    if (OPEN.includes(order.value.state)) void watch(answer.id);
    else ended();
  } catch (error) {
    order.value = { command, state: "refused", words: /** @type {Error} */ (error).message };
  }
  tellOrder();
}

/** Events tell what becomes of an order; where they do not come, it is asked for.
 * @param {string} id */
async function watch(id) {
  while (order.value?.id === id && OPEN.includes(order.value.state)) {
    await new Promise((resolve) => setTimeout(resolve, live.value ? CHECK_EVERY : FOLLOW_EVERY));
    await lookAt(id);
  }
}

/** @param {{command: string, state: string, error?: string|null}} event */
function follow({ command, state: at, error }) {
  told.set(command, { state: at, error });
  if (told.size > REMEMBERED) told.delete([...told.keys()][0]);
  became(command, { state: at, error });
}

/** @param {string} id */
async function lookAt(id) {
  if (order.value?.id !== id) return;
  const answer = await get(commandAt(ROOM, id)).catch(() => null);
  if (answer) became(id, answer);
}

/** @param {string} id @param {any} answer */
function became(id, answer) {
  if (order.value?.id !== id || order.value.state === answer.state || !OPEN.includes(order.value.state)) return;
  order.value = { ...order.value, ...answer };
  tellOrder();
  if (!OPEN.includes(answer.state)) ended();
}

/** The last order is over. A view that was stored gets its picture: the next order. */
function ended() {
  void loadState();
  const { command, facts: { preset, device } = {}, state: at } = order.value;
  if (at !== "done") return;
  if (command === "video.picture.keep") void loadPictures(ROOM);
  if (command !== "camera.preset.store") return;
  void loadPictures(ROOM);
  if (!device && ableOf(state.value, devices.value).has("video.picture.keep")) void give("video.picture.keep", { preset });
}

function tellOrder() {
  const [what, ...rest] = orderWords();
  announce(`${what} : ${rest.join(" ")}`);
}

/** What became of the last order: what, how, and what to try. @returns {string[]} */
function orderWords() {
  const { command, state: at, error, words } = order.value;
  const what = t(`order.${command}`);
  if (at === "refused") return [what, words];
  const how = t(`order.state.${at}`);
  if (OPEN.includes(at) || at === "done") return [what, how];
  return [what, how, tOr(`remedy.${error ?? at}`, "remedy.other", { error })];
}

/** @param {any} event */
function happened(event) {
  if (event.kind === "hello") void loadState();
  else if (event.kind.startsWith("room.command.") && event.room === ROOM) follow(event);
  else if (event.room === ROOM) void loadState();
  const ofSession = event.kind.startsWith("session.") || event.kind.startsWith("site.");
  if (ofSession) void refreshSession();
  if (ofSession || event.kind.startsWith("booking.")) void loadNext().catch(() => undefined);
}

/** Not yours now: say when it will be. */
function NotYet() {
  if (!(problem.value instanceof Problem && problem.value.status === 403) || !next.value) return null;
  const from = new Date(next.value.from);
  return html`<${Notice}><p><strong>${next.value.title}</strong>, ${showRange(from, new Date(next.value.to))}</p>
    <p>${t("remote.yours_from", { clock: showClock(new Date(from.getTime() - EARLY)) })}</p><//>`;
}

function Body() {
  return html`<div class="page-head"><div><p class="muted">${facts.value.centre}</p><h1>${facts.value.name}</h1></div>
      ${state.value ? html`<${Presence} />` : null}</div>
    <${ProblemNotice} problem=${problem.value} />
    <${NotYet} />
    ${phone.value ? html`<${Until} room=${ROOM} />` : person.value ? null : html`<${CodeForm} room=${ROOM} /><${LoginFirst} />`}
    ${state.value ? html`<${Board} />` : null}`;
}

function LoginFirst() {
  return html`<${Notice} kind="warning"><p>${t("remote.login")}</p>
    <a class="button" href=${`/login?next=${encodeURIComponent(location.pathname)}`}>${t("nav.login")}</a><//>`;
}

function Presence() {
  const { presence } = state.value;
  const grade = /** @type {Record<string, string>} */ ({ online: "ok", stale: "warn" })[presence] ?? "bad";
  return html`<p class=${`state state-${grade} state-big`} role="status">${icon(grade === "ok" ? "line" : "cut")}${tOr(`presence.${presence}`, "presence.offline")}</p>`;
}

function Board() {
  const { document: room, presence, troubles = [] } = state.value;
  const able = ableOf(state.value, devices.value);
  return html`<div class="board">
    ${troubles.map((/** @type {string} */ each) => html`<${Notice} key=${each} kind="warning"><p>${each}</p><//>`)}
    ${presence === "online" ? null : html`<${Notice} kind="warning"><p>${t("remote.offline_help")}</p><//>`}
    ${live.value || phone.value ? null : html`<p class="muted small">${t("remote.not_live")}</p>`}
    <${Order} />
    <${CallCard} room=${room} />
    <ul class="plain switches">
      ${toggle("microphone", "mic", !room.audio.mic_muted, (on) => give("audio.mic.set", { on }), room.audio.mic_present)}
      ${toggle("camera", "camera", room.video.camera_on, (on) => give("video.camera.set", { on }), room.video.camera_present)}
      ${toggle("speaker", "sound", room.audio.speaker_on, (on) => give("audio.speaker.set", { on }), true)}
      ${able.has("call.hand.set") && room.call.state === "in_call" ? html`<${Hand} up=${room.call.hand === true} give=${give} />` : null}
    </ul>
    ${typeof room.audio.mic_level === "number" ? html`<${MicLevel} level=${room.audio.mic_level} />` : null}
    <${Volume} room=${room} able=${able} />
    ${scenes.value.length && able.has("room.preset.apply") ? html`<${Scenes} scenes=${scenes.value} now=${devices.value?.document?.scene ?? null} edit=${settles(facts.value.home) ? `/rooms/${ROOM}/scenes` : null} give=${give} />` : null}
    ${able.has("camera.move") || able.has("camera.preset.recall")
      ? html`<${CameraCard} room=${ROOM} able=${able} cameras=${camerasOf(devices.value)} give=${give} onRefused=${refusedMove} />` : null}
    ${able.has("video.layout.set") ? html`<${Layouts} give=${give} />` : null}
    ${able.has("share.start") ? html`<${Share} give=${give} />` : null}
    <${Help} room=${ROOM} help=${state.value.help ?? null} onChanged=${() => void loadState()} />
    ${phone.value ? null : html`<${MessageForm} room=${room} />`}
    ${!phone.value && state.value.phones ? html`<${Phones} room=${ROOM} many=${state.value.phones} onDone=${() => void loadState()} />` : null}
    ${able.has("system.line.test") && isAtHome() ? html`<${LineCard} centre=${facts.value.home} busy=${isTesting()} give=${give} />` : null}
    ${room.health.map((/** @type {any} */ each) => html`<${Notice} key=${each.key} kind="warning"><p>${each.text}</p><//>`)}
  </div>`;
}

/** One switch: its state in words and in shape, the action in its name.
 * @param {string} drawing @param {string} name @param {boolean} on @param {(on: boolean) => void} act @param {boolean} present */
function toggle(drawing, name, on, act, present) {
  return html`<li><button class=${`big ${on ? "big-on" : "big-off"}`} type="button" onClick=${() => act(!on)}>
    ${icon(on ? drawing : `${drawing}-off`)}
    <span class="big-state">${t(present ? `remote.${name}.${on ? "is_on" : "is_off"}` : `remote.${name}.absent`)}</span>
    <span class="big-action">${t(`remote.${name}.${on ? "off" : "on"}`)}</span>
  </button></li>`;
}

/** @param {{room: any}} props */
function CallCard({ room }) {
  const { state: at, session: current } = room.call;
  const running = at !== "idle" && at !== "failed";
  const there = isNear() && next.value.session && next.value.session !== current;
  // Rooms join a session whose doors are open; whoever does not run it learns that by trying.
  const open = phone.value ? next.value?.open : !session.value || isRunning(session.value);
  return html`<section class="card call-card" aria-labelledby="call-card"><div>
      <h2 id="call-card">${t("remote.call")}</h2>
      <p class=${`state ${running ? "state-ok" : ""}`}>${icon(running ? "check" : "clock")}${t(`call.${at}`)}</p>
      ${next.value && (running || there) ? html`<p>${next.value.title || t("planning.busy")}<br /><span class="muted">${showRange(new Date(next.value.from), new Date(next.value.to))}</span></p>`
        : running ? null : html`<p class="muted">${t("remote.no_session")}</p>`}
      ${next.value && isNear() && !phone.value ? html`<${Conduct} id=${next.value.session} brief=${true} />` : null}
    </div><div class="actions">
      ${there && open ? html`<button class="button button-large" type="button" onClick=${() => give("call.join", { session: next.value.session })}>${icon("enter")}${t("remote.join")}</button>` : null}
      ${running ? html`<button class="button button-danger button-large" type="button" onClick=${() => give("call.leave")}>${icon("leave")}${t("remote.leave")}</button>` : null}
    </div></section>`;
}

/** @param {{room: any, able: Set<string>}} props */
function Volume({ room, able }) {
  const set = (/** @type {any} */ event) => {
    const volume = Number(event.target.value);
    void (able.has("audio.volume.set") ? give("audio.volume.set", { volume }) : give("audio.speaker.set", { on: true, volume }));
  };
  return html`<div class="field card"><label for="volume">${t("remote.volume", { value: room.audio.volume })}</label>
    <input id="volume" class="range" type="range" min="0" max="100" step="5" value=${room.audio.volume} onChange=${set} /></div>`;
}

/** @param {{room: any}} props */
function MessageForm({ room }) {
  const send = (/** @type {any} */ event) => {
    event.preventDefault();
    const text = String(new FormData(event.target).get("text")).trim();
    if (text) void give("room.message.show", { text, level: "info", seconds: 60 }).then(() => event.target.reset());
  };
  return html`<form class="card" onSubmit=${send}>
    <div class="field"><label for="message">${t("remote.message")}</label>
      <input id="message" name="text" class="input" maxlength=${tooLong} autocomplete="off" />
      <p class="hint">${room.message ? t("remote.message_now", { text: room.message.text }) : t("remote.message_help")}</p></div>
    <button class="button button-quiet" type="submit">${icon("message")}${t("remote.message_send")}</button>
  </form>`;
}

function Order() {
  if (!order.value) return null;
  const at = order.value.state;
  const kind = at === "done" ? "ok" : OPEN.includes(at) ? "info" : "bad";
  const [what, how, remedy] = orderWords();
  return html`<${Notice} kind=${kind}><p><strong>${what}</strong> : ${how}</p>${remedy ? html`<p>${remedy}</p>` : null}<//>`;
}

const byPhone = isPhone(ROOM);
await Promise.all([byPhone ? begin(ROOM).catch((error) => { problem.value = error; }) : findPerson(), describe().catch(() => undefined)]);
if (byPhone && !phone.value) await findPerson();
mount("remote", Body, { plain: Boolean(phone.value) });
if (person.value) {
  await Promise.all([loadState(), ...[loadNext(), loadScenes()].map((each) => each.catch(() => undefined))]);
  listen(happened, (open) => { live.value = open; });
  setInterval(() => { void loadState(); void loadNext().catch(() => undefined); }, 20_000);
} else {
  // The code may also be typed here, later.
  effect(() => { if (phone.value) showPhone(); });
  setInterval(() => { if (phone.value && !document.hidden) void loadState(); }, ASK_EVERY);
}
