// SPDX-License-Identifier: GPL-3.0-or-later
// The room behind its screen: carries out commands, each once, and reports the state document.
// No drawing here: kiosk.js shows what these signals say.
import { Devices } from "./devices.js";
import { t } from "./i18n.js";
import { keepPicture } from "./kiosk-picture.js";
import { Senses } from "./kiosk-senses.js";
import { CallModel, Line } from "./model.js";
import { effect, signal } from "./ui.js";

const JOIN_WITHIN = 20_000;
const REMEMBERED = 200;
/** A picture is announced for so many seconds, and taken so many ms after it was. */
const PICTURE_SAID = 6;
const PICTURE_AFTER = 1_500;
const REPEATED_FOR = 60_000;
/** Nobody is there to press a button, and rooms are few: ten seconds after its service a room is there. */
const DIALS_WITHIN = 4_000;
/** What this page carries out. */
const ABLE = [
  "call.join", "call.leave", "audio.mic.set", "audio.speaker.set", "audio.volume.set", "video.camera.set",
  "video.layout.set", "video.selfview.set", "room.message.show", "room.message.clear", "call.hand.set", "video.picture.keep",
];

/** @typedef {import("./protocol.js").Message} Message */
/** @typedef {{result?: Record<string, any>, error?: string, detail?: string}} Outcome */

/** A command that cannot be carried out. */
class Failure extends Error {
  /** @param {string} key @param {string} [detail] */
  constructor(key, detail = "") {
    super(detail);
    this.key = key;
  }
}

export class KioskRoom {
  /** @param {string} room @param {string} token @param {string} lang */
  constructor(room, token, lang) {
    this.line = new Line({ token, client: "screen 0.1", lang, longest: DIALS_WITHIN });
    this.model = new CallModel(this.line);
    this.devices = new Devices();
    this.senses = new Senses(this.devices, () => this.model.muted.value);
    this.room = room;
    this.store = `margeride.call.${room}`;
    this.message = signal(/** @type {{text: string, level: string}|null} */ (null));
    this.phase = signal("idle");
    this.sessionId = signal(/** @type {string|null} */ (null));
    this.title = signal("");
    this.layout = signal("grid");
    this.selfview = signal(true);
    /** How often the code for phones had to give way to another. */
    this.codesBurnt = signal(0);
    this.version = Number(localStorage.getItem("margeride.state-version") ?? 0);
    /** @type {Map<string, Promise<Outcome>>} */
    this.outcomes = new Map();
    /** @type {Map<string, {at: number, answer: Message}>} */
    this.answers = new Map();
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this.messageTimer = undefined;
    this.reported = "";
    /** The names of the devices that answered last. @type {Record<"audio"|"video", string>} */
    this.names = { audio: "", video: "" };
    this.line.addEventListener("welcome", () => this.welcomed());
    this.line.addEventListener("message", (event) => this.receive(/** @type {CustomEvent} */ (event).detail));
    effect(() => {
      if (this.model.left.value !== null) this.gone();
    });
    effect(() => this.senses.follow(this.phase.value === "in_call"));
    effect(() => this.report(this.document()));
    for (const kind of /** @type {const} */ (["audio", "video"])) {
      effect(() => { if (this.devices[kind].value === "on") this.names[kind] = this.devices.tracks[kind]?.label ?? ""; });
    }
  }

  async start() {
    navigator.mediaDevices?.addEventListener("devicechange", () => void this.findAgain());
    await Promise.all([this.devices.open("audio"), this.devices.open("video")]);
    this.line.start();
  }

  /** What was unplugged and is back under its name is opened again; its id may be another now. @private */
  async findAgain() {
    const all = await navigator.mediaDevices.enumerateDevices();
    for (const kind of /** @type {const} */ (["audio", "video"])) {
      if (!["absent", "busy"].includes(this.devices[kind].value)) continue;
      const back = all.find((each) => each.kind === `${kind}input` && (!this.names[kind] || each.label === this.names[kind]));
      if (back) await this.devices.open(kind, back.deviceId);
    }
  }

