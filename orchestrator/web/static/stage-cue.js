// SPDX-License-Identifier: GPL-3.0-or-later
// A line of the run of show as it is written.
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { rundown, session, write } from "./stage-model.js";
import { html, useEffect, useRef, useState } from "./ui.js";

const KINDS = ["speech", "switch", "clip", "countdown", "simultaneous_action", "q_and_a", "slate", "silence", "record_on", "record_off", "broadcast_on", "broadcast_off", "message_to_site", "free"];
const WRITTEN = ["id", "number", "title", "kind", "planned_at", "duration", "on_air", "sites", "layout", "contents", "text", "people", "notes", "substitute", "slate"];
const BLANK = { number: "", title: "", kind: "speech", planned_at: null, duration: 300, on_air: [], sites: [], layout: null, contents: "", text: "", people: "", notes: "", substitute: null, slate: "" };

/** What was planned of a cue, without how it went. @param {any} cue */
const planOf = (cue) => Object.fromEntries(WRITTEN.filter((name) => name in cue).map((name) => [name, cue[name]]));

/** @param {{cue: any, close: () => void}} props cue: null for a new one, which comes last */
export function CueForm({ cue, close }) {
  const [plan, setPlan] = useState(/** @type {any} */ (cue ? planOf(cue) : BLANK));
  const [wrong, setWrong] = useState("");
  const first = useRef(/** @type {HTMLInputElement|null} */ (null));
  useEffect(() => first.current?.focus(), []);
  const set = (/** @type {Record<string, any>} */ part) => setPlan({ ...plan, ...part });
  const name = cue?.id ?? "new";
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!plan.title.trim()) { setWrong(t("stage.form.title_missing")); first.current?.focus(); return; }
    const others = rundown.value.cues.map(planOf);
    const cues = cue ? others.map((/** @type {any} */ each) => (each.id === cue.id ? plan : each)) : [...others, plan];
    if (await write(cues, t("stage.said.written", { title: plan.title }))) close();
  };
  const take = async () => { if (await write(rundown.value.cues.filter((/** @type {any} */ each) => each.id !== cue.id).map(planOf), t("stage.said.taken_out", { title: cue.title }))) close(); };
  return html`<form class="stage-form" onSubmit=${save} novalidate aria-label=${cue ? t("stage.edit", { title: cue.title }) : t("stage.add")}>
    <div class="fields fields-wide">
      <div class="field"><label for=${`title-${name}`}>${t("stage.form.title")}</label><input id=${`title-${name}`} ref=${first} class="input" maxlength="120" value=${plan.title} aria-invalid=${wrong ? "true" : undefined} aria-describedby=${wrong ? `wrong-${name}` : undefined}
        onInput=${(/** @type {any} */ event) => { setWrong(""); set({ title: event.target.value }); }} />${wrong ? html`<p class="error" id=${`wrong-${name}`}>${wrong}</p>` : null}</div>
      <div class="field"><label for=${`kind-${name}`}>${t("stage.form.kind")}</label><select id=${`kind-${name}`} class="input" onChange=${(/** @type {any} */ event) => set({ kind: event.target.value })}>
        ${KINDS.map((kind) => html`<option key=${kind} value=${kind} selected=${kind === plan.kind}>${t(`cue.${kind}`)}</option>`)}</select></div>
      <div class="field"><label for=${`minutes-${name}`}>${t("stage.form.minutes")}</label><input id=${`minutes-${name}`} class="input" type="number" min="0" max="1440" step="0.5" value=${plan.duration / 60}
        onInput=${(/** @type {any} */ event) => { const seconds = Math.round(Number(event.target.value) * 60); if (seconds >= 0 && seconds <= 86_400) set({ duration: seconds }); }} /></div>
      <div class="field"><label for=${`people-${name}`}>${t("stage.form.people")}</label><input id=${`people-${name}`} class="input" maxlength="300" value=${plan.people} onInput=${(/** @type {any} */ event) => set({ people: event.target.value })} /></div>
    </div>
    ${plan.kind === "message_to_site" ? html`<div class="field"><label for=${`text-${name}`}>${t("stage.form.text")}</label><input id=${`text-${name}`} class="input" maxlength="300" value=${plan.text} onInput=${(/** @type {any} */ event) => set({ text: event.target.value })} /></div>` : null}
    <fieldset class="field"><legend>${t("stage.form.on_air")}</legend>${session.value.sites.map((/** @type {any} */ site) => html`<label key=${site.room} class="tick"><input type="checkbox" checked=${plan.on_air.includes(site.room)}
      onChange=${(/** @type {any} */ event) => set({ on_air: event.target.checked ? [...plan.on_air, site.room] : plan.on_air.filter((/** @type {string} */ room) => room !== site.room) })} />${site.name}</label>`)}</fieldset>
    <div class="field"><label for=${`notes-${name}`}>${t("stage.form.notes")}</label><textarea id=${`notes-${name}`} class="input" rows="2" maxlength="1000" value=${plan.notes} onInput=${(/** @type {any} */ event) => set({ notes: event.target.value })}></textarea></div>
    <div class="actions"><button class="button" type="submit">${icon("check")}${t("stage.form.save")}</button>
      <button class="button button-quiet" type="button" onClick=${close}>${t("stage.form.cancel")}</button>
      ${cue ? html`<button class="button button-quiet" type="button" onClick=${() => void take()}>${icon("cross")}${t("stage.form.take_out")}</button>` : null}</div></form>`;
}
