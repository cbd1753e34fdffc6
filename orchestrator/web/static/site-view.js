// SPDX-License-Identifier: GPL-3.0-or-later
// The site of an animateur in a ceremony: how it is, what comes for it, what he has to do.
import { icon } from "./icons.js";
import { t, tOr } from "./i18n.js";
import { clockOf, secondsTo, standingOf, useClock } from "./tally.js";
import { showClock } from "./time.js";
import { html } from "./ui.js";

/** @typedef {import("./model.js").CallModel} CallModel */

/** @param {{model: CallModel, room: string}} props */
export function SiteView({ model, room }) {
  const now = useClock(model);
  const { stage, sites } = model.session.value;
  const site = sites.find((/** @type {any} */ each) => each.room === room);
  const screen = model.participants.value.find((each) => each.room === room);
  if (!stage || !site) return null;
  const standing = screen ? standingOf(stage, screen.id, true) : null;
  const here = screen && screen.state !== "lost";
  return html`<section class="site-view card" aria-labelledby="site-view"><h2 id="site-view">${t("site.mine", { name: site.name })}</h2>
    <dl class="stage-facts"><div><dt>${t("site.screen")}</dt><dd class=${here ? "" : "stage-missing"}>${icon(here ? "check" : "warning")}${here ? tOr(`site.${site.state}`, "site.ready") : t("site.no_screen")}</dd></div>
      <div><dt>${t("site.air")}</dt><dd>${standing ? t(`site.standing.${standing}`) : t("site.standing.none")}</dd></div>
      <${Coming} cue=${stage.sites[room] ?? null} now=${now} /></dl>
    ${screen && stage.talk.includes(screen.id) ? html`<p class="tally-talk" role="status">${icon("speaker")}${t("site.talk")}</p>` : null}</section>`;
}

/** The next cue that concerns it. @param {{cue: any, now: number}} props */
function Coming({ cue, now }) {
  if (!cue) return html`<div><dt>${t("site.next")}</dt><dd>${t("site.next.none")}</dd></div>`;
  const wait = secondsTo(cue.at, now);
  return html`<div class="site-next"><dt>${t("site.next")}</dt><dd><strong>${cue.title}</strong>
      ${cue.at ? html`<span>${showClock(new Date(cue.at))}${wait === null ? null : html` <b class="site-wait">${t("site.in", { wait: clockOf(wait) })}</b>`}</span>` : null}
      <span>${tOr(`site.do.${cue.kind}`, "site.do.free")}</span>
      <span class=${`state ${cue.ready ? "state-ok" : "state-warn"}`}>${icon(cue.ready ? "check" : "clock")}${t(cue.ready ? "site.cue_ready" : "site.cue_missing")}</span></dd></div>`;
}
