// SPDX-License-Identifier: GPL-3.0-or-later
// A cue on the screen: over the pictures of the session, from its instant on, and the seconds before.
import { DRAWN_BEFORE } from "./cues.js";
import { html, useEffect, useRef, useState } from "./ui.js";

/** By so many seconds a clip may be beside the others unseen; beyond the second it is set right at once. */
const BESIDE = 0.04;
const APART = 0.5;
const NUDGE = 0.05;

/** @typedef {import("./cues.js").Cues} Cues */
/** @typedef {import("./cues.js").Cue} Cue */

/** Which rate brings a clip back in step; null when it has to jump. @param {number} late seconds behind the others */
export function rateFor(late) {
  if (Math.abs(late) > APART) return null;
  if (Math.abs(late) <= BESIDE) return 1;
  return late > 0 ? 1 + NUDGE : 1 - NUDGE;
}

/** @param {{cues: Cues}} props */
export function CueScreen({ cues }) {
  const turn = useTurns(cues);
  const [shown, coming, drawn] = [cues.shown, cues.coming, cues.drawn];
  if (!shown && !coming && !drawn) return null;
  const over = [shown, drawn].filter((one) => one !== null);
  return html`<section class="cue" data-cue=${shown?.cue ?? ""} data-turn=${turn}>
    ${over.map((one) => html`<${Covered} key=${`${one.cue} ${one.at}`} one=${one} cues=${cues} />`)}
    ${coming ? html`<p class="cue-lead" role="timer" aria-label=${coming.title}>${left(cues, Number(coming.at))}</p>` : null}
  </section>`;
}

/** Drawn before its instant and uncovered at it by the compositor, which waits for nothing this page has to do.
 * @param {{one: Cue, cues: Cues}} props */
function Covered({ one, cues }) {
  const cover = useRef(/** @type {HTMLElement|null} */ (null));
  useEffect(() => {
    if (one.fired || !cover.current) return undefined;
    const frames = [{ opacity: 0 }, { opacity: 1 }];
    const opening = cover.current.animate(frames, { duration: 1, easing: "steps(1)", fill: "both" });
    const set = () => { if (!one.fired) opening.startTime = cues.ours(Number(one.at)) * 1000; };
    set();
    cues.addEventListener("clock", set);
    return () => { cues.removeEventListener("clock", set); opening.cancel(); };
  }, [one, one.at]);
  return html`<div class="cue-cover" data-cue=${one.cue} ref=${cover} aria-hidden=${one.fired ? null : "true"}><${Shown} one=${one} cues=${cues} /></div>`;
}

/** @param {{one: Cue, cues: Cues}} props */
function Shown({ one, cues }) {
  const url = one.contents.length ? cues.contents.url(one.contents[0].sha256) : "";
  const text = one.text ? html`<p class="cue-text">${one.text}</p>` : null;
  if (one.kind === "picture") return html`<figure class="cue-picture" role="status"><img src=${url} alt=${one.title} />${text}</figure>`;
  if (one.kind === "clip") return html`<${Clip} one=${one} cues=${cues} url=${url} />`;
  if (one.kind === "countdown") {
    return html`<p class="cue-count" role="timer" aria-label=${one.title}>${clock(Math.min(Math.ceil(Number(one.seconds)), left(cues, Number(one.at) + Number(one.seconds))))}</p>${text}`;
  }
  return html`<div class="cue-message" role="status"><h2>${one.title}</h2>${text}</div>`;
}

/** From where it is with the others, and kept there. @param {{one: Cue, cues: Cues, url: string}} props */
function Clip({ one, cues, url }) {
  const element = useRef(/** @type {HTMLVideoElement|null} */ (null));
  useEffect(() => {
    const follow = () => {
      const clip = element.current;
      if (!clip || clip.ended) return;
      const place = cues.now - Number(one.at);
      const rate = rateFor(place - clip.currentTime);
      if (rate === null && clip.readyState >= HTMLMediaElement.HAVE_METADATA) clip.currentTime = Math.max(0, place);
      clip.playbackRate = rate ?? 1;
    };
    const timer = setInterval(follow, 500);
    element.current?.addEventListener("loadedmetadata", follow);
    return () => clearInterval(timer);
  }, [one, url]);
  return html`<video class="cue-clip" ref=${element} src=${url} aria-label=${one.title} autoplay playsinline></video>`;
}

/** Whole seconds until then, counted so that the last one is 1. @param {Cues} cues @param {number} until */
function left(cues, until) {
  return Math.max(0, Math.ceil(until - cues.now));
}

/** @param {number} seconds */
function clock(seconds) {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const pad = (/** @type {number} */ value) => String(value).padStart(2, "0");
  if (seconds < 60) return String(seconds);
  return hours ? `${hours}:${pad(minutes)}:${pad(seconds % 60)}` : `${minutes}:${pad(seconds % 60)}`;
}

/** When the screen has to be looked at again by itself, in seconds from now. @param {Cues} cues */
function nextTurn(cues) {
  const [shown, next, now] = [cues.shown, cues.armed[0], cues.now];
  const drawn = next ? [Number(next.at) - DRAWN_BEFORE] : [];
  const ends = shown?.seconds ? [Number(shown.at) + shown.seconds] : [];
  const counted = cues.coming ? [Number(cues.coming.at)] : next?.lead ? [Number(next.at) - next.lead] : [];
  const waits = [...ends, ...counted, ...drawn].map((moment) => moment - now).filter((wait) => wait > 0);
  if (!waits.length) return null;
  const ticks = Boolean(cues.coming) || shown?.kind === "countdown";
  const first = Math.min(...waits);
  return ticks ? Math.min(first, ...waits.map((wait) => wait - Math.ceil(wait) + 1)) : first;
}

/** Draw anew at each change, and whenever a second of a count is over. @param {Cues} cues */
function useTurns(cues) {
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    let timer;
    let turns = 0;
    const next = () => {
      setTurn(++turns);
      clearTimeout(timer);
      const wait = nextTurn(cues);
      if (wait !== null) timer = setTimeout(next, Math.min(wait, 60) * 1000 + 5);
    };
    cues.addEventListener("changed", next);
    next();
    return () => { cues.removeEventListener("changed", next); clearTimeout(timer); };
  }, [cues]);
  return turn;
}
