// SPDX-License-Identifier: GPL-3.0-or-later
// How one room is booked: what the configuration says, and what the animateur says otherwise.
import { Problem, put, read } from "./api.js";
import { icon } from "./icons.js";
import { list, t } from "./i18n.js";
import { announce, ProblemNotice } from "./shell.js";
import { html, useEffect, useState } from "./ui.js";

const GROUPS = {
  who: ["bookable_by", "asked_of", "priority", "visibility"],
  when: ["horizon_days", "series_horizon_days", "shortest_minutes", "longest_minutes", "buffer_before_minutes", "buffer_after_minutes", "no_show_minutes", "closed_on_holidays"],
  how: ["enforce_capacity", "series", "direct_put"],
};
const OURS = Object.values(GROUPS).flat();
/** An administrator may hold any room, and asks nobody: there is nothing to choose. */
const NOT_OFFERED = { bookable_by: ["admin"], asked_of: ["admin"] };

/** @typedef {{settings: Record<string, any>, changed: Record<string, any>, configured: Record<string, any>, accepted: Record<string, any>}} Policy */
/** @typedef {{name: string, value: any, policy: Policy, fault: string, set: (value: any) => void, id: string}} Rule */

/** The order of a list says nothing. @param {any} value */
const plain = (value) => JSON.stringify(Array.isArray(value) ? [...value].sort() : value);
const same = (/** @type {any} */ one, /** @type {any} */ other) => plain(one) === plain(other);

/** The words that may be chosen of a list. @param {string} name @param {Policy} policy @returns {string[]} */
const offered = (name, policy) => policy.accepted[name].some_of.filter((/** @type {string} */ word) => !(/** @type {any} */ (NOT_OFFERED)[name] ?? []).includes(word));

/** A setting in words. @param {string} name @param {any} value @param {Policy} policy @returns {string} */
function inWords(name, value, policy) {
  if (typeof value === "boolean") return t(value ? "rules.yes" : "rules.no");
  if (typeof value === "number") return value === 0 ? t(`rules.${name}.zero`) : t(name.endsWith("_days") ? "rules.days" : "rules.minutes", { n: value });
  if (typeof value === "string") return t(`rules.${name}.${value}`);
  const words = offered(name, policy).filter((word) => value.includes(word)).map((word) => wordOf(name, word));
  return words.length ? list(words) : t(`rules.${name}.none`);
}

/** @param {string} name @param {string} word */
const wordOf = (name, word) => (name === "priority" ? t(`kind.${word}`) : t(`role.${word}`));

/** @param {{room: any}} props */
export function RoomRules({ room }) {
  const [policy, setPolicy] = useState(/** @type {Policy|null} */ (null));
  const [tag, setTag] = useState("");
  const [form, setForm] = useState(/** @type {Record<string, any>} */ ({}));
  const [faults, setFaults] = useState(/** @type {Record<string, string>} */ ({}));
  const [problem, setProblem] = useState(/** @type {Error|null} */ (null));
  const known = (/** @type {{answer: Policy, tag: string}} */ { answer, tag: version }) => {
    setPolicy(answer);
    setTag(version);
    setForm(answer.settings);
  };
  const load = async () => {
    try {
      known(await read(`/rooms/${room.id}/settings`));
    } catch (error) {
      setProblem(/** @type {Error} */ (error));
    }
  };
  useEffect(() => { void load(); }, []);
  if (!policy) return html`<div class="card"><h3>${room.name}</h3><${ProblemNotice} problem=${problem} />${problem ? null : html`<p class="muted">${t("loading")}</p>`}</div>`;
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setProblem(null);
    if (!check(room.id, form, policy, setFaults)) return;
    try {
      known(await put(`/rooms/${room.id}/settings`, { settings: changesOf(form, policy) }, tag));
      announce(t("rules.saved"));
    } catch (error) {
      setProblem(/** @type {Error} */ (error));
      if (error instanceof Problem && error.status === 412) void load();
    }
  };
  const dirty = OURS.some((name) => !same(form[name], policy.settings[name]));
  return html`<form class="card rules" onSubmit=${submit} novalidate aria-labelledby=${`rules-${room.id}`}>
    <h3 id=${`rules-${room.id}`}>${room.name}</h3>
    <p class="muted small">${t("rules.capacity", { n: room.capacity })} · <a href=${`/rooms/${room.id}/scenes`}>${t("scenes.open")}<span class="hidden"> ${room.name}</span></a></p>
    ${Object.entries(GROUPS).map(([group, names]) => html`<h4 key=${group}>${t(`rules.group.${group}`)}</h4><div class="rule-list">${names.map((name) => html`<${Rule} key=${name}
      name=${name} value=${form[name]} policy=${policy} fault=${faults[name] ?? ""} id=${`${room.id}-${name}`}
      set=${(/** @type {any} */ value) => setForm({ ...form, [name]: value })} />`)}</div>`)}
    <${ProblemNotice} problem=${problem} />
    <div class="actions"><button class="button" type="submit" aria-disabled=${dirty ? undefined : "true"}>${icon("check")}${t("rules.save")}</button>
      ${dirty ? html`<button class="button button-quiet" type="button" onClick=${() => { setForm(policy.settings); setFaults({}); }}>${t("rules.undo")}</button>` : null}</div></form>`;
}

