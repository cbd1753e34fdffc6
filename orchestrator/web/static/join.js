// SPDX-License-Identifier: GPL-3.0-or-later
// The join page: what, when and who; a look at oneself; then the session in the same page.
import { get, post, Problem } from "./api.js";
import { Devices } from "./devices.js";
import { able, encryptedLink, linkAsks, linkKey } from "./e2ee.js";
import { icon } from "./icons.js";
import { language, t } from "./i18n.js";
import { DevicePanel } from "./lobby.js";
import { CallModel, Line, Waiting } from "./model.js";
import { RecordedNote } from "./recorded.js";
import { SessionView } from "./session.js";
import { announce, findPerson, mount, Notice, person, ProblemNotice } from "./shell.js";
import { setZone, showDay, showDuration, showRange } from "./time.js";
import { computed, effect, html, signal } from "./ui.js";

const CODE = location.pathname.split("/").pop() ?? "";
const NAME_KEY = "margeride.name";
const PATIENCE = 60_000;
const devices = new Devices();
const facts = signal(/** @type {any} */ (null));
const problem = signal(/** @type {Error|null} */ (null));
const name = signal(localStorage.getItem(NAME_KEY) ?? "");
const nameMissing = signal(false);
const busy = signal(false);
const now = signal(Date.now());
const model = signal(/** @type {CallModel|null} */ (null));
const secret = signal(able() ? linkKey() : null);
/** Who came by an encrypted link is never sent in the clear. */
const barred = linkAsks() && !secret.value;
const opensIn = computed(() => (facts.value ? (Date.parse(facts.value.open_from) - now.value) / 1000 : 0));
const over = computed(() => ["ended", "archived"].includes(facts.value?.state));

/** Made while one still looks at oneself, so that coming in waits for nothing.
 * @type {Promise<Waiting|null>} */
let prepared = Promise.resolve(null);
let resting = false;
let notBefore = 0;

/** Go to the door. Nothing is said when that fails: who comes in goes there then. */
function prepare() {
  const shut = !facts.value || over.value || opensIn.value > 0 || barred || document.visibilityState === "hidden";
  if (shut || resting || model.value || Date.now() < notBefore) return;
  resting = true;
  prepared = post("/join", { code: CODE }).then(({ token }) => {
    const waiting = new Waiting(new Line({ token, lang: language }));
    waiting.start();
    return waiting;
  }).catch(() => {
    notBefore = Date.now() + PATIENCE;
    return null;
  });
}

/** Who was waited for too long, or found no way, begins anew when somebody is there again. */
async function wake() {
  const was = prepared;
  const waiting = await was;
  if (was !== prepared || waiting?.usable || waiting?.line.state === "waiting") return;
  resting = false;
  prepare();
}

async function load() {
  try {
    facts.value = await get(`/join/${CODE}`);
    problem.value = null;
    prepare();
  } catch (error) {
    problem.value = /** @type {Error} */ (error);
  }
}

async function enter(/** @type {Event} */ event) {
  event.preventDefault();
  nameMissing.value = !name.value.trim();
  if (nameMissing.value) return void document.getElementById("name")?.focus();
  if (barred || busy.value || opensIn.value > 0) return;
  busy.value = true;
  problem.value = null;
  try {
    localStorage.setItem(NAME_KEY, name.value.trim());
    const waiting = await prepared;
    if (waiting?.usable) begin(waiting.line, waiting.take());
    else begin(new Line({ token: (await post("/join", { code: CODE, name: name.value.trim() })).token, lang: language }));
  } catch (error) {
    problem.value = /** @type {Error} */ (error);
    if (error instanceof Problem && ["not-open-yet", "session-over"].includes(error.key)) await load();
  }
  busy.value = false;
}

/** The service does not answer: it may be restarting. @param {Error|null} error */
const isAway = (error) => error instanceof Problem && (error.status === 0 || error.status >= 502);

