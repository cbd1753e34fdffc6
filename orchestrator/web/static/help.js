// SPDX-License-Identifier: GPL-3.0-or-later
// A room calls for help: the call, what became of it, and for whoever comes the answer.
import { get, post, remove } from "./api.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { announce, ProblemNotice } from "./shell.js";
import { html, useEffect, useState } from "./ui.js";

/** @typedef {{asked_at: string, answered: boolean, helper: string|null}} Help */

/** What became of the call, in words. @param {Help} help */
export const helpWords = (help) => (help.answered ? t(help.helper ? "help.comes" : "help.somebody_comes", { name: help.helper }) : t("help.asked"));

/** The call for those in the room. @param {{room: string, help: Help|null, onChanged: () => void, title?: boolean}} props */
export function Help({ room, help, onChanged, title = true }) {
  const [problem, setProblem] = useState(/** @type {Error|null} */ (null));
  const act = (/** @type {Promise<any>} */ asked, /** @type {string} */ said) => void asked.then(() => {
    setProblem(null);
    announce(said);
    onChanged();
  }, setProblem);
  const path = `/rooms/${room}/help`;
  return html`<section class="card help" aria-label=${title ? undefined : t("help.head")} aria-labelledby=${title ? "help-head" : undefined}>
    ${title ? html`<h2 id="help-head">${t("help.head")}</h2>` : null}
    <${ProblemNotice} problem=${problem} />
    ${help ? html`<p class=${`state ${help.answered ? "state-ok" : "state-accent"}`} role="status">${icon(help.answered ? "check" : "clock")}${helpWords(help)}</p>
      <button class="button button-quiet" type="button" onClick=${() => act(remove(path), t("help.closed"))}>${t(help.answered ? "help.settled" : "help.no_more")}</button>`
    : html`${title ? html`<p class="muted">${t("help.help")}</p>` : null}
      <button class="button" type="button" onClick=${() => act(post(path), t("help.asked"))}>${icon("warning")}${t("help.ask")}</button>`}</section>`;
}

/** What whoever runs the centre does about a call. @param {{room: string, text: string, onDone: () => void}} props */
export function HelpAnswer({ room, text, onDone }) {
  const [problem, setProblem] = useState(/** @type {Error|null} */ (null));
  const [help, setHelp] = useState(/** @type {Help|null} */ (null));
  const look = () => get(`/rooms/${room}/state`).then((state) => setHelp(state.help), setProblem);
  useEffect(() => void look(), [room, text]);
  const act = (/** @type {Promise<any>} */ asked) => void asked.then(() => { setProblem(null); void look(); onDone(); }, setProblem);
  return html`<${ProblemNotice} problem=${problem} />${help?.answered ? html`<p class="state state-ok">${icon("check")}${helpWords(help)}</p>` : null}
    <p class="actions">${help && !help.answered ? html`<button class="button" type="button" onClick=${() => act(post(`/rooms/${room}/help/answer`))}>${t("help.i_come")}</button>` : null}
      <button class="button button-quiet" type="button" onClick=${() => act(remove(`/rooms/${room}/help`))}>${t("help.settled")}</button></p>`;
}
