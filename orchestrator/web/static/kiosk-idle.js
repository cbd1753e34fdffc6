// SPDX-License-Identifier: GPL-3.0-or-later
// The screen of a room between two sessions: the day, the countdown, a word of thanks, sleep.
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { Help } from "./help.js";
import { minutesUntil } from "./kiosk-day.js";
import { PhoneCode } from "./kiosk-phone.js";
import { Notice } from "./shell.js";
import { showClock, showDay, showRange } from "./time.js";
import { html } from "./ui.js";

/** @typedef {import("./kiosk-room.js").KioskRoom} KioskRoom */
/** @typedef {import("./kiosk-day.js").Moment} Moment */
/** @typedef {{name: string, centre: string}} Facts */
/** What the service says of the room beside its plan.
 * @typedef {{troubles: string[], phones: number, help: import("./help.js").Help|null}} Asked */

/** What is wrong, to the people in the room. @param {{told: string[]}} props */
export function Troubles({ told }) {
  return told.length ? html`<div class="troubles-told">${told.map((each) => html`<${Notice} key=${each} kind="warning" role="alert"><p>${each}</p><//>`)}</div>` : null;
}

/** @param {{paired: KioskRoom, room: string, facts: Facts, now: Date, asked: Asked, between: Moment, onChanged: () => void}} props */
export function Idle({ paired, room, facts, now, asked, between, onChanged }) {
  const { moment, ahead, next } = between;
  if (moment === "asleep" && !paired.message.value) return html`<h1 class="hidden">${t("kiosk.asleep", { room: facts.name })}</h1>`;
  return html`<section class="idle">
    <header class="idle-head"><div><p class="muted">${facts.centre}</p><h1>${facts.name}</h1></div>
      <p class="clock"><time>${showClock(now)}</time><span>${showDay(now)}</span></p></header>
    <${Troubles} told=${asked.troubles} />
    ${moment === "thanks" ? html`<div class="idle-big" role="status">${icon("check")}<p>${t("kiosk.thanks")}</p><p class="muted">${t("kiosk.thanks_more")}</p></div>` : null}
    ${moment === "countdown" && next ? html`<${Countdown} next=${next} now=${now} />` : null}
    ${moment === "day" ? html`<div class="idle-day"><h2>${t("kiosk.today")}</h2>
      ${ahead.length ? html`<ol class="plain">${ahead.map((each) => booking(each, now))}</ol>` : html`<p class="muted">${t("kiosk.nothing_today")}</p>`}
    </div>` : null}
    <${Foot} paired=${paired} room=${room} asked=${asked} onChanged=${onChanged} />
  </section>`;
}

/** @param {{next: import("./kiosk-day.js").Held, now: Date}} props */
function Countdown({ next, now }) {
  return html`<div class="idle-big"><p class="muted">${showRange(new Date(next.from), new Date(next.to))}</p>
    ${next.title ? html`<h2>${next.title}</h2>` : null}
    <p class="countdown" role="timer">${t("kiosk.in_minutes", { n: minutesUntil(next, now) })}</p></div>`;
}

/** @param {any} each @param {Date} now */
function booking(each, now) {
  const [from, to] = [new Date(each.from), new Date(each.to)];
  const running = from <= now && now < to;
  return html`<li key=${each.from} class=${running ? "running" : ""}><span class="hours">${showRange(from, to)}</span>
    <span class="what">${each.title || t("planning.busy")}</span>
    ${running ? html`<span class="state state-ok">${icon("check")}${t("kiosk.now")}</span>` : null}</li>`;
}

/** @param {{paired: KioskRoom, room: string, asked: Asked, onChanged: () => void}} props */
function Foot({ paired, room, asked, onChanged }) {
  const { line } = paired;
  const { state, why } = paired.model.lineState.value;
  const online = state === "open";
  const take = () => line.start();
  return html`<footer class="idle-foot"><div class="idle-line">
    <p class=${`state ${online ? "state-ok" : "state-warn"}`} role="status">${icon(online ? "line" : "cut")}${t(online ? "kiosk.online" : state === "stopped" ? `stopped.${why}` : "kiosk.redialling")}</p>
    ${paired.document().health.map((each) => html`<p key=${each.key} class="state state-warn">${icon("warning")}${each.text}</p>`)}
    ${state === "stopped" ? html`<button class="button" type="button" onClick=${take}>${t("kiosk.take_over")}</button>` : null}
    <${Help} room=${room} help=${asked.help} onChanged=${onChanged} title=${false} /></div>
    <${PhoneCode} room=${room} many=${asked.phones} burnt=${paired.codesBurnt.value} />
  </footer>`;
}

