// SPDX-License-Identifier: GPL-3.0-or-later
// The program of a ceremony as the stage says it: the same on every screen, from one state.
import { shares } from "./canvas.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { Picture } from "./tiles.js";
import { html, useEffect, useState } from "./ui.js";

/**
 * @typedef {import("./model.js").CallModel} CallModel
 * @typedef {{source: string, name: string, participant: string|null, room: string|null, slate: boolean, rung: string, signal: string, words?: string}} Spot
 * @typedef {{track: string, media: MediaStreamTrack, source: string}} Video
 * @typedef {{spot: Spot, shows: "camera"|"screen"}} Piece
 * @typedef {{show: (track: string, height: number, stage?: boolean) => void, forget: (track: string) => void}} Looks
 */

/** What is drawn, in order: of slides and who speaks the second is what is shown.
 * @param {any} stage @param {(spot: Spot) => boolean} hasScreen @returns {Piece[]} */
export function pieces(stage, hasScreen) {
  const all = stage.spots.map((/** @type {Spot} */ spot, /** @type {number} */ index) => (
    { spot, shows: stage.layout === "slides_and_speaker" && index === 1 ? "screen" : "camera" }));
  if (stage.layout === "slides_and_speaker" && all.length === 1 && !all[0].spot.slate && hasScreen(all[0].spot)) {
    all.push({ spot: all[0].spot, shows: "screen" });
  }
  return all;
}

/** Why nothing of it is seen, in calm words. @param {Spot} spot */
export function slateWords({ name, rung }) {
  return t(["slate", "proposed"].includes(rung) ? "program.lost" : "program.held", { name });
}

/** @param {{model: CallModel, own: MediaStreamTrack|null}} props `own`: our own picture, which nobody sends us */
export function Program({ model, own }) {
  const { stage, title } = model.session.value;
  return html`<${Frame} stage=${stage} title=${title} label=${t("program.title")} model=${model} own=${own} looks=${model.call?.view} />`;
}

/** Pictures in their places. `looks` is told which are shown, and how high; without a model there are names only.
 * @param {{stage: any, title: string, label: string, model: CallModel|null, own: MediaStreamTrack|null, looks: Looks|undefined}} props */
export function Frame({ stage, title, label, model, own, looks }) {
  const shown = pieces(stage, (spot) => Boolean(videoOf(model, spot, "screen")));
  const where = shares(stage.layout, shown.length);
  return html`<div class="program"><div class="program-frame">
    ${where.length ? html`<ul class="plain program-spots" aria-label=${label}>${where.map((share, index) => html`<${Spot} key=${`${shown[index].spot.source} ${shown[index].shows}`}
        piece=${shown[index]} share=${share} model=${model} own=${own} looks=${looks} first=${index === 0} />`)}</ul>`
      : html`<p class="program-slate">${icon("clock")}<strong>${stage.slate || title}</strong><span>${t("program.slate")}</span></p>`}
  </div></div>`;
}

/** What somebody sends: his camera or, where that is wanted and there, his screen.
 * @param {CallModel|null} model @param {{participant: string|null}} spot @param {string} shows @returns {Video|undefined} */
export function videoOf(model, spot, shows) {
  return model?.received.value.find((each) => each.kind === "video" && each.participant === spot.participant && (each.source === "screen") === (shows === "screen"));
}

/** @param {{piece: Piece, share: number[], model: CallModel|null, own: MediaStreamTrack|null, looks: Looks|undefined, first: boolean}} props */
function Spot({ piece: { spot, shows }, share: [left, top, width, height], model, own, looks, first }) {
  const video = videoOf(model, spot, shows) ?? videoOf(model, spot, "camera");
  const mine = spot.participant !== null && spot.participant === model?.you.value;
  const one = model?.participants.value.find((each) => each.id === spot.participant) ?? null;
  const cameras = one?.tracks.filter((each) => each.kind === "video") ?? [];
  const blind = mine ? model?.muted.value.video : cameras.length > 0 && cameras.every((each) => each.muted);
  const media = spot.slate || blind || model?.opens(one) === false ? null : mine ? own : video?.media ?? null;
  const speaks = !spot.slate && one !== null && model?.speaking.value === one.id;
  useEffect(() => () => { if (video) looks?.forget(video.track); }, [video?.track]);
  const [still, setStill] = useState(false);
  const covered = still && media !== null && shows === "camera" && !mine;
  const words = spot.words ?? (spot.slate ? slateWords(spot) : null);
  const place = { left: percent(left), top: percent(top), width: percent(width), height: percent(height) };
  return html`<li class=${`spot ${speaks ? "spot-speaks" : ""} ${spot.slate ? "spot-slate" : ""} ${shows === "screen" ? "spot-screen" : ""}`} style=${place}
      aria-label=${[spot.name, words, mine ? t("program.you") : null, speaks ? t("tile.speaks") : null].filter(Boolean).join(", ")}>
    ${media ? html`<${Picture} key=${media.id} track=${media} onHeight=${(/** @type {number} */ high) => { if (video && !mine) looks?.show(video.track, high, first || shows === "screen"); }} onStill=${setStill} />`
      : null}
    ${media && !covered ? null : html`<span class=${`spot-face ${covered ? "spot-still" : ""}`} aria-hidden="true">${icon(spot.slate ? "clock" : spot.room ? "screen" : "person")}</span>`}
    <p class="spot-name" aria-hidden="true">${words ?? spot.name}</p></li>`;
}

/** @param {number} share */
const percent = (share) => `${share * 100}%`;
