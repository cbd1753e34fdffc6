// SPDX-License-Identifier: GPL-3.0-or-later
// The desk of a ceremony (régie): what is on air, what comes next, who is in the wings, and the run of show.
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { Conduct } from "./conduct.js";
import { Checks } from "./stage-checks.js";
import { hears, model, sit } from "./stage-media.js";
import { Hand } from "./stage-orders.js";
import { directs, direct, floor, follow, hearing, isDirector, now, problem, ready, rundown, session, setUp, stage } from "./stage-model.js";
import { Preview, Program } from "./stage-program.js";
import { Rundown } from "./stage-rundown.js";
import { Recording } from "./stage-recording.js";
import { Floor, Sources } from "./stage-sources.js";
import { findPerson, LogInFirst, mount, Notice, person, ProblemNotice } from "./shell.js";
import { showSeconds } from "./time.js";
import { Sounds } from "./tiles.js";
import { html } from "./ui.js";

function Body() {
  if (person.value === null) return html`<h1>${t("title.stage")}</h1><${LogInFirst} />`;
  if (!session.value) return html`<h1>${t("title.stage")}</h1>${ready.value ? html`<${ProblemNotice} problem=${problem.value} />` : html`<p class="boot">${t("loading")}</p>`}`;
  return html`<div class="page-head stage-head"><div><p class="muted">${t("title.stage")}</p><h1>${session.value.title}</h1></div>
      <p class="stage-clock" aria-label=${t("stage.clock")}>${icon("clock")}${showSeconds(new Date(now.value))}</p></div>
    ${hearing.value ? null : html`<${Notice} kind="warning" role="status"><p>${t("stage.deaf")}</p><//>`}
    <div class="stage-top"><${Conduct} id=${session.value.id} brief=${true} />${stage.value ? html`<${Hand} />` : null}</div>
    <${ProblemNotice} problem=${problem.value} />
    <${Checks} session=${session.value} />
    ${stage.value ? html`<${Holder} /><${Elsewhere} />` : null}
    ${model.value && hears.value ? html`<${Sounds} model=${model.value} />` : null}
    <div class="stage-desk"><div class="stage-side">${stage.value ? html`<div class="stage-pair"><${Program} /><${Preview} /></div><${Sources} />${floor.value ? html`<${Floor} />` : null}` : html`<${Bare} />`}<${Recording} id=${session.value.id} /></div>
      ${rundown.value ? html`<${Rundown} />` : null}</div>`;
}

/** No stage yet: everybody hears and sees everybody. */
function Bare() {
  return html`<section class="card" aria-labelledby="bare"><h2 id="bare">${icon("screen")}${t("stage.bare")}</h2><p>${t("stage.bare_help")}</p>
    <button class="button" type="button" onClick=${() => void setUp(t("stage.said.set_up"))}>${icon("check")}${t("stage.set_up")}</button></section>`;
}

/** The pictures and the sound of a desk are in one window. */
function Elsewhere() {
  if (model.value?.lineState.value.state !== "stopped") return null;
  return html`<${Notice} kind="warning" role="status"><p>${t("stage.elsewhere")}</p><button class="button" type="button" onClick=${() => location.reload()}>${icon("enter")}${t("stage.come_back")}</button><//>`;
}

/** Whose desk it is, where it is not ours. */
function Holder() {
  if (directs()) return null;
  const back = stage.value.desk.holder === null || isDirector();
  return html`<${Notice} kind="info" role="status"><p>${t(stage.value.desk.holder === null ? "stage.nobody_directs" : "stage.other_directs")}</p>
    ${back ? html`<button class="button" type="button" onClick=${() => void direct(isDirector() ? { act: "hand_over", person: person.value?.id } : { act: "here" }, t("stage.said.taken_over"))}>${t("stage.take_over")}</button>` : null}<//>`;
}

await findPerson();
mount("stage", Body);
if (person.value) await follow();
if (session.value) sit();
