// SPDX-License-Identifier: GPL-3.0-or-later
// Days on which a centre is closed or open beside its hours, and the bookings that fall in them.
import { get, post, remove } from "./api.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { announce, Notice, ProblemNotice } from "./shell.js";
import { addDays, between, dayOf, instant, iso, showDate, showDateBefore, showDay, showRange } from "./time.js";
import { html, useEffect, useState } from "./ui.js";

const LONGEST = 400;

/** @typedef {{id: string|null, kind: "closed"|"open", from: string, to: string, opens: string|null, closes: string|null, reason: string}} Closing */
/** @typedef {{kind: "closed"|"open", from: string, to: string, opens: string, closes: string, reason: string}} Form */

/** "Du 23 au 27 novembre 2026". @param {{from: string, to: string}} days */
function daysWords({ from, to }) {
  return from === to ? t("closing.day", { day: showDate(from) }) : t("planning.week_of", { from: showDateBefore(from, to), to: showDate(to) });
}

/** The bookings that hold a room of the centre on these days, in order.
 * @param {any} centre @param {{from: string, to: string}} days */
async function fallenUpon(centre, { from, to }) {
  const length = (Date.parse(to) - Date.parse(from)) / 86_400_000;
  if (!centre.rooms.length || !(length >= 0 && length < LONGEST)) return [];
  const query = new URLSearchParams({
    from: iso(instant(from, "00:00")), to: iso(instant(addDays(to, 1), "00:00")),
    rooms: centre.rooms.map((/** @type {any} */ room) => room.id).join(","),
  });
  const { busy } = await get(`/rooms/availability?${query}`);
  const seen = new Map(busy.filter((/** @type {any} */ each) => each.booking).map((/** @type {any} */ each) => [`${each.from} ${each.booking}`, each]));
  return [...seen.values()].sort((a, b) => a.from.localeCompare(b.from));
}

/** @param {{centre: any}} props */
export function Closings({ centre }) {
  const [closings, setClosings] = useState(/** @type {Closing[]|null} */ (null));
  const [problem, setProblem] = useState(/** @type {Error|null} */ (null));
  const [done, setDone] = useState(/** @type {any} */ (null));
  const load = () => get(`/centres/${centre.id}/closures`).then((answer) => setClosings(answer.closures), setProblem);
  useEffect(() => { void load(); }, []);
  const takeBack = async (/** @type {Closing} */ one) => {
    setProblem(null);
    setDone(null);
    try {
      await remove(`/centres/${centre.id}/closures/${one.id}`);
      announce(t("closing.removed", { days: daysWords(one) }));
      document.getElementById("closings-head")?.focus();
      await load();
    } catch (error) {
      setProblem(/** @type {Error} */ (error));
    }
  };
  const today = dayOf(new Date());
  return html`<section class="part" aria-labelledby="closings-head"><h2 id="closings-head" tabindex="-1">${t("closing.head")}</h2>
    <${ProblemNotice} problem=${problem} />
    <${Known} closings=${(closings ?? []).filter((one) => one.to >= today)} loaded=${closings !== null} takeBack=${takeBack} />
    ${done ? html`<${Done} done=${done} />` : null}
    <${Add} centre=${centre} today=${today} onAdded=${(/** @type {any} */ made) => { setDone(made); void load(); }} /></section>`;
}

/** @param {{closings: Closing[], loaded: boolean, takeBack: (one: Closing) => void}} props */
function Known({ closings, loaded, takeBack }) {
  if (!closings.length) return html`<p class="muted">${t(loaded ? "closing.none" : "loading")}</p>`;
  return html`<ul class="plain rows">${closings.map((one) => html`<li key=${one.id ?? one.from}>
    <div class="row-text"><strong>${daysWords(one)}</strong>
      <p class="muted small">${one.kind === "open" ? t("closing.open_hours", { hours: between(one.opens ?? "", one.closes ?? "") }) : t("closing.closed")}${one.reason ? ` · ${one.reason}` : ""}</p></div>
    ${one.id ? html`<button class="button button-quiet" type="button" onClick=${() => takeBack(one)}>${t("closing.remove")}<span class="hidden"> ${daysWords(one)}</span></button>`
      : html`<span class="muted small">${t("closing.of_file")}</span>`}</li>`)}</ul>`;
}

/** What was said, and whom to tell. @param {{done: {closure: Closing, fallen: any[]}}} props */
function Done({ done: { closure, fallen } }) {
  const words = t(`closing.done_${closure.kind}`, { days: daysWords(closure) });
  return html`<${Notice} kind=${fallen.length ? "warning" : "ok"} role="status"><p><strong>${words}</strong></p>
    ${fallen.length ? html`<p>${t("closing.stay", { n: fallen.length })}</p><${Bookings} fallen=${fallen} />` : null}<//>`;
}

