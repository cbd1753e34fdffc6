// SPDX-License-Identifier: GPL-3.0-or-later
// The line of a centre: what it carries in plain words, a test of it, and the tests that were made.
import { get } from "./api.js";
import { icon } from "./icons.js";
import { language, t } from "./i18n.js";
import { Blocked, Idle, testLine } from "./line-test.js";
import { announce, findPerson, mount, Notice, person, ProblemNotice } from "./shell.js";
import { html, signal } from "./ui.js";

const id = location.pathname.split("/")[2];
const line = signal(/** @type {any} */ (null));
const problem = signal(/** @type {Error|null} */ (null));
const running = signal(/** @type {{path: string, step: string, share: number}|null} */ (null));
const SOUND = 48;
const PICTURE = 130;
const MOST_PICTURES = 12;
const STEPS = { connect: 0, up: 0.1, down: 0.55 };

async function load() {
  try {
    line.value = await get(`/centres/${id}/line`);
  } catch (error) {
    problem.value = /** @type {Error} */ (error);
  }
}

/** @param {import("./line-test.js").Path} path */
async function run(path) {
  problem.value = null;
  running.value = { path, step: "connect", share: 0 };
  announce(t("line.step.connect"));
  try {
    await testLine(id, path, (step, share) => {
      if (running.value?.step !== step) announce(t(`line.step.${step}`));
      running.value = { path, step, share: STEPS[step] + share * 0.45 };
    });
    await load();
    announce(verdict());
  } catch (error) {
    problem.value = /** @type {Error} */ (error);
    if (error instanceof Blocked) problem.value = new Error(t(`line.blocked.${path}`));
    if (error instanceof Idle) problem.value = new Error(t("line.idle"));
  } finally {
    running.value = null;
  }
}

function verdict() {
  const { up_kbps: up, down_kbps: down } = line.value;
  if (up < SOUND || down < SOUND) return t("line.carries_nothing");
  const count = Math.min(MOST_PICTURES, Math.floor((down * 0.95) / (SOUND + PICTURE)));
  if (count < 1) return t("line.carries_sound");
  const pictures = t(count === 1 ? "line.carries_one" : "line.carries", { n: count });
  return up < SOUND + PICTURE ? `${pictures} ${t("line.sends_sound")}` : pictures;
}

function Body() {
  const found = line.value;
  return html`<p class="back"><a href="/centres">${icon("left")}${t("network.title")}</a></p>
    <h1>${found ? t("line.title", { centre: found.name }) : t("title.line")}</h1>
    <${ProblemNotice} problem=${problem.value} />
    ${found ? html`<${Carries} found=${found} /><${Test} found=${found} /><${History} tests=${found.tests} rooms=${found.rooms} />`
      : problem.value ? null : html`<p class="boot">${t("loading")}</p>`}`;
}

/** @param {{found: any}} props */
function Carries({ found }) {
  const when = found.tested_at ? t("line.tested", { when: day(found.tested_at), path: t(`line.path.${found.path}`) }) : t("line.configured");
  return html`<section class="card"><p class="verdict">${icon("line")}<span>${verdict()}</span></p>
    <p>${t("line.figures", { down: number(found.down_kbps), up: number(found.up_kbps), rtt: number(found.rtt_ms) })}</p>
    <p class="muted">${when}</p></section>`;
}

/** @param {{found: any}} props */
function Test({ found }) {
  const who = person.value;
  if (who === undefined) return null;
  if (!who) return html`<p><a href=${`/login?next=${encodeURIComponent(location.pathname)}`}>${t("line.login")}</a></p>`;
  if (who.role !== "admin" && !who.centres.includes(found.centre)) return html`<${Notice}><p>${t("line.not_yours")}</p><//>`;
  const now = running.value;
  const paths = /** @type {import("./line-test.js").Path[]} */ (found.relay ? ["udp", "tcp", "turn"] : ["udp", "tcp"]);
  return html`<section aria-labelledby="test-head"><h2 id="test-head">${t("line.test")}</h2>
    <p>${t("line.test_help")}</p>
    <div class="paths">${paths.map((path, number) => html`<button key=${path} class=${number ? "button button-quiet" : "button"} type="button" disabled=${now !== null} onClick=${() => void run(path)}>${t(`line.run.${path}`)}</button>`)}</div>
    ${now ? html`<p class="running"><label for="share">${t(`line.step.${now.step}`)}</label><progress id="share" max="1" value=${now.share}></progress></p>` : null}
  </section>`;
}

/** @param {{tests: any[], rooms: Record<string, string>}} props */
function History({ tests, rooms }) {
  if (!tests.length) return null;
  return html`<section aria-labelledby="history-head"><h2 id="history-head">${t("line.history")}</h2>
    <${Drawing} tests=${tests} />
    <div class="scrolls" tabindex="0" role="group" aria-labelledby="history-head"><table><thead><tr>
      ${["when", "path", "down", "up", "rtt", "jitter", "loss", "by"].map((name) => html`<th key=${name} scope="col">${t(`line.column.${name}`)}</th>`)}</tr></thead>
      <tbody>${tests.map((each) => html`<tr key=${each.taken_at}><td>${day(each.taken_at)}</td><td>${t(`line.path.${each.path}`)}</td>
        <td>${rate(each.down_kbps, each.down_at_least)}</td><td>${rate(each.up_kbps, each.up_at_least)}</td>
        <td>${number(each.rtt_ms)}</td><td>${number(each.jitter_ms)}</td><td>${(each.loss * 100).toLocaleString(language, { maximumFractionDigits: 1 })} %</td>
        <td>${each.room ? rooms[each.room] ?? each.room : t("line.by_person")}</td></tr>`)}</tbody></table></div></section>`;
}

/** Down and up of the tests over time. @param {{tests: any[]}} props */
function Drawing({ tests }) {
  const ordered = [...tests].reverse();
  const most = Math.max(1, ...ordered.map((each) => Math.max(each.down_kbps, each.up_kbps)));
  const x = (/** @type {number} */ index) => 10 + (ordered.length > 1 ? (index * 580) / (ordered.length - 1) : 290);
  const y = (/** @type {number} */ kbps) => 150 - (kbps / most) * 140;
  const curve = (/** @type {string} */ what) => ordered.map((each, index) => `${x(index)},${y(each[what])}`).join(" ");
  return html`<figure class="history"><svg viewBox="0 0 600 160" role="img" aria-label=${t("line.drawing", { n: tests.length, most: number(most) })}>
      <line class="ground" x1="0" y1="150" x2="600" y2="150" />
      ${["down_kbps", "up_kbps"].map((what) => html`<g key=${what} class=${what}><polyline points=${curve(what)} />
        ${ordered.map((each, index) => html`<circle key=${each.taken_at} cx=${x(index)} cy=${y(each[what])} r="4" />`)}</g>`)}
    </svg><figcaption><span class="key down_kbps">${t("line.column.down")}</span> <span class="key up_kbps">${t("line.column.up")}</span></figcaption></figure>`;
}

/** @param {number} kbps @param {boolean} least */
const rate = (kbps, least) => (least ? t("line.at_least", { kbps: number(kbps) }) : number(kbps));
const number = (/** @type {number} */ value) => value.toLocaleString(language);
const day = (/** @type {string} */ when) => new Date(when).toLocaleString(language, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

mount("line", Body);
await Promise.all([findPerson(), load()]);
