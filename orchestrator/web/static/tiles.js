// SPDX-License-Identifier: GPL-3.0-or-later
// A site is a tile: its picture, its name, and its state in words.
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { watchStill } from "./still.js";
import { html, useEffect, useRef } from "./ui.js";

/** @typedef {import("./model.js").CallModel} CallModel */
/** @typedef {import("./model.js").Tile} TileFacts */

/** A picture. @param {{track: MediaStreamTrack, mirrored?: boolean, onHeight?: (height: number) => void, onStill?: (still: boolean) => void}} props
 *  `onHeight` is told how high it is shown, 0 while it is scrolled out of sight; `onStill` when nothing new comes. */
export function Picture({ track, mirrored = false, onHeight, onStill }) {
  const ref = useRef(/** @type {HTMLVideoElement|null} */ (null));
  useEffect(() => {
    const video = ref.current;
    if (!video) return;
    video.srcObject = new MediaStream([track]);
    video.muted = true;
    void video.play().catch(() => undefined);
  }, [track]);
  useEffect(() => (ref.current && onHeight ? watchHeight(ref.current, onHeight) : undefined), [track]);
  useEffect(() => (ref.current && onStill ? watchStill(ref.current, onStill) : undefined), [track]);
  return html`<video ref=${ref} class=${mirrored ? "mirrored" : ""} autoplay playsinline muted aria-hidden="true"
    tabindex="-1"></video>`;
}

/** @param {HTMLElement} element @param {(height: number) => void} tell */
function watchHeight(element, tell) {
  let seen = true;
  const say = () => tell(seen ? element.clientHeight : 0);
  const sizes = new ResizeObserver(say);
  const sights = new IntersectionObserver((entries) => { seen = entries.some((each) => each.isIntersecting); say(); });
  sizes.observe(element);
  sights.observe(element);
  return () => { sizes.disconnect(); sights.disconnect(); };
}

/** A sound, without a face. @param {{track: MediaStreamTrack, model: CallModel}} props */
function Sound({ track, model }) {
  const ref = useRef(/** @type {HTMLAudioElement|null} */ (null));
  useEffect(() => {
    const audio = ref.current;
    if (!audio) return;
    audio.srcObject = new MediaStream([track]);
    void audio.play().catch((error) => { if (error.name === "NotAllowedError") model.needsClick.value = true; });
  }, [track]);
  const volume = model.volume.value;
  const loud = model.loud.value;
  useEffect(() => { if (ref.current) { ref.current.volume = volume; ref.current.muted = !loud; } }, [volume, loud, track]);
  return html`<audio ref=${ref} autoplay></audio>`;
}

/** Everything that is heard. @param {{model: CallModel}} props */
export function Sounds({ model }) {
  const known = new Map(model.participants.value.map((each) => [each.id, each]));
  const tracks = model.received.value.filter((each) => (
    each.kind === "audio" && model.opens(known.get(each.participant) ?? null)));
  return html`<div class="sounds" hidden>
    ${tracks.map((each) => html`<${Sound} key=${each.track} track=${each.media} model=${model} />`)}
  </div>`;
}

/** The state of a tile: a drawing, words, and how grave it is. @param {TileFacts} tile */
export function stateOf({ participant, state }) {
  if (participant?.state === "lost" || state === "dropped") return { words: t("site.dropped"), grade: "bad", drawing: "cut" };
  if (!participant) {
    if (state === "left") return { words: t("site.left"), grade: "", drawing: "leave" };
    return { words: t("site.expected"), grade: "", drawing: "clock" };
  }
  if (participant.hand) return { words: t("tile.hand"), grade: "accent", drawing: "hand" };
  if (state === "degraded") return { words: t("site.degraded"), grade: "warn", drawing: "line" };
  if (state === "recovering") return { words: t("site.recovering"), grade: "warn", drawing: "line" };
  return null;
}

/** Why a picture rests, in words; null while it comes. @param {CallModel} model @param {string} track */
function pausedBecause(model, track) {
  const chosen = model.chosen.value.get(track);
  if (!chosen || chosen.layer !== null || chosen.why === "hidden") return null;
  const kbps = model.available.value;
  if (chosen.why === "line" && kbps !== null) return t("tile.paused.line", { kbps: Math.round(kbps) });
  return t(`tile.paused.${["saving", "centre", "many", "source"].includes(chosen.why) ? chosen.why : "other"}`);
}

