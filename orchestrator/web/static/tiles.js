// SPDX-License-Identifier: GPL-3.0-or-later
// A site is a tile: its picture, its name, and its state in words.
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { html, useEffect, useRef } from "./ui.js";

/** @typedef {import("./model.js").CallModel} CallModel */
/** @typedef {import("./model.js").Tile} TileFacts */

/** A picture. @param {{track: MediaStreamTrack, mirrored?: boolean}} props */
export function Picture({ track, mirrored = false }) {
  const ref = useRef(/** @type {HTMLVideoElement|null} */ (null));
  useEffect(() => {
    const video = ref.current;
    if (!video) return;
    video.srcObject = new MediaStream([track]);
    video.muted = true;
    void video.play().catch(() => undefined);
  }, [track]);
  return html`<video ref=${ref} class=${mirrored ? "mirrored" : ""} autoplay playsinline muted aria-hidden="true"
    tabindex="-1"></video>`;
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
  const tracks = model.received.value.filter((each) => each.kind === "audio");
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
  if (state === "degraded") return { words: t("site.degraded"), grade: "warn", drawing: "line" };
  if (state === "recovering") return { words: t("site.recovering"), grade: "warn", drawing: "line" };
  return null;
}

/** @param {import("./model.js").Participant|null} participant @param {string} kind */
function mutedOf(participant, kind) {
  const tracks = participant?.tracks.filter((each) => each.kind === kind && each.source !== "screen") ?? [];
  return tracks.length === 0 || tracks.every((each) => each.muted);
}

/** @param {{tile: TileFacts, model: CallModel}} props */
function Tile({ tile, model }) {
  const { participant } = tile;
  const speaking = participant !== null && model.speaking.value === participant.id;
  const video = model.received.value.find((each) => each.kind === "video" && each.participant === participant?.id);
  const silent = participant !== null && mutedOf(participant, "audio");
  const blind = participant !== null && mutedOf(participant, "video");
  const state = stateOf(tile);
  const marks = [
    state?.words, silent ? t("tile.mic_cut") : null, blind ? t("tile.camera_cut") : null, speaking ? t("tile.speaks") : null,
  ].filter(Boolean);
  const shown = video && !blind && participant?.state !== "lost";
  return html`<li class=${`tile ${speaking ? "tile-speaks" : ""} ${shown ? "" : "tile-empty"}`} tabindex="0"
      aria-label=${[tile.name, ...marks].join(", ")}>
    ${shown ? html`<${Picture} key=${video.track} track=${video.media} />` : html`<span class="tile-face">${icon(state?.drawing ?? (tile.kind === "room" ? "screen" : "person"))}</span>`}
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

/** @param {{model: CallModel, own?: any}} props */
export function Tiles({ model, own }) {
  const tiles = model.tiles.value;
  const count = tiles.length + (own ? 1 : 0);
  return html`<ul class=${`tiles tiles-${Math.min(count, 9)}`} aria-label=${t("session.sites")}>
    ${tiles.map((tile) => html`<${Tile} key=${tile.key} tile=${tile} model=${model} />`)}
    ${own ?? null}
  </ul>`;
}
