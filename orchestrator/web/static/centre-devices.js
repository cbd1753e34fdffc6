// SPDX-License-Identifier: GPL-3.0-or-later
// What is paired with the rooms and desks of a centre, a code to pair more, and putting one out.
import { get, listen, post, remove } from "./api.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { announce, Notice, ProblemNotice } from "./shell.js";
import { dayOf, showClock, showDate } from "./time.js";
import { html, useEffect, useState } from "./ui.js";

/** @typedef {{id: string, kind: "kiosk"|"agent"|"panel"|"desk", room: string|null, desk: string|null, paired_at: string, seen_at: string|null}} Device */
/** A room or a desk. @typedef {{id: string, name: string, desk: boolean}} Place */
/** `before`: what was paired when it was made. @typedef {{place: string, code: string, expires_at: string, before: Set<string>}} Made */

const HEARD = ["hello", "device.paired", "device.revoked"];
const ASK_EVERY = 2_000;

/** @param {{centre: any}} props */
export function Devices({ centre }) {
  const [found, setFound] = useState(/** @type {{devices: Device[], desks: {id: string, name: string}[]}|null} */ (null));
  const [problem, setProblem] = useState(/** @type {Error|null} */ (null));
  const [made, setMade] = useState(/** @type {Made|null} */ (null));
  const load = () => get(`/centres/${centre.id}/devices`).then(setFound, setProblem);
  useEffect(() => {
    void load();
    return listen((event) => { if (HEARD.includes(event.kind)) void load(); });
  }, []);
  // A code is good once: it goes with the device that was paired by it.
  useEffect(() => {
    const come = made && found?.devices.find((one) => (one.desk ?? one.room) === made.place && !made.before.has(one.id));
    if (!come) return;
    setMade(null);
    announce(t("paired.done", { what: t(`paired.${come.kind}`) }));
  }, [found]);
  // While a code waits to be typed, so that what was paired with it is seen at once.
  useEffect(() => {
    if (!made) return undefined;
    const asking = setInterval(() => {
      if (Date.parse(made.expires_at) < Date.now()) setMade(null);
      void load();
    }, ASK_EVERY);
    return () => clearInterval(asking);
  }, [made]);
  const act = async (/** @type {() => Promise<void>} */ deed) => {
    setProblem(null);
    try {
      await deed();
    } catch (error) {
      setProblem(/** @type {Error} */ (error));
    }
  };
  const make = (/** @type {Place} */ place) => act(async () => {
    const answer = place.desk ? await post(`/desks/${place.id}/pairings`) : await post("/pairings", { room: place.id });
    setMade({ place: place.id, before: new Set(found?.devices.map((one) => one.id)), ...answer });
  });
  const putOut = (/** @type {Device} */ one, /** @type {Place} */ place) => act(async () => {
    await remove(`/devices/${one.id}`);
    announce(t("paired.gone", { what: t(`paired.${one.kind}`), place: place.name }));
    document.getElementById("paired-head")?.focus();
    await load();
  });
  return html`<section class="part" aria-labelledby="paired-head"><h2 id="paired-head" tabindex="-1">${t("paired.head")}</h2>
    <p class="muted">${t("paired.help")}</p>
    <${ProblemNotice} problem=${problem} />
    ${found ? placesOf(centre, found.desks).map((place) => html`<${At} key=${place.id} place=${place} made=${made?.place === place.id ? made : null}
      devices=${found.devices.filter((one) => (one.desk ?? one.room) === place.id)} make=${make} putOut=${putOut} />`)
      : problem ? null : html`<p class="boot">${t("loading")}</p>`}</section>`;
}

/** @param {any} centre @param {{id: string, name: string}[]} desks @returns {Place[]} */
function placesOf(centre, desks) {
  const of = (/** @type {any} */ { id, name }, /** @type {boolean} */ desk) => ({ id, name, desk });
  return [...centre.rooms.map((/** @type {any} */ room) => of(room, false)), ...desks.map((desk) => of(desk, true))];
}

/** @param {{place: Place, devices: Device[], made: Made|null, make: (place: Place) => void, putOut: (one: Device, place: Place) => Promise<void>}} props */
function At({ place, devices, made, make, putOut }) {
  const head = `paired-${place.id}`;
  return html`<div class="card" role="group" aria-labelledby=${head}><p id=${head}><strong>${place.name}</strong></p>
    ${devices.length ? html`<ul class="plain rows">${devices.map((one) => html`<${Row} key=${one.id} one=${one} putOut=${() => putOut(one, place)} />`)}</ul>`
      : html`<p class="muted">${t("paired.none")}</p>`}
    ${made ? html`<${Code} place=${place} made=${made} />` : null}
    <div class="actions"><button class="button button-quiet" type="button" onClick=${() => make(place)}>${icon("plus")}${t("paired.make")}<span class="hidden"> ${place.name}</span></button></div></div>`;
}

/** @param {{one: Device, putOut: () => Promise<void>}} props */
function Row({ one, putOut }) {
  const [sure, setSure] = useState(false);
  const name = t(`paired.${one.kind}`);
  const facts = [t("paired.since", { day: showDate(dayOf(new Date(one.paired_at))) })];
  if (one.seen_at) facts.push(t("paired.seen", { day: showDate(dayOf(new Date(one.seen_at))), clock: showClock(new Date(one.seen_at)) }));
  return html`<li><div class="row-text"><strong>${name}</strong><p class="muted small">${facts.join(" · ")}</p></div>
    ${sure ? html`<div class="actions row-sure" role="group" aria-label=${t("paired.sure")}><p>${t("paired.sure")}</p>
        <button class="button button-danger" type="button" onClick=${() => void putOut()}>${t("paired.put_out_yes")}</button>
        <button class="button button-quiet" type="button" onClick=${() => setSure(false)}>${t("paired.put_out_no")}</button></div>`
      : html`<button class="button button-quiet" type="button" onClick=${() => setSure(true)}>${t("paired.put_out")}<span class="hidden"> ${name}</span></button>`}</li>`;
}

/** In groups of four, as it is typed. @param {{place: Place, made: Made}} props */
function Code({ place, made: { code, expires_at } }) {
  const digits = code.replace(/(\d{4})(?=\d)/g, "$1\u00a0");
  const pages = place.desk ? [["desk", `/desks/${place.id}`]] : [["kiosk", `/rooms/${place.id}/screen`], ["panel", `/rooms/${place.id}/panel`]];
  return html`<${Notice} kind="ok" role="status"><p><code class="code">${digits}</code></p>
    <p>${t("paired.code", { clock: showClock(new Date(expires_at)) })}</p>
    <dl class="places">${pages.map(([kind, path]) => html`<div key=${kind}><dt>${t(`paired.${kind}`)}</dt><dd><code>${location.origin}${path}</code></dd></div>`)}
      ${place.desk ? null : html`<div><dt>${t("paired.agent")}</dt><dd><code>margeride agent pair ${code}</code></dd></div>`}</dl><//>`;
}
