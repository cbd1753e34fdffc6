// SPDX-License-Identifier: GPL-3.0-or-later
// What every page shares: header, announcements, notices, mounting.
import { logOut, me } from "./api.js";
import { icon } from "./icons.js";
import { language, t } from "./i18n.js";
import { html, render, signal } from "./ui.js";

/** Who is logged in: undefined until known, null for nobody.
 * @type {import("./vendor/types.js").Signal<import("./api.js").Person|null|undefined>} */
export const person = signal(undefined);

/** May this person book? */
export const mayBook = () => ["admin", "animateur", "trainer", "booker"].includes(person.value?.role ?? "");

/** Does this person say how the rooms of a centre are booked, and when it is closed? @param {string} centre */
export const settles = (centre) => person.value?.role === "admin" || (person.value?.role === "animateur" && person.value.centres.includes(centre));

/** Is this person rung by the reception desks? */
const attends = () => ["admin", "animateur"].includes(person.value?.role ?? "");

/** Say something to those who listen to the page, without moving the focus. @param {string} text */
export function announce(text) {
  const place = document.getElementById("announce");
  if (!place) return;
  place.textContent = "";
  setTimeout(() => { place.textContent = text; }, 50);
}

/** @param {{kind?: "info"|"ok"|"warning"|"bad", role?: string, children?: any}} props */
export function Notice({ kind = "info", role, children }) {
  const drawing = { info: "clock", ok: "check", warning: "warning", bad: "warning" }[kind];
  return html`<div class=${`notice notice-${kind}`} role=${role}>${icon(drawing)}<div>${children}</div></div>`;
}

/** An error of the API, said to people. @param {{problem: Error|null}} props */
export function ProblemNotice({ problem }) {
  return problem ? html`<${Notice} kind="bad" role="alert"><p>${problem.message}</p><//>` : null;
}

/** @param {{page: string, plain?: boolean}} props */
function Header({ page, plain }) {
  return html`<header class="top">
    <a class="brand" href="/">${mark()}<span>${t("brand")}</span></a>
    ${plain ? null : html`<nav aria-label=${t("nav.label")}><ul>
      ${tab("/", "planning", page)}${tab("/centres", "network", page)}${attends() ? tab("/desks", "desks", page) : null}${person.value ? tab("/calendars", "calendars", page) : null}
    </ul></nav>`}
    <div class="top-end">${languageLink()}${plain ? null : whoIsHere()}</div>
  </header>`;
}

/** @param {string} href @param {string} name @param {string} page */
function tab(href, name, page) {
  return html`<li><a href=${href} aria-current=${page === name ? "page" : undefined}>${t(`title.${name}`)}</a></li>`;
}

function mark() {
  return html`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <path d="M2 25 11 9l5 8 4-6 10 14z" /><circle cx="24" cy="7" r="3" /></svg>`;
}

function languageLink() {
  const other = language === "fr" ? "en" : "fr";
  const url = new URL(location.href);
  url.searchParams.set("lang", other);
  return html`<a class="quiet" href=${url.pathname + url.search} lang=${other} hreflang=${other}>${t("nav.other_language")}</a>`;
}

function whoIsHere() {
  if (person.value === undefined) return null;
  if (person.value === null) {
    const next = encodeURIComponent(location.pathname + location.search);
    return html`<a class="button button-quiet" href=${`/login?next=${next}`}>${t("nav.login")}</a>`;
  }
  const out = async () => { await logOut().catch(() => undefined); location.reload(); };
  return html`<span class="who">${icon("person")}<span>${person.value.name}</span></span>
    <button class="button button-quiet" type="button" onClick=${out}>${t("nav.logout")}</button>`;
}

/** Draw the page. @param {string} page @param {any} Body component of the main part
 * @param {{plain?: boolean, kiosk?: boolean}} [options] plain: no navigation; kiosk: no header */
export function mount(page, Body, { plain = false, kiosk = false } = {}) {
  const header = document.getElementById("header");
  if (header && !kiosk) render(html`<${Header} page=${page} plain=${plain} />`, header);
  const main = /** @type {HTMLElement} */ (document.getElementById("main"));
  main.replaceChildren();
  render(html`<${Body} />`, main);
}

/** What to say instead of a page that is for people with an account. */
export function LogInFirst() {
  const next = encodeURIComponent(location.pathname + location.search);
  return html`<${Notice}><p>${t("login.first")}</p><p><a class="button" href=${`/login?next=${next}`}>${t("nav.login")}</a></p><//>`;
}

/** Ask who is logged in; a failure counts as nobody. */
export async function findPerson() {
  person.value = await me().catch(() => null);
}

/** Copy, and say so. @param {string} text */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    announce(t("copied"));
  } catch {
    announce(t("copy_failed"));
  }
}
