// SPDX-License-Identifier: GPL-3.0-or-later
// The screen of a room: needs nobody. Pairs once, then shows the day, joins when called, comes back.
import { get, useBearer } from "./api.js";
import { icon } from "./icons.js";
import { language, t } from "./i18n.js";
import { CueScreen } from "./cue-screen.js";
import { momentOf } from "./kiosk-day.js";
import { Idle, Troubles } from "./kiosk-idle.js";
import { Help, helpWords } from "./help.js";
import { PhoneCode } from "./kiosk-phone.js";
import { LineTester } from "./kiosk-line.js";
import { KioskRoom } from "./kiosk-room.js";
import { Pairing } from "./pair.js";
import { Program } from "./program.js";
import { Recorded } from "./recorded.js";
import { follow, Health, Trouble } from "./session.js";
import { mount, Notice } from "./shell.js";
import { Tally } from "./tally.js";
import { Picture, Sounds, Tiles } from "./tiles.js";
import { roomLabel } from "./names.js";
import { addDays, dayOf, instant, iso, setZone, showClock } from "./time.js";
import { effect, html, signal, useEffect } from "./ui.js";

const ROOM = location.pathname.split("/")[2];
const TOKEN_KEY = `margeride.room.${ROOM}`;
const STUCK_AFTER = 90_000;
const CODE_SHOWN = 120_000;

const room = signal(/** @type {KioskRoom|null} */ (null));
const facts = signal({ name: ROOM, centre: "" });
/** The id of the centre, "" while it is not known. */
let home = "";
const today = signal(/** @type {any[]} */ ([]));
const now = signal(new Date());
/** What the agent of the room finds wrong, in words; who commands the room by phone; the help it called for. */
const told = signal(/** @type {import("./kiosk-idle.js").Asked} */ ({ troubles: [], phones: 0, help: null }));
/** Whether the code for phones is shown in a session. */
const showsCode = signal(false);
/** When the last session was left, and when the screen was last needed. */
let leftAt = 0;
let activeAt = Date.now();
/** Who spoke last, so that silence moves no picture. */
let spoke = "";

/** @param {string} token */
function begin(token) {
  localStorage.setItem(TOKEN_KEY, token);
  useBearer(token);
  const made = new KioskRoom(ROOM, token, language);
  made.model.expose();
  made.line.addEventListener("state", (event) => stopped(/** @type {CustomEvent} */ (event).detail));
  room.value = made;
  listenToAgent(made);
  effect(() => { if (made.message.value || made.phase.value) awake(); });
  let was = "idle";
  effect(() => {
    if (was === "in_call" && made.phase.value === "idle") leftAt = Date.now();
    was = made.phase.value === "leaving" ? was : made.phase.value;
    if (was === "idle") showsCode.value = false;
  });
  void made.start();
  void refresh();
}

/** What the agent of the room asks this page from outside. @param {KioskRoom} made */
function listenToAgent(made) {
  const tester = new LineTester(() => home, () => made.phase.value === "idle");
  /** @type {any} */ (globalThis).margeride.testLine = (/** @type {import("./line-test.js").Path} */ path) => tester.test(path);
  effect(() => { if (made.phase.value !== "idle") tester.stop(); });
}

/** What the agent asks every second: `line`, and this page should be on it; `code`, and it asks for one;
 * `nothing`, since another screen has the room. */
function wanted() {
  if (!room.value) return "code";
  return room.value.line.state === "stopped" ? "nothing" : "line";
}

/** A token that is not known any more leads back to pairing. @param {{state: string, why?: string}} change */
function stopped({ state, why }) {
  if (state !== "stopped" || why !== "token") return;
  localStorage.removeItem(TOKEN_KEY);
  useBearer("");
  room.value = null;
}

/** Somebody, or something to say, needs the screen. */
function awake() {
  activeAt = Date.now();
  now.value = new Date();
}

async function ask() {
  try {
    const { troubles, phones = 0, help = null } = await get(`/rooms/${ROOM}/state`);
    if (JSON.stringify(help) !== JSON.stringify(told.value.help)) awake();
    told.value = { troubles, phones, help };
  } catch {
    told.value = { troubles: [], phones: 0, help: null }; // nobody can tell any more
  }
}

async function refresh() {
  void ask();
  const day = dayOf(now.value);
  const [from, to] = [iso(instant(day, "00:00")), iso(instant(addDays(day, 1), "00:00"))];
  const query = `from=${encodeURIComponent(from)}&to=${encodeURIComponent(to)}`;
  try {
    const answer = await get(`/rooms/availability?${query}`);
    today.value = answer.busy.filter((/** @type {any} */ each) => each.room === ROOM && dayOf(new Date(each.from)) <= day && day <= dayOf(new Date(each.to)))
      .sort((/** @type {any} */ a, /** @type {any} */ b) => a.from.localeCompare(b.from));
  } catch {
    // The last known programme stays on the screen.
  }
}

async function describe() {
  try {
    const { centres } = await get("/centres");
    for (const centre of centres) {
      const found = centre.rooms.find((/** @type {any} */ each) => each.id === ROOM);
      if (found) {
        facts.value = { name: found.name, centre: centre.name };
        home = centre.id;
        setZone(centre.zone);
      }
    }
  } catch {
    setTimeout(() => void describe(), 10_000);
  }
}