/** What is to differ from the configuration; what this page does not know stays as it was changed.
 * @param {Record<string, any>} form @param {Policy} policy */
function changesOf(form, policy) {
  const others = Object.entries(policy.changed).filter(([name]) => !OURS.includes(name));
  const ours = OURS.filter((name) => !same(form[name], policy.configured[name])).map((name) => [name, form[name]]);
  return Object.fromEntries([...others, ...ours]);
}

/** Whether every number is one; else the first that is not gets the focus.
 * @param {string} room @param {Record<string, any>} form @param {Policy} policy @param {(faults: Record<string, string>) => void} tell */
function check(room, form, policy, tell) {
  const wrong = OURS.filter((name) => {
    const { least, most } = policy.accepted[name];
    return most !== undefined && !(Number.isInteger(form[name]) && least <= form[name] && form[name] <= most);
  }).map((name) => [name, t("rules.out_of_bounds", policy.accepted[name])]);
  const faults = Object.fromEntries(wrong);
  if (!wrong.length && form.longest_minutes && form.longest_minutes < form.shortest_minutes) faults.longest_minutes = t("rules.shorter_than_shortest");
  tell(faults);
  const first = Object.keys(faults)[0];
  if (first) document.getElementById(`${room}-${first}`)?.focus();
  return !first;
}

/** One setting: its name, what may be chosen, and where its value comes from. @param {Rule} props */
function Rule({ name, value, policy, fault, set, id }) {
  const own = !same(value, policy.configured[name]);
  const label = t(`rules.${name}`);
  const said = inWords(name, policy.configured[name], policy);
  const told = [`${id}-source`, fault ? `${id}-fault` : ""].join(" ").trim();
  return html`<div class=${`rule ${own ? "rule-own" : ""}`}>
    <${Choice} name=${name} value=${value} policy=${policy} fault=${fault} set=${set} id=${id} label=${label} told=${told} />
    ${fault ? html`<p class="error" id=${`${id}-fault`}>${fault}</p>` : null}
    <p class="source small" id=${`${id}-source`}>${t(own ? "rules.own" : "rules.inherited", { said })}</p>
    ${own ? html`<button class="button button-quiet" type="button" onClick=${() => { set(policy.configured[name]); document.getElementById(id)?.focus(); }}>${t("rules.back")}<span class="hidden"> (${label})</span></button>` : null}</div>`;
}

/** @param {Rule & {label: string, told: string}} props */
function Choice({ name, value, policy, fault, set, id, label, told }) {
  const { most, least, one_of: options, some_of: words } = policy.accepted[name];
  if (words) {
    const flip = (/** @type {string} */ word) => set(words.filter((/** @type {string} */ each) => (each === word ? !value.includes(word) : value.includes(each))));
    return html`<fieldset class="field" id=${id} tabindex="-1" aria-describedby=${told}><legend>${label}</legend>${offered(name, policy).map((word) => html`<label class="tick" key=${word}>
      <input type="checkbox" checked=${value.includes(word)} onChange=${() => flip(word)} /><span>${wordOf(name, word)}</span></label>`)}</fieldset>`;
  }
  if (options && typeof options[0] === "boolean") {
    return html`<label class="tick tick-alone"><input id=${id} type="checkbox" checked=${value} aria-describedby=${told} onChange=${() => set(!value)} /><span>${label}</span></label>`;
  }
  if (options) {
    return html`<div class="field"><label for=${id}>${label}</label><select id=${id} class="input" value=${value} aria-describedby=${told} onChange=${(/** @type {any} */ event) => set(event.target.value)}>
      ${options.map((/** @type {string} */ word) => html`<option key=${word} value=${word}>${t(`rules.${name}.${word}`)}</option>`)}</select></div>`;
  }
  const number = (/** @type {any} */ event) => set(event.target.value === "" ? null : Number(event.target.value));
  return html`<div class="field"><label for=${id}>${label}</label><input id=${id} class="input input-short" type="number" inputmode="numeric" min=${least} max=${most} value=${value ?? ""}
    aria-invalid=${fault ? "true" : undefined} aria-describedby=${told} onInput=${number} /></div>`;
}
