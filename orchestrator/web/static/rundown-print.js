// SPDX-License-Identifier: GPL-3.0-or-later
// The run of show on paper: A4, black on white, one row for each cue.
import { get } from "./api.js";
import { icon } from "./icons.js";
import { language, t } from "./i18n.js";
import { findPerson, LogInFirst, mount, person, ProblemNotice } from "./shell.js";
import { counted } from "./stage-rundown.js";
import { dayWithin, dayOf, setZone, showClock, showDate, showDay, showSeconds } from "./time.js";
import { html, signal } from "./ui.js";

const SESSION = location.pathname.split("/")[2];
const head = signal(/** @type {any} */ (null));
const rundown = signal(/** @type {any} */ (null));
const problem = signal(/** @type {Error|null} */ (null));

/** @param {string} room */
const nameOf = (room) => head.value.sites.find((/** @type {any} */ each) => each.room === room)?.name ?? room;
/** @param {string[]} rooms */
const names = (rooms) => rooms.map(nameOf).join(", ");

async function look() {
  try {
    const found = await Promise.all([get(`/sessions/${SESSION}/rundown/head`), get(`/sessions/${SESSION}/rundown`)]);
    setZone(found[0].zone);
    [head.value, rundown.value] = found;
  } catch (error) {
    problem.value = /** @type {Error} */ (error);
  }
}

function Body() {
  if (person.value === null) return html`<h1>${t("title.rundown-print")}</h1><${LogInFirst} />`;
  if (!rundown.value) return html`<h1>${t("title.rundown-print")}</h1>${problem.value ? html`<${ProblemNotice} problem=${problem.value} />` : html`<p class="boot">${t("loading")}</p>`}`;
  return html`<p class="sheet-tools"><button class="button" type="button" onClick=${() => { window.print(); }}>${icon("printer")}${t("sheet.print")}</button>
      <a class="button button-quiet" href=${`/sessions/${SESSION}/stage`}>${icon("left")}${t("sheet.back")}</a></p>
    <article class="sheet"><${Head} /><${Cues} /></article>`;
}

function Head() {
  const { title, starts_at, ends_at, director, deputies, sites } = head.value;
  const from = new Date(starts_at);
  const when = { day: `${language === "fr" ? dayWithin(from) : showDay(from)} ${dayOf(from).slice(0, 4)}`, from: showClock(from), to: showClock(new Date(ends_at)) };
  return html`<header class="sheet-head"><p class="sheet-kind">${t("sheet.cues")}</p><h1>${title}</h1><p class="sheet-when">${t("sheet.when", when)}</p>
    <dl class="sheet-people"><div><dt>${t("sheet.director")}</dt><dd>${director}</dd></div>
      ${deputies.length ? html`<div><dt>${t("sheet.deputies")}</dt><dd>${deputies.join(", ")}</dd></div>` : null}</dl>
    <table class="sheet-sites"><caption class="hidden">${t("sheet.sites")}</caption><thead><tr>${["site", "role", "phone"].map((each) => html`<th scope="col">${t(`sheet.${each}`)}</th>`)}</tr></thead>
      <tbody>${sites.map((/** @type {any} */ site) => html`<tr><th scope="row">${site.name}</th><td>${t(`sheet.role.${site.role}`)}</td>
        <td class="sheet-phone">${site.phone || html`<span class="hidden">${t("sheet.phone_of", { name: site.name })}</span><span class="sheet-blank" aria-hidden="true"></span>`}</td></tr>`)}</tbody></table></header>`;
}

function Cues() {
  const { cues, planned_end, version, now } = rundown.value;
  if (!cues.length) return html`<p>${t("sheet.empty")}</p>`;
  const printed = new Date(now);
  return html`<div class="sheet-scroll" role="region" aria-label=${t("sheet.cues")} tabindex="0"><table class="sheet-cues"><thead><tr>
      ${["number", "hour", "length", "what", "on_air", "tick"].map((each) => html`<th scope="col" class=${`sheet-${each}`}>${t(`sheet.${each}`)}</th>`)}</tr></thead>
    <tbody>${cues.map((/** @type {any} */ cue, /** @type {number} */ index) => html`<${Cue} key=${cue.id} cue=${cue} index=${index} />`)}</tbody></table></div>
    <p class="sheet-foot">${t("sheet.end", { hour: showClock(new Date(planned_end)) })} · ${t("sheet.version", { version, day: showDate(dayOf(printed)), hour: showClock(printed) })}</p>`;
}

/** To the second where the hour is not a whole minute. @param {string} instant */
const hourOf = (instant) => (Date.parse(instant) % 60_000 ? showSeconds : showClock)(new Date(instant));

/** @param {{cue: any, index: number}} props */
function Cue({ cue, index }) {
  const more = [
    cue.people && t("sheet.who", { people: cue.people }), cue.text && t("sheet.text", { text: cue.text }), cue.sites.length && t("sheet.concerned", { names: names(cue.sites) }),
    cue.substitute && t("sheet.substitute", { name: nameOf(cue.substitute) }), cue.slate && t("sheet.slate", { text: cue.slate }), cue.notes && t("sheet.notes", { notes: cue.notes }),
  ].filter(Boolean);
  return html`<tr><td class="sheet-number">${cue.number || index + 1}</td><td class="sheet-hour">${hourOf(cue.planned_start)}</td><td class="sheet-length">${cue.duration ? counted(cue.duration) : "–"}</td>
    <th scope="row" class="sheet-what"><span class="sheet-title">${cue.title}</span><span class="sheet-sort">${[t(`cue.${cue.kind}`), cue.layout && t(`stage.layout.${cue.layout}`)].filter(Boolean).join(" · ")}</span>
      ${more.map((line) => html`<span class="sheet-more">${line}</span>`)}</th>
    <td class="sheet-on_air">${names(cue.on_air) || "–"}</td><td class="sheet-tick"><span class="sheet-box" role="img" aria-label=${t("sheet.tick_of", { title: cue.title })}></span></td></tr>`;
}

await findPerson();
if (person.value) await look();
mount("rundown-print", Body);
