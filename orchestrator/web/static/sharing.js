// SPDX-License-Identifier: GPL-3.0-or-later
// Which colleagues see or write a person's calendars, and whose he sees.
import { get, put, remove } from "./api.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { announce, ProblemNotice } from "./shell.js";
import { html, useEffect, useState } from "./ui.js";

const RIGHTS = ["read", "write"];

/** @typedef {{login: string, name: string, rights: string}} Shared */
/** @typedef {{delegates: Shared[], lenders: Shared[], colleagues: {login: string, name: string}[]}} Known */

export function Sharing() {
  const [known, setKnown] = useState(/** @type {Known|null} */ (null));
  const [problem, setProblem] = useState(/** @type {Error|null} */ (null));
  const load = () => get("/me/delegates").then(setKnown, setProblem);
  useEffect(() => { void load(); }, []);
  /** @param {() => Promise<any>} act @param {string} said */
  const settle = async (act, said) => {
    setProblem(null);
    try {
      await act();
      announce(said);
      await load();
      return true;
    } catch (error) {
      setProblem(/** @type {Error} */ (error));
      return false;
    }
  };
  return html`<section class="part" aria-labelledby="sharing-head"><h2 id="sharing-head" tabindex="-1">${t("sharing.head")}</h2>
    <p class="muted">${t("sharing.help")}</p>
    <${ProblemNotice} problem=${problem} />
    ${known ? html`<${Delegates} delegates=${known.delegates} settle=${settle} /><${Share} known=${known} settle=${settle} />
      <${Lenders} lenders=${known.lenders} />` : problem ? null : html`<p class="muted">${t("loading")}</p>`}</section>`;
}

/** @param {{delegates: Shared[], settle: (act: () => Promise<any>, said: string) => Promise<boolean>}} props */
function Delegates({ delegates, settle }) {
  if (!delegates.length) return html`<p>${t("sharing.none")}</p>`;
  const change = (/** @type {Shared} */ one, /** @type {string} */ rights) =>
    settle(() => put(`/me/delegates/${one.login}`, { rights }), t(`sharing.done.${rights}`, { name: one.name }));
  const end = async (/** @type {Shared} */ one) => {
    if (await settle(() => remove(`/me/delegates/${one.login}`), t("sharing.ended", { name: one.name }))) document.getElementById("sharing-head")?.focus();
  };
  return html`<ul class="plain rows">${delegates.map((one) => html`<li key=${one.login}><div class="row-text"><strong>${one.name}</strong></div>
    <label class="hidden" for=${`rights-${one.login}`}>${t("sharing.rights_of", { name: one.name })}</label>
    <select id=${`rights-${one.login}`} class="input input-short" value=${one.rights} onChange=${(/** @type {any} */ event) => void change(one, event.target.value)}>${options()}</select>
    <button class="button button-quiet" type="button" onClick=${() => void end(one)}>${t("sharing.end")}<span class="hidden"> ${one.name}</span></button></li>`)}</ul>`;
}

const options = () => RIGHTS.map((rights) => html`<option key=${rights} value=${rights}>${t(`sharing.rights.${rights}`)}</option>`);

/** @param {{known: Known, settle: (act: () => Promise<any>, said: string) => Promise<boolean>}} props */
function Share({ known, settle }) {
  const [who, setWho] = useState("");
  const [rights, setRights] = useState("read");
  const [fault, setFault] = useState("");
  const others = known.colleagues.filter((one) => !known.delegates.some((each) => each.login === one.login));
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const typed = who.trim();
    const named = known.colleagues.filter((one) => one.name.toLowerCase() === typed.toLowerCase());
    const login = named.length === 1 ? named[0].login : typed.toLowerCase();
    setFault(/^[a-z0-9][a-z0-9-]{0,62}$/.test(login) ? "" : t("sharing.who_missing"));
    if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(login)) return void document.getElementById("share-who")?.focus();
    const name = known.colleagues.find((one) => one.login === login)?.name ?? login;
    if (await settle(() => put(`/me/delegates/${login}`, { rights }), t(`sharing.done.${rights}`, { name }))) setWho("");
    return undefined;
  };
  return html`<form class="card" onSubmit=${submit} novalidate><div class="fields">
    <div class="field"><label for="share-who">${t("sharing.who")}</label>
      <input id="share-who" class="input" list="share-colleagues" maxlength="200" autocomplete="off" autocapitalize="none" required value=${who}
        aria-invalid=${fault ? "true" : undefined} aria-describedby=${fault ? "share-who-hint share-who-fault" : "share-who-hint"} onInput=${(/** @type {any} */ event) => setWho(event.target.value)} />
      <datalist id="share-colleagues">${others.map((one) => html`<option key=${one.login} value=${one.login} label=${one.name}></option>`)}</datalist>
      <p class="hint" id="share-who-hint">${t("sharing.who_hint")}</p>
      ${fault ? html`<p class="error" id="share-who-fault">${fault}</p>` : null}</div>
    <div class="field"><label for="share-rights">${t("sharing.rights")}</label>
      <select id="share-rights" class="input" value=${rights} onChange=${(/** @type {any} */ event) => setRights(event.target.value)}>${options()}</select></div></div>
    <div class="actions"><button class="button" type="submit">${icon("plus")}${t("sharing.share")}</button></div></form>`;
}

/** @param {{lenders: Shared[]}} props */
function Lenders({ lenders }) {
  if (!lenders.length) return null;
  return html`<h3>${t("sharing.lenders")}</h3><p class="muted">${t("sharing.lenders_help")}</p>
    <ul class="plain rows">${lenders.map((one) => html`<li key=${one.login}><div class="row-text"><strong>${one.name}</strong></div>
      <span class="state">${t(`sharing.rights.${one.rights}`)}</span></li>`)}</ul>`;
}
