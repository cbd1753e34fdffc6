// SPDX-License-Identifier: GPL-3.0-or-later
// A person's own calendars: how a program connects, by which passwords, and which colleagues see them.
import { get, post, remove } from "./api.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { Sharing } from "./sharing.js";
import { announce, copy, findPerson, LogInFirst, mount, Notice, person, ProblemNotice } from "./shell.js";
import { dayOf, showDate } from "./time.js";
import { html, signal, useState } from "./ui.js";

const CLIENTS = ["thunderbird", "apple", "android", "outlook", "gnome"];

const access = signal(/** @type {any} */ (null));
const problem = signal(/** @type {Error|null} */ (null));

async function load() {
  try {
    access.value = await get("/me/app-passwords");
  } catch (error) {
    problem.value = /** @type {Error} */ (error);
  }
}

function Body() {
  const found = access.value;
  return html`<div class="page-head"><div><h1>${t("title.calendars")}</h1><p class="muted">${t("calendars.help")}</p></div></div>
    <${ProblemNotice} problem=${problem.value} />
    ${person.value === null ? html`<${LogInFirst} />` : found ? html`<${Connect} access=${found} /><${Passwords} access=${found} /><${Sharing} />`
      : problem.value ? null : html`<p class="boot">${t("loading")}</p>`}`;
}

/** @param {{access: any}} props */
function Connect({ access: { address, login } }) {
  return html`<section class="part" aria-labelledby="connect-head"><h2 id="connect-head">${t("calendars.connect")}</h2>
    <ol class="steps"><li>${t("calendars.step_password")}</li><li>${t("calendars.step_account")}
      <dl class="facts"><div><dt>${t("calendars.address")}</dt><dd><code>${address}</code>
        <button class="button button-quiet" type="button" onClick=${() => void copy(address)}>${icon("copy")}${t("calendars.copy_address")}</button></dd></div>
      <div><dt>${t("login.login")}</dt><dd><code>${login}</code></dd></div></dl></li>
      <li>${t("calendars.step_rooms")}</li></ol>
    <details><summary>${t("calendars.clients")}</summary><dl class="clients">${CLIENTS.map((name) => html`<div key=${name}><dt>${t(`client.${name}.name`)}</dt><dd>${t(`client.${name}.how`)}</dd></div>`)}</dl></details></section>`;
}

/** @param {{access: any}} props */
function Passwords({ access: { app_passwords: passwords } }) {
  const [made, setMade] = useState(/** @type {any} */ (null));
  const [trouble, setTrouble] = useState(/** @type {Error|null} */ (null));
  const revoke = async (/** @type {any} */ one) => {
    setTrouble(null);
    try {
      await remove(`/me/app-passwords/${one.id}`);
      if (made?.app_password.id === one.id) setMade(null);
      announce(t("passwords.revoked", { label: nameOf(one) }));
      document.getElementById("passwords-head")?.focus();
      await load();
    } catch (error) {
      setTrouble(/** @type {Error} */ (error));
    }
  };
  return html`<section class="part" aria-labelledby="passwords-head"><h2 id="passwords-head" tabindex="-1">${t("passwords.head")}</h2>
    <p class="muted">${t("passwords.help")}</p>
    <${ProblemNotice} problem=${trouble} />
    ${made ? html`<${Made} made=${made} />` : null}
    ${passwords.length ? html`<ul class="plain rows">${passwords.map((/** @type {any} */ one) => html`<${Password} key=${one.id} one=${one} revoke=${revoke} />`)}</ul>`
      : html`<p>${t("passwords.none")}</p>`}
    <${Make} onMade=${(/** @type {any} */ answer) => { setMade(answer); void load(); }} /></section>`;
}

/** @param {any} one */
const nameOf = (one) => one.label || t("passwords.unnamed");

/** @param {{one: any, revoke: (one: any) => Promise<void>}} props */
function Password({ one, revoke }) {
  const [sure, setSure] = useState(false);
  const used = one.used_on ? t("passwords.used", { day: showDate(one.used_on) }) : t("passwords.never_used");
  return html`<li><div class="row-text"><strong>${nameOf(one)}</strong>
      <p class="muted small">${t("passwords.made_on", { day: showDate(dayOf(new Date(one.created_at))) })} · ${used}</p></div>
    ${sure ? html`<div class="actions row-sure" role="group" aria-label=${t("passwords.sure")}><p>${t("passwords.sure")}</p>
        <button class="button button-danger" type="button" onClick=${() => void revoke(one)}>${t("passwords.revoke_yes")}</button>
        <button class="button button-quiet" type="button" onClick=${() => setSure(false)}>${t("passwords.revoke_no")}</button></div>`
      : html`<button class="button button-quiet" type="button" onClick=${() => setSure(true)}>${t("passwords.revoke")}<span class="hidden"> ${nameOf(one)}</span></button>`}</li>`;
}

/** Shown once, and told so. @param {{made: any}} props */
function Made({ made: { app_password: one, password } }) {
  return html`<${Notice} kind="ok" role="status"><p><strong>${t("passwords.made", { label: nameOf(one) })}</strong></p>
    <p><code class="secret">${password}</code></p><p>${t("passwords.once")}</p>
    <div class="actions"><button class="button" type="button" onClick=${() => void copy(password)}>${icon("copy")}${t("passwords.copy")}</button></div><//>`;
}

/** @param {{onMade: (answer: any) => void}} props */
function Make({ onMade }) {
  const [label, setLabel] = useState("");
  const [trouble, setTrouble] = useState(/** @type {Error|null} */ (null));
  const [fault, setFault] = useState("");
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setTrouble(null);
    setFault(label.trim() ? "" : t("passwords.label_missing"));
    if (!label.trim()) return document.getElementById("password-label")?.focus();
    try {
      onMade(await post("/me/app-passwords", { label: label.trim() }));
      setLabel("");
    } catch (error) {
      setTrouble(/** @type {Error} */ (error));
    }
    return undefined;
  };
  return html`<form class="card" onSubmit=${submit} novalidate>
    <${ProblemNotice} problem=${trouble} />
    <div class="field"><label for="password-label">${t("passwords.label")}</label>
      <input id="password-label" class="input" maxlength="60" autocomplete="off" required value=${label} aria-describedby=${fault ? "password-label-hint password-label-fault" : "password-label-hint"}
        aria-invalid=${fault ? "true" : undefined} onInput=${(/** @type {any} */ event) => setLabel(event.target.value)} />
      <p class="hint" id="password-label-hint">${t("passwords.label_hint")}</p>
      ${fault ? html`<p class="error" id="password-label-fault">${fault}</p>` : null}</div>
    <div class="actions"><button class="button" type="submit">${icon("plus")}${t("passwords.make")}</button></div></form>`;
}

await findPerson();
if (person.value) await load();
mount("calendars", Body);
