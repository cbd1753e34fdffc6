// SPDX-License-Identifier: GPL-3.0-or-later
// The public page of a session: when it opens and begins, the picture, what is written of it, the end.
import { get, Problem } from "./api.js";
import { language, list, t } from "./i18n.js";
import { icon } from "./icons.js";
import { LivePlayer } from "./live-player.js";
import { announce, copy, mount, Notice } from "./shell.js";
import { html, signal, useEffect, useRef } from "./ui.js";

/** @typedef {{state: string, now: string, opens_at: string|null, title: string|null, sites: string[], starts_at: string|null, ends_at: string|null, captions: boolean, media: string[], replay: string|null}} Told */

const code = location.pathname.split("/")[2];
const told = signal(/** @type {Told|null} */ (null));
const gone = signal(false);
const unreached = signal(false);
const now = signal(Date.now());
const standing = signal("waiting");
const caption = signal("");
const started = signal(false);
let ahead = 0;
const EVERY = /** @type {Record<string, number>} */ ({ live: 20_000, over: 60_000 });
const SOON = 6_000;
const CAPTION_EVERY = 1_000;

async function look() {
  try {
    const found = /** @type {Told} */ (await get(`/live/${code}`));
    ahead = Date.parse(found.now) - Date.now();
    if (told.value && told.value.state !== found.state) announce(t(`live.state.${found.state}`));
    told.value = found;
    unreached.value = false;
  } catch (error) {
    if (error instanceof Problem && error.status === 404) gone.value = true;
    else unreached.value = true;
  }
  // Not all at once: a thousand pages look.
  if (!gone.value) setTimeout(look, (EVERY[told.value?.state ?? ""] ?? SOON) * (0.75 + Math.random() / 2));
}

function Body() {
  const found = told.value;
  if (gone.value) return html`<h1>${t("title.live")}</h1><${Notice} kind="warning"><p>${t("live.gone")}</p><//>`;
  if (!found) return html`<h1>${t("title.live")}</h1>${unreached.value ? html`<${Notice} kind="warning"><p>${t("live.unreached")}</p><//>` : html`<p class="boot">${t("loading")}</p>`}`;
  if (found.state === "closed") return html`<h1>${t("title.live")}</h1><${Wait} at=${found.opens_at} first="live.opens" /><p class="muted">${t("live.keep_open")}</p>`;
  const playing = found.state === "live" || found.state === "back_soon" || started.value && found.state !== "over";
  return html`<h1>${found.title}</h1>
    ${playing ? html`<${Player} found=${found} />` : found.state === "over" ? html`<${Over} found=${found} />` : html`<${Wait} at=${found.starts_at} first="live.begins" />`}
    <${About} found=${found} />`;
}

/** How long it still is. @param {{at: string|null, first: string}} props */
function Wait({ at, first }) {
  const instant = at ? Date.parse(at) : now.value;
  const left = Math.ceil((instant - now.value) / 1000);
  return html`<section class="card live-wait" aria-label=${t("live.countdown")}>
    ${left > 0 ? html`<p class="live-count"><span>${t(first)}</span> <strong>${clock(left)}</strong></p><p class="muted">${when(instant)}</p>`
      : html`<p class="live-count">${t("live.any_moment")}</p>`}</section>`;
}