/** @param {import("./model.js").Participant|null} participant @param {string} kind */
function mutedOf(participant, kind) {
  const tracks = participant?.tracks.filter((each) => each.kind === kind && each.source !== "screen") ?? [];
  return tracks.length === 0 || tracks.every((each) => each.muted);
}

/** @param {{tile: TileFacts, model: CallModel, large: boolean, document: boolean}} props */
function Tile({ tile, model, large, document }) {
  const { participant } = tile;
  const speaking = participant !== null && model.speaking.value === participant.id;
  const videos = model.received.value.filter((each) => each.kind === "video" && each.participant === participant?.id);
  const video = (large && document && videos.find((each) => each.source === "screen")) || videos[0];
  const silent = participant !== null && mutedOf(participant, "audio");
  const blind = participant !== null && mutedOf(participant, "video");
  const state = stateOf(tile);
  const opens = model.opens(participant);
  const closed = opens ? null : t(participant?.encrypted ? "tile.no_key" : "tile.in_clear");
  const resting = video && !blind ? pausedBecause(model, video.track) : null;
  const marks = [
    state?.words, closed, resting, silent ? t("tile.mic_cut") : null, blind ? t("tile.camera_cut") : null, speaking ? t("tile.speaks") : null,
  ].filter(Boolean);
  const shown = video && !blind && opens && participant?.state !== "lost";
  useEffect(() => () => { if (video) model.call?.view.forget(video.track); }, [video?.track]);
  return html`<li class=${`tile ${speaking ? "tile-speaks" : ""} ${large ? "tile-large" : ""} ${shown ? "" : "tile-empty"}`} tabindex="0"
      aria-label=${[tile.name, ...marks].join(", ")}>
    ${shown ? html`<${Picture} key=${video.track} track=${video.media}
      onHeight=${(/** @type {number} */ height) => model.call?.view.show(video.track, height, tile.role === "host")} />` : html`<span class="tile-face">${icon(state?.drawing ?? (tile.kind === "room" ? "screen" : "person"))}</span>`}
    ${shown && resting ? html`<p class="tile-rest" aria-hidden="true">${icon("pause")}<span>${resting}</span></p>` : null}
    ${closed ? html`<p class="tile-rest" aria-hidden="true">${icon("lock")}<span>${closed}</span></p>` : null}
    <div class="tile-foot" aria-hidden="true">
      <span class="tile-name">${tile.name}</span>
      ${state ? html`<span class=${`state ${state.grade ? `state-${state.grade}` : ""}`}>${icon(state.drawing)}${state.words}</span>` : null}
      ${silent ? html`<span class="state state-warn">${icon("microphone-off")}${t("tile.mic_cut")}</span>` : null}
      ${blind ? html`<span class="state">${icon("camera-off")}${t("tile.camera_cut")}</span>` : null}
      ${speaking ? html`<span class="state state-ok">${icon("speaker")}${t("tile.speaks")}</span>` : null}
    </div>
  </li>`;
}

/** Our own picture, small, as in a mirror. @param {{track: MediaStreamTrack|null, model: CallModel, name: string}} props */
export function OwnTile({ track, model, name }) {
  const { audio, video } = model.muted.value;
  return html`<li class="tile tile-own" tabindex="0"
      aria-label=${[t("tile.you", { name }), audio ? t("tile.mic_cut") : null].filter(Boolean).join(", ")}>
    ${track && !video ? html`<${Picture} track=${track} mirrored=${true} />` : html`<span class="tile-face">${icon("camera-off")}</span>`}
    <div class="tile-foot" aria-hidden="true">
      <span class="tile-name">${t("tile.you", { name })}</span>
      ${audio ? html`<span class="state state-warn">${icon("microphone-off")}${t("tile.mic_cut")}</span>` : null}
    </div>
  </li>`;
}

/** `large`: the participant who is shown large, "" for whoever is first; with `document` by what he shows rather than by
 * his camera. @param {{model: CallModel, own?: any, large?: string|null, document?: boolean}} props */
export function Tiles({ model, own, large = null, document = false }) {
  const tiles = model.tiles.value;
  const chosen = large === null ? null : tiles.find((tile) => tile.participant?.id === large) ?? tiles.find((tile) => tile.participant) ?? tiles[0];
  const count = tiles.length + (own ? 1 : 0);
  return html`<ul class=${`tiles tiles-${Math.min(count, 9)}`} aria-label=${t("session.sites")}>
    ${tiles.map((tile) => html`<${Tile} key=${tile.key} tile=${tile} model=${model} large=${tile === chosen} document=${document} />`)}
    ${own ?? null}
  </ul>`;
}