  /** The state document of the room. */
  document() {
    const { audio, video } = this.model.muted.value;
    const hasMic = this.devices.audio.value === "on";
    const hasCamera = this.devices.video.value === "on";
    const health = [];
    if (!hasMic) health.push({ key: "no_microphone", text: t("kiosk.no_microphone") });
    if (!hasCamera) health.push({ key: "no_camera", text: t("kiosk.no_camera") });
    const { level, silent, still } = this.senses;
    if (hasMic && silent.value) health.push({ key: "microphone_silent", text: t("kiosk.microphone_silent") });
    if (hasCamera && still.value) health.push({ key: "camera_still", text: t("kiosk.camera_still") });
    return {
      call: { state: this.phase.value, session: this.sessionId.value, ...(this.model.in.value && this.model.hand.value ? { hand: true } : {}) },
      audio: {
        mic_muted: audio, mic_present: hasMic, speaker_on: this.model.loud.value,
        volume: Math.round(this.model.volume.value * 100), ...(level.value === null ? {} : { mic_level: level.value }),
      },
      video: { camera_on: hasCamera && !video, camera_present: hasCamera },
      message: this.message.value, health, able: ABLE,
    };
  }

  /** @private @param {object} document */
  report(document, again = false) {
    const text = JSON.stringify(document);
    if (!this.line.open || (text === this.reported && !again)) return;
    this.version += 1;
    localStorage.setItem("margeride.state-version", String(this.version));
    if (this.line.send({ type: "room.state", version: this.version, document })) this.reported = text;
  }

  /** @private */
  welcomed() {
    this.report(this.document(), true);
    this.repeatAnswers();
    const kept = sessionStorage.getItem(this.store);
    if (!kept || this.phase.value !== "idle") return;
    // The page was reloaded in the middle of a session: go back in.
    const { session, token, title } = JSON.parse(kept);
    this.join({ session, token, title }).catch(() => sessionStorage.removeItem(this.store));
  }

  /** @private @param {Message} message */
  receive(message) {
    if (message.type === "command") void this.obey(message);
    else if (message.type === "command.cancel") this.cancel(message.id);
    else if (message.type === "code.burnt") this.codesBurnt.value += 1;
  }

  /** The same id twice is carried out once and answered twice. @private @param {Message} message */
  async obey(message) {
    const { id } = message;
    this.line.send({ type: "command.accepted", id });
    let outcome = this.outcomes.get(id);
    if (!outcome) {
      outcome = this.run(message.command, message.arguments ?? {});
      this.outcomes.set(id, outcome);
      if (this.outcomes.size > REMEMBERED) this.outcomes.delete([...this.outcomes.keys()][0]);
    }
    const { result, error, detail } = await outcome;
    /** @type {Message} */
    const answer = error ? { type: "command.failed", id, error: error.slice(0, 64) } : { type: "command.done", id, result: result ?? {} };
    if (error && detail) answer.detail = detail.slice(0, 200);
    this.answers.set(id, { at: Date.now(), answer });
    this.line.send(answer);
  }

  /** Outcomes said just before the line broke may be lost: said again, they are harmless. @private */
  repeatAnswers() {
    for (const [id, { at, answer }] of this.answers) {
      if (Date.now() - at > REPEATED_FOR) this.answers.delete(id);
      else this.line.send(answer);
    }
  }

  /** @private @param {string} _id Joining is the only thing that takes time. */
  cancel(_id) {
    if (this.phase.value === "joining") this.model.leave();
  }

  /** @private @param {string} name @param {Record<string, any>} given @returns {Promise<Outcome>} */
  async run(name, given) {
    /** @type {Record<string, (given: any) => any>} */
    const able = {
      "call.join": (facts) => this.join(facts),
      "call.leave": () => this.leave(),
      "audio.mic.set": ({ on }) => this.setDevice("audio", on),
      "video.camera.set": ({ on }) => this.setDevice("video", on),
      "audio.speaker.set": (facts) => this.setSpeaker(facts),
      "audio.volume.set": (facts) => this.setSpeaker({ on: this.model.loud.value, ...facts }),
      "video.layout.set": ({ layout }) => { this.layout.value = layout; return { layout }; },
      "call.hand.set": ({ on }) => this.raise(on),
      "video.picture.keep": ({ preset }) => this.keepPicture(preset),
      "video.selfview.set": ({ on }) => { this.selfview.value = on; return { on }; },
      "room.message.show": (facts) => this.show(facts),
      "room.message.clear": () => this.show({ text: "" }),
    };
    if (!Object.hasOwn(able, name)) return { error: "unknown_command", detail: name };
    try {
      return { result: (await able[name](given)) ?? {} };
    } catch (failure) {
      if (failure instanceof Failure) return { error: failure.key, detail: failure.message };
      return { error: "screen_error", detail: String(failure).slice(0, 200) };
    }
  }

