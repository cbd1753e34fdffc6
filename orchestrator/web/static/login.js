// SPDX-License-Identifier: GPL-3.0-or-later
import { logIn } from "./api.js";
import { t } from "./i18n.js";
import { findPerson, mount, ProblemNotice } from "./shell.js";
import { html, signal } from "./ui.js";

const problem = signal(/** @type {Error|null} */ (null));
const busy = signal(false);

/** Where to go next: on this origin only. A path that begins with `//` names another one. */
function next() {
  const wish = new URL(new URLSearchParams(location.search).get("next") ?? "/", location.origin);
  const ours = wish.origin === location.origin && !wish.pathname.startsWith("//");
  return ours ? wish : new URL("/", location.origin);
}

async function submit(/** @type {any} */ event) {
  event.preventDefault();
  const form = new FormData(event.target);
  busy.value = true;
  try {
    const person = await logIn(String(form.get("login")), String(form.get("password")));
    const target = next();
    if (["fr", "en"].includes(person.locale)) target.searchParams.set("lang", person.locale);
    location.assign(target);
  } catch (error) {
    problem.value = /** @type {Error} */ (error);
    document.getElementById("login")?.focus();
  }
  busy.value = false;
}

function Body() {
  return html`<div class="narrow"><h1>${t("title.login")}</h1>
    <p class="muted">${t("login.help")}</p>
    <form class="card" onSubmit=${submit}>
      <${ProblemNotice} problem=${problem.value} />
      <div class="field"><label for="login">${t("login.login")}</label>
        <input id="login" name="login" class="input" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="120" /></div>
      <div class="field"><label for="password">${t("login.password")}</label>
        <input id="password" name="password" type="password" class="input" autocomplete="current-password" required maxlength="256" /></div>
      <button class="button button-wide" type="submit" disabled=${busy.value}>${t("login.enter")}</button>
    </form></div>`;
}

mount("login", Body);
await findPerson();
