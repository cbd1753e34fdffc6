// SPDX-License-Identifier: GPL-3.0-or-later
// The plan of a ceremony: its people with their links, what is not ready yet, its rehearsals, and what got worse since.
import { get, listen, post } from "./api.js";
import { Lines, Results, State, when } from "./ceremony-words.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { announce, copy, findPerson, LogInFirst, mount, Notice, person, ProblemNotice } from "./shell.js";
import { dayWithin, setZone, showClock, showSeconds } from "./time.js";
import { html, signal } from "./ui.js";

const id = location.pathname.split("/")[2];
const session = signal(/** @type {any} */ (null));
const plan = signal(/** @type {any} */ (null));
const shown = signal(/** @type {any} */ (null));
const checks = signal(/** @type {any[]|null} */ (null));
const problem = signal(/** @type {Error|null} */ (null));
const ready = signal(false);

async function load() {
  try {
    const [found, reports] = await Promise.all([get(`/sessions/${id}`), get(`/sessions/${id}/rehearsals`)]);
    session.value = found.session;
    shown.value = reports;
    plan.value = (await get(`/sessions/${id}/ceremony`).catch(() => ({ ceremony: null }))).ceremony;
    checks.value = (await get(`/sessions/${id}/checks`).catch(() => ({ checks: null }))).checks;
    problem.value = null;
  } catch (error) {
    problem.value = /** @type {Error} */ (error);
  }
  ready.value = true;
}

/** @param {string} act @param {string} said */
async function act(act, said) {
  try {
    await post(`/sessions/${id}/${act}`);
    announce(said);
    await load();
  } catch (error) {
    problem.value = /** @type {Error} */ (error);
  }
}

function Body() {
  if (person.value === null) return html`<h1>${t("title.ceremony")}</h1><${LogInFirst} />`;
  if (!session.value) return html`<h1>${t("title.ceremony")}</h1>${ready.value ? html`<${ProblemNotice} problem=${problem.value} />` : html`<p class="boot">${t("loading")}</p>`}`;
  return html`<div class="page-head"><div><p class="muted">${t("title.ceremony")}</p><h1>${session.value.title}</h1>
      <p>${when([session.value.starts_at, session.value.ends_at])}</p></div>
      <div class="head-actions no-print"><a class="button button-quiet" href=${`/sessions/${id}/stage`}>${icon("screen")}${t("title.stage")}</a>
        <button class="button button-quiet" type="button" onClick=${() => print()}>${icon("printer")}${t("ceremony.print")}</button></div></div>
    <${ProblemNotice} problem=${problem.value} />
    <div class="ceremony-parts"><${Rehearse} />${checks.value ? html`<${Checks} />` : null}${plan.value ? html`<${Sites} /><${People} />` : null}<${Reports} /></div>`;
}