function Body() {
  const paired = room.value;
  if (!paired) return html`<${Pairing} room=${ROOM} kind="kiosk" title=${t("kiosk.pair_title", { room: place() })} onToken=${begin} />`;
  const { phase, message, model } = paired;
  const inCall = ["joining", "in_call"].includes(phase.value);
  const between = momentOf(today.value, now.value, leftAt, activeAt);
  const asleep = !inCall && !message.value && between.moment === "asleep";
  return html`<div class=${`kiosk ${inCall ? `kiosk-call layout-${paired.layout.value}` : "kiosk-idle"} ${asleep ? "kiosk-asleep" : ""}`}>
    ${message.value ? html`<${Notice} kind=${message.value.level === "warning" ? "warning" : "info"} role="alert"><p class="kiosk-message">${message.value.text}</p><//>` : null}
    ${inCall ? html`<${InCall} paired=${paired} />` : html`<${Idle} paired=${paired} room=${ROOM} facts=${facts.value} now=${now.value} asked=${told.value} between=${between} onChanged=${ask} />`}
    <${Sounds} model=${model} />
  </div>`;
}

function place() {
  return roomLabel(facts.value, facts.value.centre);
}

/** @param {{paired: KioskRoom}} props */
function InCall({ paired }) {
  const { model, devices, phase, title, layout, selfview } = paired;
  if (model.speaking.value) spoke = model.speaking.value;
  useEffect(() => follow(model), [model]);
  const { audio, video } = model.muted.value;
  const track = devices.video.value === "on" ? devices.tracks.video : null;
  const staged = phase.value === "in_call" && Boolean(model.session.value?.stage);
  return html`<section class="call" aria-labelledby="call-title">
    <header class="call-head"><h1 id="call-title">${model.session.value?.title || title.value || t("session.untitled")}</h1>
      <${Health} model=${model} />
      <button class="button button-quiet" type="button" aria-expanded=${showsCode.value ? "true" : "false"} onClick=${toggleCode}>${t("kiosk.phone_show")}</button><time class="call-clock">${showClock(now.value)}</time></header>
    <${Trouble} model=${model} />
    <${Recorded} recording=${model.session.value?.recording} />
    <${Troubles} told=${told.value.troubles} />
    ${told.value.help ? html`<p class=${`state ${told.value.help.answered ? "state-ok" : "state-accent"}`} role="status">${icon(told.value.help.answered ? "check" : "clock")}${helpWords(told.value.help)}</p>` : null}
    ${showsCode.value ? html`<${CodeInCall} paired=${paired} />` : null}
    ${staged ? html`<${Tally} model=${model} />` : null}
    ${phase.value === "joining" ? html`<p class="joining" role="status">${t("health.joining")}</p>` : staged ? html`<${Program} model=${model} own=${track} />` : html`<${Tiles} model=${model} large=${layout.value === "grid" ? null : spoke} document=${layout.value === "content"} />`}
    <${CueScreen} cues=${model.cues} />
    ${selfview.value ? null : html`<p class="state">${icon("camera-off")}${t("kiosk.self_hidden")}</p>`}
    <aside class="self" hidden=${!selfview.value} aria-label=${t("kiosk.self")}>
      ${track && !video ? html`<${Picture} track=${track} mirrored=${true} />` : html`<span class="tile-face">${icon("camera-off")}</span>`}
      <p class="self-foot"><span class="tile-name">${facts.value.centre || facts.value.name}</span>
      ${audio ? html`<span class="state state-warn">${icon("microphone-off")}${t("tile.mic_cut")}</span>` : html`<span class="state state-ok">${icon("microphone")}${t("kiosk.mic_on")}</span>`}
      ${model.hand.value ? html`<span class="state state-accent" role="status">${icon("hand")}${t("tile.hand")}</span>` : null}
      ${model.loud.value ? null : html`<span class="state state-warn">${icon("speaker-off")}${t("kiosk.sound_cut")}</span>`}</p>
    </aside>
  </section>`;
}

/** The code for phones over the pictures: for whoever is in the room, and not for longer than it takes.
 * @param {{paired: KioskRoom}} props */
function CodeInCall({ paired }) {
  useEffect(() => {
    const timer = setTimeout(toggleCode, CODE_SHOWN);
    const escape = (/** @type {KeyboardEvent} */ event) => { if (event.key === "Escape") toggleCode(); };
    addEventListener("keydown", escape);
    return () => { clearTimeout(timer); removeEventListener("keydown", escape); };
  }, []);
  return html`<aside class="call-phone" aria-label=${t("kiosk.phone_show")}><${PhoneCode} room=${ROOM} many=${told.value.phones} burnt=${paired.codesBurnt.value} />
    <${Help} room=${ROOM} help=${told.value.help} onChanged=${ask} title=${false} />
    <p class="actions"><button class="button button-quiet" type="button" onClick=${toggleCode}>${t("close")}</button></p></aside>`;
}

function toggleCode() {
  showsCode.value = !showsCode.value;
}

/** A page that cannot reach the wire while the service answers is stuck: start afresh. */
function watchdog() {
  let since = Date.now();
  setInterval(async () => {
    const state = room.value?.line.state;
    if (!state || state === "open" || state === "stopped") since = Date.now();
    if (Date.now() - since < STUCK_AFTER) return;
    const answers = await fetch("/healthz").then((response) => response.ok, () => false);
    if (answers) location.reload();
  }, 10_000);
  let errors = 0;
  addEventListener("error", () => {
    errors += 1;
    if (errors >= 5) setTimeout(() => location.reload(), 5_000);
  });
}

setInterval(() => { now.value = new Date(); }, 1000);
setInterval(() => { if (room.value) void refresh(); }, 60_000);
setInterval(() => { if (room.value) void ask(); }, 20_000);
setInterval(() => { if (room.value && (told.value.help || showsCode.value)) void ask(); }, 4_000);
for (const kind of ["pointerdown", "pointermove", "keydown"]) addEventListener(kind, awake);
watchdog();
/** @type {any} */ (globalThis).margerideScreen = wanted;
mount("kiosk", Body, { kiosk: true });
void describe();
const kept = localStorage.getItem(TOKEN_KEY);
if (kept) begin(kept);