  /** @private @param {{session: string, token: string, title?: string}} facts */
  async join({ session, token, title = "" }) {
    if (this.model.in.value && this.sessionId.value === session) return { session };
    this.sessionId.value = session;
    this.title.value = title;
    this.phase.value = "joining";
    sessionStorage.setItem(this.store, JSON.stringify({ session, token, title }));
    for (const kind of /** @type {const} */ (["audio", "video"])) {
      if (this.devices[kind].value !== "on") await this.devices.open(kind);
    }
    const call = this.model.join({ session, token }, this.devices);
    await this.settled(call);
    this.phase.value = "in_call";
    return { session };
  }

  /** In, refused, or nothing heard. @private @param {import("./call.js").Call} call @returns {Promise<void>} */
  settled(call) {
    return new Promise((resolve, reject) => {
      const fail = (/** @type {string} */ key, /** @type {string} */ detail) => {
        reject(new Failure(key, detail));
        call.leave();
      };
      const timer = setTimeout(() => fail("timed_out", ""), JOIN_WITHIN);
      call.addEventListener("joined", () => { clearTimeout(timer); resolve(); }, { once: true });
      call.addEventListener("refused", (event) => {
        const { code, text, about } = /** @type {CustomEvent} */ (event).detail;
        if (about === "join" || !about) { clearTimeout(timer); fail(code.replaceAll("-", "_"), text); }
      });
      call.addEventListener("left", () => { clearTimeout(timer); reject(new Failure("cancelled")); }, { once: true });
    });
  }

  /** @private */
  leave() {
    if (this.phase.value !== "idle") this.phase.value = "leaving";
    this.model.leave();
    this.gone();
  }

  /** @private */
  gone() {
    sessionStorage.removeItem(this.store);
    this.phase.value = "idle";
    this.sessionId.value = null;
  }

  /** @private @param {boolean} on */
  raise(on) {
    if (!this.model.in.value) throw new Failure("not_in_session");
    this.model.raise(on);
    return { on };
  }

  /** Who is in the room reads it before it is done; a camera that is cut stays so. @private @param {number} preset */
  async keepPicture(preset) {
    const track = this.devices.tracks.video;
    if (!track || this.model.muted.value.video) throw new Failure("no_media");
    this.show({ text: t("kiosk.picture_taken", { number: preset }), seconds: PICTURE_SAID });
    await new Promise((resolve) => setTimeout(resolve, PICTURE_AFTER));
    if (this.model.muted.value.video) throw new Failure("no_media");
    await keepPicture(this.room, preset, track);
    return {};
  }

  /** @private @param {"audio"|"video"} kind @param {boolean} on */
  async setDevice(kind, on) {
    if (on && this.devices[kind].value !== "on") await this.devices.open(kind);
    if (on && this.devices[kind].value !== "on") throw new Failure("no_media", this.devices[kind].value);
    this.model.mute(kind, !on);
    return { on };
  }

  /** @private @param {{on: boolean, volume?: number}} facts */
  setSpeaker({ on, volume }) {
    this.model.loud.value = on;
    if (typeof volume === "number") this.model.volume.value = Math.min(Math.max(volume, 0), 100) / 100;
    return { on };
  }

  /** @private @param {{text: string, level?: string, seconds?: number}} facts */
  show({ text, level = "info", seconds }) {
    clearTimeout(this.messageTimer);
    this.message.value = text ? { text, level } : null;
    if (seconds) this.messageTimer = setTimeout(() => { this.message.value = null; }, seconds * 1000);
    return {};
  }
}
