// SPDX-License-Identifier: GPL-3.0-or-later
// Who is in the wings and on air, who may replace whom, and who has the floor.
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { videoOf } from "./program.js";
import { LOOKS as SEEN, lines, model, tellInWriting } from "./stage-media.js";
import { direct, directs, floor, nameOf, speak, stage } from "./stage-model.js";
import { TalkButton } from "./stage-orders.js";
import { toggle } from "./stage-program.js";
import { announce } from "./shell.js";
import { Picture } from "./tiles.js";
import { html, useEffect, useState } from "./ui.js";

/** @type {Record<string, [string, string]>} */
const LOOKS = { absent: ["", "cut"], connected: ["state-accent", "enter"], ready: ["state-ok", "check"], on_air: ["state-bad", "screen"], held: ["state-warn", "pause"] };

export function Sources() {
  return html`<section class="card" aria-labelledby="sources"><h2 id="sources">${icon("people")}${t("stage.sources")}</h2>
    <ul class="plain stage-sources">${stage.value.sources.map((/** @type {any} */ one) => html`<${Source} key=${one.id} one=${one} />`)}</ul></section>`;
}

/** @param {{one: any}} props */
function Source({ one }) {
  const [look, drawing] = LOOKS[one.state];
  const name = one.name || one.id;
  const previewed = stage.value.preview.sources.includes(one.id);
  return html`<li aria-label=${name}><${Thumb} one=${one} /><div class="stage-who"><strong>${name}</strong>
      <span class=${`state ${look}`}>${icon(drawing)}${t(`stage.state.${one.state}`)}</span><${Comes} one=${one} /></div>
    ${directs() ? html`<div class="stage-acts"><button class="button button-quiet" type="button" aria-pressed=${previewed} onClick=${() => void toggle(one.id)}>${t("stage.to_preview")}<span class="hidden"> ${name}</span></button>
      ${actsOf(one).map((act) => html`<button key=${act} class="button button-quiet" type="button" onClick=${() => void direct({ act, source: one.id }, t(`stage.said.${act}`, { name }))}>${t(`stage.act.${act}`)}<span class="hidden"> ${name}</span></button>`)}
      ${one.state === "absent" ? null : html`<${TalkButton} to=${{ sources: [one.id], wings: false }} label=${t("stage.talk")} name=${name} />`}
      <${Substitute} one=${one} name=${name} /></div>` : null}</li>`;
}

/** What he sends, small, in the wings too. @param {{one: any}} props */
function Thumb({ one }) {
  const video = videoOf(model.value, one, "camera") ?? videoOf(model.value, one, "screen");
  useEffect(() => () => { if (video) SEEN.wings.forget(video.track); }, [video?.track]);
  const [still, setStill] = useState(false);
  const shown = video && one.state !== "absent"; // nobody sends a picture that nobody asks for
  return html`<span class="stage-thumb" aria-hidden="true">${shown ? html`<${Picture} key=${video.track} track=${video.media} onHeight=${(/** @type {number} */ high) => SEEN.wings.show(video.track, high)} onStill=${setStill} />` : null}
    ${shown && !still ? null : html`<span class="stage-still">${icon(one.room ? "screen" : "person")}</span>`}</span>`;
}

const LOUDEST = 4;

/** How he comes in: his microphone, what is missing of him, and what his line suffers from. @param {{one: any}} props */
function Comes({ one }) {
  if (one.state === "absent") return null;
  const line = lines.value.get(one.id);
  const level = one.state === "on_air" ? heardLevel(one.participant) ?? line?.level ?? null : line?.level ?? null;
  const figures = line && line.kbps !== null ? t("stage.line", { kbps: Math.round(line.kbps), loss: Math.round(100 * (line.loss ?? 0)), rtt: Math.round(line.rtt_ms ?? 0) }) : "";
  return html`${level === null ? null : html`<span class="stage-level"><span class="hidden">${t("stage.level", { words: t(`stage.level.${level}`) })}</span>
      ${Array.from({ length: LOUDEST }, (_, index) => html`<i key=${index} class=${index < level ? "stage-loud" : ""} aria-hidden="true"></i>`)}</span>`}
    ${one.signal === "full" || (one.signal === "sound" && one.state !== "on_air") ? null : html`<span class="small">${icon("line")}${t(`stage.signal.${one.signal}`)}</span>`}
    ${line?.trouble ? html`<span class="small stage-missing">${icon("warning")}${line.trouble}</span>` : figures ? html`<span class="small muted">${figures}</span>` : null}`;
}

/** As loud as the others hear him now, in the steps of a room's screen. @param {string|null} participant */
function heardLevel(participant) {
  void model.value?.beat.value;
  const figure = participant && model.value?.call?.figures.get(participant);
  if (!figure) return null;
  return [0.001, 0.01, 0.05, 0.2].filter((step) => figure.audioLevel >= step).length;
}