/** @param {Line} line @param {import("./waiting.js").Legs} [legs] made in the lobby */
function begin(line, legs) {
  const made = new CallModel(line);
  made.secret = secret.value;
  made.expose();
  for (const kind of /** @type {const} */ (["audio", "video"])) {
    made.muted.value = { ...made.muted.value, [kind]: !["on", "asking"].includes(devices[kind].value) };
  }
  made.join(legs ? { name: name.value.trim() } : {}, devices, legs);
  line.start();
  model.value = made;
  document.body.classList.add("in-session");
  globalThis.addEventListener("pagehide", () => made.leave());
  const watch = effect(() => {
    const refusal = made.refusal.value;
    if (model.value === made && refusal?.about === "join" && !made.in.value) queueMicrotask(() => { watch(); void turnedAway(refusal); });
  });
}

/** What was open when one went to the door may be shut now: said where it can be tried again.
 * @param {import("./protocol.js").Message} refusal */
async function turnedAway({ code, text }) {
  await again();
  if (!["not-open-yet", "session-over"].includes(code)) problem.value = new Problem(403, { type: code, title: text });
}

async function again() {
  model.value?.leave();
  model.value?.line.stop();
  model.value = null;
  prepared = Promise.resolve(null);
  resting = false;
  document.body.classList.remove("in-session");
  await load();
}

function Body() {
  const call = model.value;
  if (call && call.left.value === null) return html`<${SessionView} model=${call} devices=${devices} name=${name.value} part=${facts.value?.part} room=${facts.value?.room} />`;
  if (call) return html`<${Goodbye} reason=${call.left.value} />`;
  if (problem.value && !facts.value) return html`<${NoSuchLink} />`;
  if (!facts.value) return html`<p class="boot">${t("loading")}</p>`;
  return html`<${Lobby} />`;
}

function NoSuchLink() {
  const unknown = problem.value instanceof Problem && problem.value.status === 404;
  return html`<div class="narrow"><h1>${t("title.join")}</h1>
    <${ProblemNotice} problem=${problem.value} />
    <p>${t(unknown ? "join.unknown_help" : "join.offline_help")}</p>
    ${unknown ? null : html`<button class="button" type="button" onClick=${() => void load()}>${t("retry")}</button>`}</div>`;
}

/** @param {{reason: string|null}} props */
function Goodbye({ reason }) {
  devices.closeAll();
  return html`<div class="narrow"><h1>${t(`left.${reason ?? "left"}`)}</h1>
    <p>${t("left.thanks")}</p>
    ${reason === "ended" || reason === "removed" ? null : html`<button class="button" type="button" onClick=${() => void again()}>${icon("enter")}${t("left.again")}</button>`}</div>`;
}

function What() {
  const { title, kind, starts_at: starts, ends_at: ends, organiser } = facts.value;
  const from = new Date(starts);
  return html`<header class="what">
    <p class="state state-accent">${t(`kind.${kind}`)}</p>
    <h1>${title || t("session.untitled")}</h1>
    <p class="muted">${icon("clock")} ${showDay(from)}, <span class="nowrap">${showRange(from, new Date(ends))}</span>
      ${organiser ? html`<br />${icon("person")} ${t("join.organiser", { name: organiser })}` : null}</p>
  </header>`;
}

function Door() {
  if (over.value) return html`<${Notice} kind="warning"><p>${t("join.over")}</p><//>`;
  if (opensIn.value > 0) {
    return html`<${Notice} role="status"><p>${t("join.opens_in", { wait: showDuration(opensIn.value > 60 ? Math.ceil(opensIn.value / 60) * 60 : opensIn.value) })}</p>
      <p class="hint">${t("join.opens_help")}</p><//>`;
  }
  const late = facts.value.state === "booked" && Date.parse(facts.value.starts_at) < now.value;
  return late ? html`<${Notice}><p>${t("join.late")}</p><//>` : null;
}