/** @param {{found: Told}} props */
function Player({ found }) {
  const video = useRef(/** @type {HTMLVideoElement|null} */ (null));
  const player = useRef(/** @type {LivePlayer|null} */ (null));
  const lines = useRef(/** @type {HTMLTrackElement|null} */ (null));
  useEffect(() => {
    const made = (player.current = new LivePlayer(/** @type {HTMLVideoElement} */ (video.current), (now) => {
      standing.value = now;
      if (now === "interrupted") announce(t("live.interrupted"));
    }));
    return () => made.stop();
  }, []);
  useEffect(() => player.current?.start(found.media), [found.media.join()]);
  useEffect(() => (found.captions && found.media.length ? follow(found.media, lines) : undefined), [found.captions, found.media.join()]);
  const watch = () => { started.value = true; void video.current?.play().catch(() => { started.value = false; }); video.current?.focus(); };
  return html`<section class="live-player" aria-label=${t("live.player")}>
    <div class="live-frame">
      <video ref=${video} controls=${started.value} playsinline tabindex="0" aria-label=${found.title ?? ""}>
        <track ref=${lines} kind="captions" srclang="fr" label=${t("live.captions")} src=${EMPTY} default /></video>
      ${started.value ? null : html`<button class="button live-start" type="button" onClick=${watch}>${icon("speaker")}${t("live.watch")}</button>`}
    </div>
    ${found.state === "back_soon" || standing.value === "interrupted" ? html`<${Notice} kind="warning" role="status"><p>${t("live.interrupted")}</p><//>`
      : standing.value === "ended" ? html`<${Notice}><p>${t("live.ended")}</p><//>` : null}
    ${caption.value ? html`<p class="live-caption" lang="fr">${caption.value}</p>` : null}</section>`;
}

const EMPTY = URL.createObjectURL(new Blob(["WEBVTT\n\n"], { type: "text/vtt" }));

/** The captions, as they are written. @param {string[]} bases @param {{current: HTMLTrackElement|null}} lines */
function follow(bases, lines) {
  let base = 0;
  const timer = setInterval(async () => {
    const answer = await fetch(`${bases[base]}caption.json`, { credentials: "omit" }).catch(() => null);
    if (!answer?.ok) { base = (base + 1) % bases.length; return; }
    const { text } = await answer.json();
    if (text === caption.value) return;
    caption.value = text;
    const track = lines.current?.track;
    const at = /** @type {HTMLVideoElement|null} */ (lines.current?.parentElement)?.currentTime ?? 0;
    for (const cue of track?.activeCues ?? []) cue.endTime = at;
    if (text) track?.addCue(new VTTCue(at, at + 8, text));
  }, CAPTION_EVERY);
  return () => clearInterval(timer);
}

/** @param {{found: Told}} props */
function Over({ found }) {
  return html`<section class="card"><p class="live-count">${t("live.state.over")}</p>
    ${found.replay ? html`<video class="live-replay" controls preload="metadata" src=${found.replay} aria-label=${t("live.replay")}><track kind="captions" src=${EMPTY} srclang="fr" label=${t("live.captions")} /></video>`
      : html`<p>${t("live.no_replay")}</p>`}</section>`;
}

/** What the press writes: the title, the places, the hour, the address. @param {{found: Told}} props */
function About({ found }) {
  const hour = found.starts_at ? when(Date.parse(found.starts_at)) : "";
  const line = t("live.press_line", { title: found.title, sites: list(found.sites), hour, url: location.origin + location.pathname });
  return html`<section class="live-about" aria-labelledby="about-head"><h2 id="about-head">${t("live.about")}</h2>
    <dl><dt>${t("live.when")}</dt><dd>${hour}</dd><dt>${t("live.where")}</dt><dd>${list(found.sites)}</dd></dl>
    <h3>${t("live.press")}</h3><p class="live-press">${line}</p>
    <p><button class="button button-quiet" type="button" onClick=${() => void copy(line)}>${t("live.copy")}</button></p></section>`;
}

/** `12:34`, or `2:05:00`. @param {number} seconds */
function clock(seconds) {
  const [days, hours] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600) % 24];
  if (days) return t("live.days", { n: days });
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
}

/** @param {number} instant */
function when(instant) {
  return new Date(instant).toLocaleString(language === "en" ? "en-GB" : "fr-FR", { weekday: "long", day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", timeZone: "Europe/Paris" });
}

setInterval(() => { now.value = Date.now() + ahead; }, 250);
mount("live", Body, { plain: true });
await look();