/** Where the rehearsal stands, and the one button that begins or ends it. */
function Rehearse() {
  const goes = session.value.state === "rehearsal";
  const waits = session.value.state === "booked";
  return html`<section class="card no-print" aria-labelledby="rehearse"><h2 id="rehearse">${icon("clock")}${t("ceremony.rehearsal")}</h2>
    ${plan.value ? html`<p>${plan.value.rehearsal.text}</p>` : null}
    ${goes ? html`<${Notice} kind="warning" role="status"><p>${t("ceremony.goes_on")}</p><//>` : html`<p class="muted">${t("ceremony.rehearse_help")}</p>`}
    <div class="actions">${goes ? html`<button class="button" type="button" onClick=${() => void act("end", t("ceremony.said.ended"))}>${icon("check")}${t("ceremony.end")}</button>`
      : html`<button class="button" type="button" disabled=${!waits} onClick=${() => void act("rehearse", t("ceremony.said.began"))}>${icon("enter")}${t("ceremony.begin")}</button>`}</div></section>`;
}

/** What is not ready, with what to do. */
function Checks() {
  const failing = (checks.value ?? []).filter((one) => !one.passed);
  return html`<section class="card" aria-labelledby="checks"><h2 id="checks">${icon("check")}${t("ceremony.checks")}</h2>
    ${failing.length ? html`<ul class="plain rows">${failing.map((one) => html`<li key=${one.key + one.room}><div class="row-text"><p>${one.text}</p><p class="muted">${one.remedy}</p></div>
      <${State} state=${one.needed ? "failed" : "weak"} /></li>`)}</ul>` : html`<p>${t("ceremony.all_ready")}</p>`}</section>`;
}

function Sites() {
  return html`<section class="card" aria-labelledby="sites"><h2 id="sites">${icon("place")}${t("ceremony.where")}</h2><${Lines} sites=${plan.value.sites} />
    <p class="no-print">${plan.value.sites.map((/** @type {any} */ site) => html`<a key=${site.room} class="button button-quiet" href=${`/rooms/${site.room}/test`}>${icon("check")}${t("ceremony.test", { site: site.name })}</a> `)}</p></section>`;
}

function People() {
  const names = new Map(plan.value.sites.map((/** @type {any} */ site) => [site.room, site.name]));
  if (!plan.value.people.length) return null;
  return html`<section class="card" aria-labelledby="people"><h2 id="people">${icon("people")}${t("ceremony.who")}</h2><p class="muted">${t("ceremony.links_help")}</p>
    <ul class="plain rows">${plan.value.people.map((/** @type {any} */ one) => html`<li key=${one.link ?? one.name}><div class="row-text"><strong>${one.name}</strong>
      <span class="muted"> ${t(`ceremony.part.${one.part}`)}, ${names.get(one.room) ?? t("ceremony.elsewhere")}</span></div>
      ${one.link ? html`<button class="button button-quiet no-print" type="button" onClick=${() => void copy(one.link)}>${icon("copy")}${t("ceremony.copy", { name: one.name })}</button>` : null}</li>`)}</ul></section>`;
}

function Reports() {
  const told = shown.value.rehearsals.filter((/** @type {any} */ one) => one.report).reverse();
  const worse = shown.value.today.worse;
  return html`${told.length ? html`<section class="card" aria-labelledby="today"><h2 id="today">${icon("line")}${t("ceremony.today")}</h2>
      ${worse.length ? html`<ul class="plain rows">${worse.map((/** @type {any} */ one) => html`<li key=${one.text}><div class="row-text"><p><strong>${one.text}</strong></p><p class="muted">${one.remedy}</p></div></li>`)}</ul>`
        : html`<p>${t(shown.value.today.sites.length ? "ceremony.nothing_worse" : "ceremony.not_tested")}</p>`}</section>` : null}
    ${told.map((/** @type {any} */ one) => html`<${Report} key=${one.id} one=${one} />`)}`;
}

/** @param {{one: any}} props */
function Report({ one }) {
  const began = new Date(one.began_at);
  const head = `report-${one.id}`;
  return html`<section class="card" aria-labelledby=${head}><h2 id=${head}>${icon("paper")}${t("ceremony.report", { day: dayWithin(began), at: showClock(began) })}</h2>
    ${one.report.sites.map((/** @type {any} */ site) => html`<h3 key=${site.room}>${site.name}</h3><${Results} results=${site.results} />`)}
    <h3>${t("ceremony.cues")}</h3>
    ${one.report.cues.length ? html`<div class="scrolls" tabindex="0" role="group" aria-label=${t("ceremony.cues")}><table><thead><tr>${["cue", "at", "late", "over", "spread", "without"].map((name) => html`<th key=${name} scope="col">${t(`ceremony.column.${name}`)}</th>`)}</tr></thead>
      <tbody>${one.report.cues.map((/** @type {any} */ cue) => html`<tr key=${cue.started_at}><th scope="row">${cue.title}</th><td>${showSeconds(new Date(cue.started_at))}</td><td>${seconds(cue.late)}</td>
        <td>${seconds(cue.over)}</td><td>${cue.spread_ms === null ? "–" : `${cue.spread_ms} ms`}</td><td>${cue.without.join(", ") || "–"}</td></tr>`)}</tbody></table></div>` : html`<p>${t("ceremony.no_cues")}</p>`}
    ${one.report.unplayed.length ? html`<p>${t("ceremony.unplayed", { cues: one.report.unplayed.join(", ") })}</p>` : null}
    <h3>${t("ceremony.incidents")}</h3>
    ${one.report.incidents.length ? html`<ul>${one.report.incidents.map((/** @type {any} */ each) => html`<li key=${each.at + each.text}>${showSeconds(new Date(each.at))} · ${each.site} · ${each.text}</li>`)}</ul>` : html`<p>${t("ceremony.no_incidents")}</p>`}</section>`;
}

/** @param {number|null} value */
function seconds(value) {
  if (value === null) return "–";
  return `${value > 0 ? "+" : ""}${value} s`;
}

mount("ceremony", Body);
await findPerson();
if (person.value) {
  await get("/centres").then(({ centres }) => setZone(centres[0]?.zone)).catch(() => undefined);
  await load();
  listen(({ kind }) => { if (kind.startsWith("session.") || kind.startsWith("site.") || kind === "room.site-test") void load(); });
}