function Lobby() {
  const closed = over.value || opensIn.value > 0;
  return html`<form class="lobby" onSubmit=${enter} novalidate>
    <${What} />
    <${Door} />
    <${ProblemNotice} problem=${problem.value} />
    ${isAway(problem.value) ? html`<p class="muted" role="status">${t("join.retrying")}</p>` : null}
    <div class="lobby-columns">
      <${DevicePanel} devices=${devices} />
      <div class="card">
        <div class="field">
          <label for="name">${t("join.name")}</label>
          <input id="name" class="input" autocomplete="name" maxlength="80" required value=${name.value}
            aria-invalid=${nameMissing.value ? "true" : undefined} aria-describedby=${nameMissing.value ? "name-error name-hint" : "name-hint"}
            onInput=${(/** @type {any} */ event) => { name.value = event.target.value; nameMissing.value = false; }} />
          ${nameMissing.value ? html`<p class="error" id="name-error">${t("join.name_missing")}</p>` : null}
          <p class="hint" id="name-hint">${t("join.name_hint")}</p>
        </div>
        <p class="hint">${t("join.headphones")}</p>
        <${RecordedNote} recording=${facts.value.recording} />
        <${SecrecyNote} />
        <div class="actions"><button class="button button-wide" type="submit" aria-disabled=${closed || barred || busy.value ? "true" : undefined}
          disabled=${over.value || barred}>${icon("enter")}${t(enterLabel())}</button></div>
      </div>
    </div>
  </form>`;
}

/** Encryption is chosen by whoever gives the link: its key is in the part no server is told. */
function SecrecyNote() {
  if (barred) return html`<${Notice} kind="bad" role="alert"><p>${t(able() ? "secrecy.broken" : "secrecy.unable")}</p><//>`;
  if (secret.value) {
    return html`<div class="secrecy"><p class="state state-ok">${icon("lock")}<span>${t("secrecy.on")}</span></p>
      <p class="hint">${t("secrecy.on_help")}</p></div>`;
  }
  if (!able()) return null;
  return html`<details class="secrecy"><summary>${t("secrecy.title")}</summary>
    <p class="hint">${t("secrecy.help")}</p>
    <button class="button button-quiet" type="button" onClick=${chooseSecrecy}>${icon("lock")}${t("secrecy.choose")}</button></details>`;
}

async function chooseSecrecy() {
  const link = encryptedLink(CODE);
  history.replaceState(null, "", link);
  secret.value = linkKey();
  const copied = await navigator.clipboard?.writeText(link).then(() => true, () => false);
  announce(t(copied ? "secrecy.copied" : "secrecy.chosen"));
}

function enterLabel() {
  if (busy.value) return "join.entering";
  const [mic, cam] = [devices.audio.value === "on", devices.video.value === "on"];
  if (mic && cam) return "join.enter";
  if (mic) return "join.enter_without_camera";
  return cam ? "join.enter_without_microphone" : "join.enter_listening";
}

/** For tests: whether the browser has answered about camera and microphone. */
/** @type {any} */ (globalThis).margerideDevices = () =>
  [devices.audio, devices.video].every(({ value }) => !["off", "asking"].includes(value));

/** @type {any} */ (globalThis).margerideReady = async () => Boolean((await prepared)?.ready);

setInterval(() => { now.value = Date.now(); }, 1000);
// A link that differs by its key alone is the same document to a browser: the key would be passed over.
globalThis.addEventListener("hashchange", () => { if (!model.value) location.reload(); });
// A service that is back is noticed at once.
setInterval(() => { if (!model.value && isAway(problem.value)) void load(); }, 4_000);
// The doors may open, and the session start or end, while somebody waits here.
setInterval(() => { if (!model.value && !over.value) void load(); }, 20_000);
for (const kind of ["pointermove", "keydown", "visibilitychange"]) document.addEventListener(kind, () => void wake(), { passive: true });
globalThis.addEventListener("pagehide", () => void prepared.then((waiting) => waiting?.stop()));
mount("join", Body, { plain: true });
setZone("Europe/Paris");
await Promise.all([load(), findPerson()]);
if (!name.value && person.value) name.value = person.value.name;
if (facts.value && !over.value) {
  void devices.open("audio");
  void devices.open("video");
}
