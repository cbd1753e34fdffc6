// SPDX-License-Identifier: GPL-3.0-or-later
// Trying a scene as it stands on the page, saved or not: step by step, each with what became of it.
import { get, post } from "./api.js";
import { icon } from "./icons.js";
import { t, tOr } from "./i18n.js";
import { announce, Notice } from "./shell.js";
import { html, useEffect, useRef, useState } from "./ui.js";

const FOLLOW_EVERY = 500;
const OPEN = ["accepted", "running"];
const IN_USE = ["joining", "in_call"];

/** @typedef {{what: string, state: string, error?: string|null, words?: string}} Told */

/** @param {import("./scene-steps.js").Step} step */
const wordsOf = (step) => tOr(`scenes.step.${step.command}`, "scenes.step", { command: step.command });

/** One step, to its end. @param {string} room @param {import("./scene-steps.js").Step} step @param {() => boolean} stopped @returns {Promise<Told>} */
async function carryOut(room, step, stopped) {
  const what = wordsOf(step);
  try {
    let order = await post(`/rooms/${room}/commands`, step);
    while (OPEN.includes(order.state) && !stopped()) {
      order = { id: order.id, ...(await get(`/commands/${order.id}`)) };
      if (OPEN.includes(order.state)) await new Promise((resolve) => setTimeout(resolve, FOLLOW_EVERY));
    }
    return { what, state: order.state, error: order.error };
  } catch (error) {
    return { what, state: "refused", words: /** @type {Error} */ (error).message };
  }
}

/** @param {{room: string, name: string, steps: import("./scene-steps.js").Step[]}} props */
export function SceneTry({ room, name, steps }) {
  const [told, setTold] = useState(/** @type {Told[]} */ ([]));
  const [at, setAt] = useState(/** @type {"idle"|"sure"|"running"|"over"} */ ("idle"));
  const stop = useRef(false);
  useEffect(() => () => { stop.current = true; }, []);
  const run = async () => {
    stop.current = false;
    setAt("running");
    /** @type {Told[]} */
    const found = [];
    for (const step of steps) {
      if (stop.current) break;
      setTold([...found, { what: wordsOf(step), state: "running" }]);
      found.push(await carryOut(room, step, () => stop.current));
      setTold([...found]);
    }
    setAt("over");
    const bad = found.filter((each) => each.state !== "done").length;
    announce(bad ? t("scenes.tried_badly", { name, n: bad }) : t("scenes.tried", { name }));
  };
  const press = async () => {
    if (at === "running") return;
    const state = await get(`/rooms/${room}/state`).catch(() => null);
    if (IN_USE.includes(state?.document.call.state)) setAt("sure");
    else await run();
  };
  if (!steps.length) return null;
  return html`<div class="scene-try">
    ${at === "sure" ? html`<div role="group" aria-label=${t("scenes.in_session")}><${Notice} kind="warning"><p>${t("scenes.in_session")}</p><//>
        <div class="actions"><button class="button" type="button" onClick=${() => void run()}>${t("scenes.try_anyway")}</button>
          <button class="button button-quiet" type="button" onClick=${() => setAt("idle")}>${t("scenes.try_not")}</button></div></div>`
      : html`<div class="actions"><button class="button button-quiet" type="button" aria-disabled=${at === "running" ? "true" : undefined} onClick=${() => void press()}>${icon("screen")}${t("scenes.try")}<span class="hidden"> ${name}</span></button>
        ${at === "running" ? html`<button class="button button-quiet" type="button" onClick=${() => { stop.current = true; }}>${t("scenes.try_stop")}</button>` : null}</div>`}
    ${told.length ? html`<ul class="plain scene-told" aria-label=${t("scenes.told", { name })}>${told.map((each, index) => html`<${Line} key=${index} told=${each} />`)}</ul>` : null}</div>`;
}

/** @param {{told: Told}} props */
function Line({ told: { what, state, error, words } }) {
  const grade = state === "done" ? "ok" : OPEN.includes(state) ? "accent" : "bad";
  const how = words ?? t(`order.state.${state}`);
  const remedy = words || OPEN.includes(state) || state === "done" ? "" : tOr(`remedy.${error ?? state}`, "remedy.other", { error: error ?? state });
  return html`<li class=${`told-${grade}`}>${icon({ ok: "check", accent: "clock", bad: "warning" }[grade])}<span><strong>${what}</strong> : ${how}${remedy ? ` ${remedy}` : ""}</span></li>`;
}