/** What the director may do with it now. @param {any} one @returns {string[]} */
export function actsOf(one) {
  const owner = stage.value.program.spots.some((/** @type {any} */ spot) => spot.owner === one.id && (spot.slate || spot.source !== one.id));
  if (one.state === "ready" && owner) return ["restore"];
  return { connected: ["accept"], on_air: ["hold", "release"], held: ["resume", "release"] }[/** @type {string} */ (one.state)] ?? [];
}

/** @param {{one: any, name: string}} props */
function Substitute({ one, name }) {
  const arm = (/** @type {string} */ substitute, /** @type {boolean} */ armed) => direct({ act: "arm", source: one.id, substitute: substitute || null, armed: Boolean(substitute) && armed });
  const others = stage.value.sources.filter((/** @type {any} */ each) => each.id !== one.id);
  return html`<details class="stage-more"><summary>${t("stage.more")}<span class="hidden"> ${name}</span></summary>
    <div class="field"><label for=${`substitute-${one.id}`}>${t("stage.substitute_of", { name })}</label>
      <select id=${`substitute-${one.id}`} class="input" onChange=${(/** @type {any} */ event) => void arm(event.target.value, one.armed)}>
        <option value="" selected=${!one.substitute}>${t("stage.nobody")}</option>
        ${others.map((/** @type {any} */ each) => html`<option key=${each.id} value=${each.id} selected=${each.id === one.substitute}>${nameOf(each.id)}</option>`)}</select></div>
    ${one.participant ? html`<${Word} one=${one} name=${name} />` : null}
    <label class="tick"><input type="checkbox" checked=${one.armed} disabled=${!one.substitute} onChange=${(/** @type {any} */ event) => void arm(one.substitute, event.target.checked)} />${t("stage.armed")}</label></details>`;
}

/** A word in writing, for him alone. @param {{one: any, name: string}} props */
function Word({ one, name }) {
  const send = (/** @type {any} */ event) => {
    event.preventDefault();
    const field = event.target.querySelector("input");
    if (!tellInWriting(one.participant, field.value)) return;
    announce(t("stage.said.told", { name }));
    field.value = "";
  };
  return html`<form class="stage-word" onSubmit=${send}><div class="field"><label for=${`word-${one.id}`}>${t("stage.word", { name })}</label>
    <input id=${`word-${one.id}`} class="input" maxlength="200" autocomplete="off" /></div><button class="button button-quiet" type="submit">${t("chat.send")}</button></form>`;
}

const MODES = ["free", "director", "queue"];

export function Floor() {
  const { mode, holders, queue } = floor.value;
  const held = !directs();
  return html`<section class="card" aria-labelledby="floor"><h2 id="floor">${icon("microphone")}${t("stage.floor")}</h2>
    <div class="field"><label for="stage-mode">${t("stage.mode")}</label>
      <select id="stage-mode" class="input" disabled=${held} onChange=${(/** @type {any} */ event) => void speak({ act: "mode", mode: event.target.value })}>
        ${MODES.map((each) => html`<option key=${each} value=${each} selected=${each === mode}>${t(`stage.mode.${each}`)}</option>`)}</select></div>
    <${Seats} seats=${holders} title="stage.holders" none="stage.no_holders" acts=${held ? [] : ["withdraw"]} />
    <${Seats} seats=${queue} title="stage.queue" none="stage.no_queue" acts=${held ? [] : ["grant", "lower"]} />
    ${mode !== "free" && !held ? html`<${Grant} taken=${new Set(holders.map((/** @type {any} */ seat) => seat.source))} />` : null}</section>`;
}

/** @param {{source: string, name: string}} seat */
const seatName = ({ source, name }) => (name ? t("stage.seat", { name, place: nameOf(source) }) : nameOf(source));

/** @param {{seats: any[], title: string, none: string, acts: string[]}} props */
function Seats({ seats, title, none, acts }) {
  return html`<h3>${t(title)}</h3>${seats.length ? html`<ol class="plain stage-seats">${seats.map((seat) => html`<li key=${`${seat.source} ${seat.name}`}><span>${seatName(seat)}</span>
    ${acts.map((act) => html`<button key=${act} class="button button-quiet" type="button" onClick=${() => void speak({ act, source: seat.source, name: seat.name }, t(`stage.said.${act}`, { name: seatName(seat) }))}>${t(`stage.act.${act}`)}<span class="hidden"> ${seatName(seat)}</span></button>`)}</li>`)}</ol>`
    : html`<p class="muted">${t(none)}</p>`}`;
}

/** Give the floor without a hand. @param {{taken: Set<string>}} props */
function Grant({ taken }) {
  const free = stage.value.sources.filter((/** @type {any} */ one) => one.state === "on_air" && !taken.has(one.id));
  return free.length ? html`<div class="stage-acts">${free.map((/** @type {any} */ one) => html`<button key=${one.id} class="button button-quiet" type="button"
    onClick=${() => void speak({ act: "grant", source: one.id }, t("stage.said.grant", { name: nameOf(one.id) }))}>${icon("microphone")}${t("stage.give", { name: nameOf(one.id) })}</button>`)}</div>` : null;
}
