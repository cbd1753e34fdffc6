// SPDX-License-Identifier: GPL-3.0-or-later
// The camera of a room in the hand: stored views, and a stick that moves it only while it is held.
import { post } from "./api.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { commandsOf } from "./remote-phone.js";
import { Views } from "./remote-views.js";
import { html, useEffect, useRef, useState } from "./ui.js";

/** The camera stops by itself so long after the last word: long enough for a satellite line. */
const TTL_MS = 900;
const SAY_EVERY = 300;
const NUDGE_MS = 350;
const SPEED = 60;

/** @typedef {{pan: number, tilt: number, zoom: number}} Speeds */

/** Moves a camera for as long as somebody holds on. One word at a time is on the way: the newest speeds follow when it is
 * answered, and what was still on its way when the hand let go is stopped again behind it. */
export class Hold {
  /** @param {string} room @param {string|null} device @param {(error: Error) => void} onRefused */
  constructor(room, device, onRefused) {
    this.path = commandsOf(room);
    this.device = device;
    this.onRefused = onRefused;
    /** @type {Speeds|null} */
    this.speeds = null;
    this.saying = false;
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this.timer = undefined;
  }

  /** @param {Partial<Speeds>} speeds hundredths of the fastest; right, up and nearer are positive */
  move(speeds) {
    this.speeds = { pan: 0, tilt: 0, zoom: 0, ...speeds };
    if (!this.saying && this.timer === undefined) void this.say();
  }

  stop() {
    if (!this.speeds) return;
    this.speeds = null;
    clearTimeout(this.timer);
    this.timer = undefined;
    void this.ask("camera.stop");
  }

  /** A short push, for those who press without holding. @param {Partial<Speeds>} speeds */
  nudge(speeds) {
    void this.ask("camera.move", { pan: 0, tilt: 0, zoom: 0, ...speeds, ttl_ms: NUDGE_MS });
  }

  /** @private */
  async say() {
    this.timer = undefined;
    if (!this.speeds) return;
    this.saying = true;
    const taken = await this.ask("camera.move", { ...this.speeds, ttl_ms: TTL_MS });
    this.saying = false;
    if (!this.speeds) void this.ask("camera.stop");
    else if (taken) this.timer = setTimeout(() => void this.say(), SAY_EVERY);
    else this.speeds = null;
  }

  /** @private @param {string} command @param {Record<string, any>} [facts] */
  async ask(command, facts = {}) {
    try {
      await post(this.path, { command, ...facts, ...(this.device ? { device: this.device } : {}) });
      return true;
    } catch (error) {
      this.onRefused(/** @type {Error} */ (error));
      return false;
    }
  }
}

/** @type {[string, string, Partial<Speeds>][]} */
const WAYS = [
  ["up", "M12 5v14M6 11l6-6 6 6", { tilt: SPEED }],
  ["left", "M19 12H5M11 6l-6 6 6 6", { pan: -SPEED }],
  ["right", "M5 12h14M13 6l6 6-6 6", { pan: SPEED }],
  ["down", "M12 5v14M6 13l6 6 6-6", { tilt: -SPEED }],
  ["nearer", "M12 6v12M6 12h12", { zoom: SPEED }],
  ["farther", "M6 12h12", { zoom: -SPEED }],
];
/** @type {Record<string, Partial<Speeds>>} */
const ARROWS = { ArrowUp: { tilt: SPEED }, ArrowDown: { tilt: -SPEED }, ArrowLeft: { pan: -SPEED }, ArrowRight: { pan: SPEED } };

/** @param {{room: string, able: Set<string>, cameras: any[], give: (command: string, facts?: any) => Promise<void>, onRefused: (error: Error) => void}} props */
export function CameraCard({ room, able, cameras, give, onRefused }) {
  const [chosen, choose] = useState("");
  const device = cameras.length > 1 ? chosen || cameras[0].id : null;
  const of = device ? { device } : {};
  return html`<section class="card camera-card" aria-labelledby="camera-card">
    <h2 id="camera-card">${t("remote.camera_card")}</h2>
    ${cameras.length > 1 ? html`<div class="field"><label for="which">${t("remote.which_camera")}</label>
      <select id="which" class="input" onChange=${(/** @type {any} */ event) => choose(event.target.value)}>
        ${cameras.map((each) => html`<option key=${each.id} value=${each.id}>${each.id}</option>`)}</select></div>` : null}
    ${able.has("camera.preset.recall") ? html`<${Views} room=${room} able=${able} give=${give} of=${of} />` : null}
    ${able.has("camera.move") ? html`<${Stick} key=${device} room=${room} device=${device} able=${able} give=${give} of=${of} onRefused=${onRefused} />` : null}
  </section>`;
}

