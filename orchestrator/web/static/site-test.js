// SPDX-License-Identifier: GPL-3.0-or-later
// The test of a site: one press, a plain result for each part, and what to do.
import { get, post, Problem, useBearer } from "./api.js";
import { Results } from "./ceremony-words.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { testLine } from "./line-test.js";
import { announce, findPerson, LogInFirst, mount, Notice, person, ProblemNotice } from "./shell.js";
import { measureCamera, measureClock, measureSound } from "./site-measure.js";
import { showSeconds } from "./time.js";
import { html, signal, useRef } from "./ui.js";

const room = location.pathname.split("/")[2];
const token = localStorage.getItem(`margeride.room.${room}`) ?? "";
const last = signal(/** @type {any} */ (null));
const place = signal(/** @type {any} */ (null));
const step = signal("");
const problem = signal(/** @type {Error|null} */ (null));

async function load() {
  try {
    const { centres } = await get("/centres");
    place.value = centres.find((/** @type {any} */ centre) => centre.rooms.some((/** @type {any} */ one) => one.id === room)) ?? null;
    last.value = (await get(`/rooms/${room}/site-tests`)).site_test;
  } catch (error) {
    problem.value = /** @type {Error} */ (error);
  }
}

/** @param {string} name */
function tell(name) {
  step.value = name;
  announce(t(`site.step.${name}`));
}

/** A line that is in use is not tested: it stays untried. */
async function measureLine() {
  try {
    const { up_kbps, down_kbps, loss, rtt_ms } = await testLine(place.value.id, "udp", () => undefined);
    return { up_kbps, down_kbps, loss, rtt_ms };
  } catch (error) {
    if (error instanceof Problem && error.status === 401) throw error;
    return undefined;
  }
}

/** @param {HTMLVideoElement} video */
async function run(video) {
  problem.value = null;
  try {
    tell("camera");
    const camera = await measureCamera(video);
    const sound = await measureSound(tell);
    tell("clock");
    const clock = await measureClock(room);
    tell("line");
    const line = await measureLine();
    const sent = { camera, ...sound, ...(clock ? { clock } : {}), ...(line ? { line } : {}) };
    last.value = (await post(`/rooms/${room}/site-tests`, sent)).site_test;
    announce(t("site.done"));
  } catch (error) {
    problem.value = /** @type {Error} */ (error);
  } finally {
    step.value = "";
  }
}

function Body() {
  const video = useRef(/** @type {HTMLVideoElement|null} */ (null));
  if (!token && person.value === null) return html`<h1>${t("title.site-test")}</h1><${LogInFirst} />`;
  const running = step.value !== "";
  return html`<h1>${place.value ? t("site.title", { site: place.value.name }) : t("title.site-test")}</h1><p>${t("site.help")}</p>
    <${ProblemNotice} problem=${problem.value} />
    <div class="site-test"><video ref=${video} class="site-picture" muted playsinline aria-label=${t("site.picture")}></video>
      <div class="actions"><button class="button" type="button" disabled=${running || !place.value} onClick=${() => void run(/** @type {HTMLVideoElement} */ (video.current))}>${icon("check")}${t("site.run")}</button></div>
      ${running ? html`<${Notice} role="status"><p>${t(`site.step.${step.value}`)}</p><//>` : null}
      ${last.value?.at && !running ? html`<section class="card" aria-labelledby="result"><h2 id="result">${t("site.result", { at: showSeconds(new Date(last.value.at)) })}</h2><${Results} results=${last.value.results} /></section>` : null}</div>`;
}

if (token) useBearer(token);
else await findPerson();
mount("site-test", Body, { plain: token !== "" });
if (token || person.value) await load();