/** @param {{fallen: any[]}} props */
function Bookings({ fallen }) {
  return html`<ul class="plain fallen">${fallen.map((one) => {
    const [from, to] = [new Date(one.from), new Date(one.to)];
    const query = new URLSearchParams({ view: "day", date: dayOf(from), booking: one.booking });
    return html`<li key=${one.from + one.booking}><a href=${`/?${query}`}>${one.title || t("planning.busy")}</a>, ${showDay(from)}, ${showRange(from, to)}</li>`;
  })}</ul>`;
}

/** @param {{centre: any, today: string, onAdded: (made: {closure: Closing, fallen: any[]}) => void}} props */
function Add({ centre, today, onAdded }) {
  const empty = { kind: /** @type {"closed"} */ ("closed"), from: "", to: "", opens: "", closes: "", reason: "" };
  const [form, setForm] = useState(/** @type {Form} */ (empty));
  const [faults, setFaults] = useState(/** @type {Record<string, string>} */ ({}));
  const [fallen, setFallen] = useState(/** @type {any[]} */ ([]));
  const [problem, setProblem] = useState(/** @type {Error|null} */ (null));
  const days = { from: form.from, to: form.to || form.from };
  useEffect(() => {
    let late = false;
    setFallen([]);
    if (form.kind === "closed" && days.from) fallenUpon(centre, days).then((found) => { if (!late) setFallen(found); }, () => undefined);
    return () => { late = true; };
  }, [form.kind, days.from, days.to]);
  const edit = (/** @type {Partial<Form>} */ change) => setForm({ ...form, ...change });
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setProblem(null);
    if (!check(form, setFaults)) return;
    const hours = form.kind === "open" ? { opens: form.opens, closes: form.closes } : {};
    try {
      const made = await post(`/centres/${centre.id}/closures`, { kind: form.kind, ...days, ...hours, reason: form.reason.trim() });
      const told = new Set(made.bookings);
      onAdded({ closure: made.closure, fallen: fallen.filter((one) => told.has(one.booking)) });
      setForm(empty);
    } catch (error) {
      setProblem(/** @type {Error} */ (error));
    }
  };
  return html`<form class="card" onSubmit=${submit} novalidate aria-labelledby="closing-add"><h3 id="closing-add">${t("closing.add")}</h3>
    <${ProblemNotice} problem=${problem} />
    <fieldset class="field kinds"><legend class="hidden">${t("closing.kind")}</legend>${/** @type {const} */ (["closed", "open"]).map((kind) => html`<label class="tick" key=${kind}>
      <input type="radio" name="kind" checked=${form.kind === kind} onChange=${() => edit({ kind })} /><span>${t(`closing.kind_${kind}`)}</span></label>`)}</fieldset>
    <div class="fields">${field("from", "date", { min: today })}${field("to", "date", { min: form.from || today, required: false })}
      ${form.kind === "open" ? html`${field("opens", "time", { step: 900 })}${field("closes", "time", { step: 900 })}` : null}</div>
    ${field("reason", "text", { maxlength: 200, autocomplete: "off", required: false })}
    <div role="status">${fallen.length ? html`<p><strong>${t("closing.falls_on", { n: fallen.length })}</strong></p><${Bookings} fallen=${fallen} />` : null}</div>
    <div class="actions"><button class="button" type="submit">${icon("check")}${t(`closing.send_${form.kind}`)}</button></div></form>`;

  /** @param {"from"|"to"|"opens"|"closes"|"reason"} name @param {string} type @param {Record<string, any>} [more] */
  function field(name, type, more = {}) {
    const key = `closing-${name}`;
    return html`<div class="field"><label for=${key}>${t(`closing.${name}`)}</label>
      <input id=${key} class="input" type=${type} required value=${form[name]} ...${more}
        aria-invalid=${faults[name] ? "true" : undefined} aria-describedby=${faults[name] ? `${key}-fault` : undefined}
        onInput=${(/** @type {any} */ event) => edit({ [name]: event.target.value })} />
      ${faults[name] ? html`<p class="error" id=${`${key}-fault`}>${faults[name]}</p>` : null}</div>`;
  }
}

/** Whether all is said; else the first field that is not gets the focus.
 * @param {Form} form @param {(faults: Record<string, string>) => void} tell */
function check(form, tell) {
  /** @type {Record<string, string>} */
  const found = {};
  if (!form.from) found.from = t("booking.day_missing");
  if (form.to && form.to < form.from) found.to = t("closing.to_before_from");
  if (form.kind === "open" && !form.opens) found.opens = t("closing.hours_missing");
  if (form.kind === "open" && (!form.closes || (form.closes <= form.opens && form.closes !== "00:00"))) found.closes = t("booking.to_before_from");
  tell(found);
  const first = Object.keys(found)[0];
  if (first) document.getElementById(`closing-${first}`)?.focus();
  return !first;
}