/** @param {{room: string, device: string|null, able: Set<string>, give: (command: string, facts?: any) => Promise<void>, of: any, onRefused: (error: Error) => void}} props */
function Stick({ room, device, able, give, of, onRefused }) {
  const held = useRef(/** @type {Hold|null} */ (null));
  held.current ??= new Hold(room, device, onRefused);
  const hold = held.current;
  useEffect(() => {
    const release = () => hold.stop();
    addEventListener("blur", release);
    addEventListener("pagehide", release);
    document.addEventListener("visibilitychange", release);
    return () => {
      release();
      removeEventListener("blur", release);
      removeEventListener("pagehide", release);
      document.removeEventListener("visibilitychange", release);
    };
  }, [hold]);
  return html`<h3>${t("remote.stick")}</h3><p class="hint" id="stick-help">${t("remote.stick_help")}</p>
    <div class="stick-pad">${WAYS.map(([way, drawing, speeds]) => html`<button key=${way} class=${`button button-quiet way way-${way}`} type="button"
        aria-label=${t(`remote.way.${way}`)} ...${holding(hold, () => speeds)}>
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d=${drawing} /></svg></button>`)}
      <button class="button stick" type="button" aria-label=${t("remote.stick")} aria-describedby="stick-help" ...${leaning(hold)}><span class="knob"></span></button></div>
    ${able.has("camera.home") ? html`<button class="button button-quiet" type="button" onClick=${() => give("camera.home", of)}>${icon("place")}${t("remote.home")}</button>` : null}`;
}

/** What holding a button does, by finger or by key. @param {Hold} hold @param {() => Partial<Speeds>} speeds */
function holding(hold, speeds) {
  const isPress = (/** @type {KeyboardEvent} */ event) => event.key === "Enter" || event.key === " ";
  const stop = () => hold.stop();
  return {
    onPointerDown: (/** @type {PointerEvent} */ event) => {
      /** @type {HTMLElement} */ (event.currentTarget).setPointerCapture(event.pointerId);
      hold.move(speeds());
    },
    onPointerUp: stop, onPointerCancel: stop, onLostPointerCapture: stop, onBlur: stop,
    onContextMenu: (/** @type {Event} */ event) => event.preventDefault(),
    onKeyDown: (/** @type {KeyboardEvent} */ event) => {
      if (!isPress(event)) return;
      event.preventDefault();
      if (!event.repeat) hold.move(speeds());
    },
    onKeyUp: (/** @type {KeyboardEvent} */ event) => { if (isPress(event)) { event.preventDefault(); stop(); } },
    // Speech and switches press without a pointer: they get a short push.
    onClick: (/** @type {any} */ event) => { if (event.detail === 0) hold.nudge(speeds()); },
  };
}

/** What leaning the stick does: the farther from its middle, the faster. @param {Hold} hold */
function leaning(hold) {
  const lean = (/** @type {PointerEvent} */ event) => {
    const stick = /** @type {HTMLElement} */ (event.currentTarget);
    if (!stick.hasPointerCapture(event.pointerId)) return;
    const { left, top, width, height } = stick.getBoundingClientRect();
    const part = (/** @type {number} */ at, /** @type {number} */ size) => Math.round(Math.max(-1, Math.min(1, (at / size) * 2 - 1)) * 100);
    const [pan, tilt] = [part(event.clientX - left, width), -part(event.clientY - top, height)];
    knob(stick, pan, tilt);
    hold.move({ pan, tilt });
  };
  const stop = (/** @type {Event} */ event) => {
    knob(/** @type {HTMLElement} */ (event.currentTarget), 0, 0);
    hold.stop();
  };
  return {
    onPointerDown: (/** @type {PointerEvent} */ event) => {
      /** @type {HTMLElement} */ (event.currentTarget).setPointerCapture(event.pointerId);
      lean(event);
    },
    onPointerMove: lean, onPointerUp: stop, onPointerCancel: stop, onLostPointerCapture: stop, onBlur: stop,
    onKeyDown: (/** @type {KeyboardEvent} */ event) => {
      const speeds = ARROWS[event.key];
      if (!speeds) return;
      event.preventDefault();
      if (!event.repeat) hold.move(speeds);
    },
    onKeyUp: (/** @type {KeyboardEvent} */ event) => { if (ARROWS[event.key]) stop(event); },
  };
}

/** @param {HTMLElement} stick @param {number} pan @param {number} tilt */
function knob(stick, pan, tilt) {
  const dot = /** @type {HTMLElement} */ (stick.firstElementChild);
  dot.style.setProperty("transform", `translate(${pan / 3}%, ${-tilt / 3}%)`);
}
