// SPDX-License-Identifier: GPL-3.0-or-later
// A session as the screen shows it: the events of `Line` and `Call` turned into signals.
import { Cues } from "./cues.js";
import { Call, Line, Waiting } from "./protocol.js";
import { computed, signal } from "./ui.js";
import { keepMode, keptMode } from "./view.js";

const SPEAKS = 0.02;
const STILL_SPEAKS_FOR = 1_500;

/**
 * @typedef {import("./call.js").Participant} Participant
 * @typedef {{key: string, name: string, kind: string, role: string, state: string, participant: Participant|null}} Tile
 */

export class CallModel {
  /** @param {Line} line */
  constructor(line) {
    this.line = line;
    this.cues = new Cues(line);
    this.lineState = signal(/** @type {any} */ ({ state: line.state }));
    this.in = signal(false);
    this.you = signal("");
    this.session = signal(/** @type {any} */ (null));
    this.participants = signal(/** @type {Participant[]} */ ([]));
    this.media = signal({ publish: "new", subscribe: "new" });
    this.received = signal(/** @type {any[]} */ ([]));
    this.speaking = signal("");
    this.muted = signal({ audio: false, video: false });
    this.volume = signal(1);
    this.loud = signal(true);
    this.left = signal(/** @type {string|null} */ (null));
    this.refusal = signal(/** @type {any} */ (null));
    this.needsClick = signal(false);
    this.mode = signal(keptMode());
    /** What is sent to us of each picture, by track, and what our line carries. */
    this.chosen = signal(/** @type {Map<string, {layer: number|null, kbps: number, why: string}>} */ (new Map()));
    this.available = signal(/** @type {number|null} */ (null));
    this.toldSpeaker = false;
    /** The key of the link, for a session that is encrypted end to end. @type {Uint8Array|null} */
    this.secret = null;
    this.chat = signal(/** @type {{number: number, participant: string, name: string, text: string, at: string}[]} */ ([]));
    this.read = signal(0);
    this.hand = signal(false);
    /** What the director has written to us alone. */
    this.told = signal("");
    /** Whether the floor's queue had us, or we the floor. */
    this.listed = false;
    /** Grows with each new set of figures. */
    this.beat = signal(0);
    this.heardAt = 0;
    this.wasConnected = false;
    /** @type {Call|null} */
    this.call = null;
    this.tiles = computed(() => this.makeTiles());
    this.health = computed(() => this.makeHealth());
    line.addEventListener("state", (event) => {
      this.lineState.value = /** @type {CustomEvent} */ (event).detail;
    });
  }

  /** Join a session. @param {import("./call.js").Ticket} ticket @param {import("./devices.js").Devices} devices
   * @param {import("./waiting.js").Legs} [made] in the lobby @returns {Call} */
  join(ticket, devices, made) {
    this.call?.leave();
    const call = new Call(this.line, ticket);
    this.call = call;
    this.left.value = null;
    this.refusal.value = null;
    this.wasConnected = false;
    if (this.secret) call.encrypt(this.secret);
    this.follow(call);
    for (const kind of /** @type {const} */ (["audio", "video"])) {
      call.muted.set(kind, this.muted.value[kind]);
      void call.setTrack(kind, devices.tracks[kind]);
    }
    devices.onTrack = (kind, track) => void call.setTrack(kind, track);
    call.join(made);
    return call;
  }

  /** @param {"audio"|"video"} kind @param {boolean} muted */
  mute(kind, muted) {
    this.muted.value = { ...this.muted.value, [kind]: muted };
    this.call?.mute(kind, muted);
  }

  /** Receive everything, little, or sound alone. @param {import("./view.js").Mode} mode */
  choose(mode) {
    this.mode.value = mode;
    keepMode(mode);
    this.call?.view.choose(mode);
  }

  /** Whether what this participant sends can be opened here. @param {Participant|null} participant */
  opens(participant) {
    return participant === null || participant.encrypted === (this.secret !== null);
  }

  /** @param {boolean} up */
  raise(up) {
    this.hand.value = up;
    this.call?.hand(up);
  }

  leave() {
    this.call?.leave();
  }

  /** @private @param {Call} call */
  follow(call) {
    const on = (/** @type {string} */ name, /** @type {(detail: any) => void} */ act) =>
      call.addEventListener(name, (event) => this.call === call && act(/** @type {CustomEvent} */ (event).detail));
    on("chat", ({ lines }) => {
      const last = this.chat.value.at(-1)?.number ?? 0;
      this.chat.value = [...this.chat.value, ...lines.filter((/** @type {any} */ each) => each.number > last)].slice(-500);
    });
    on("joined", () => { if (this.hand.value) call.hand(true); });
    on("joined", () => { this.in.value = true; this.you.value = call.you; this.refusal.value = null; });
    on("told", ({ text }) => { this.told.value = text; });
    on("changed", () => {
      this.session.value = call.session;
      this.followFloor();
      this.participants.value = [...call.participants.values()];
    });
    on("tracks", () => { this.received.value = call.media(); });
    on("media", (states) => { this.noteMedia(states); });
    on("sample", () => { this.findSpeaker(call); this.beat.value += 1; });
    on("chosen", ({ available_kbps: available, tracks }) => {
      this.available.value = available;
      this.chosen.value = new Map(tracks.map((/** @type {any} */ each) => [each.track, each]));
    });
    on("speakers", ({ participants }) => {
      this.toldSpeaker = true;
      const others = participants.filter((/** @type {string} */ id) => id !== this.you.value);
      this.speaking.value = others[0] ?? "";
    });
    on("refused", (error) => { this.refusal.value = error; });
    on("left", ({ reason }) => {
      this.in.value = false;
      this.received.value = [];
      this.participants.value = [];
      this.chosen.value = new Map();
      this.hand.value = false;
      this.told.value = "";
      this.listed = false;
      this.toldSpeaker = false;
      this.left.value = reason;
      this.call = null;
    });
  }

  /** On a stage the director lowers hands too, and takes the floor back. @private */
  followFloor() {
    const stage = this.session.value?.stage;
    const seats = stage ? [...stage.holders, ...stage.queue] : [];
    const listed = seats.some((/** @type {any} */ seat) => seat.participant === this.call?.you);
    if (this.listed && !listed && this.hand.value && stage) this.raise(false);
    else if (!this.listed && listed) this.hand.value = true;
    this.listed = listed;
  }

  /** @private @param {{publish: string, subscribe: string}} states */
  noteMedia(states) {
    this.media.value = states;
    if (states.subscribe === "connected") this.wasConnected = true;
  }

  /** The loudest of the others, held for a moment so that the mark does not flicker.
   * @private @param {Call} call */
  findSpeaker(call) {
    if (this.toldSpeaker) return; // the service hears everybody, also those it does not send us
    let loudest = "";
    let level = SPEAKS;
    for (const [id, figure] of call.figures) {
      if (figure.audioLevel > level) [loudest, level] = [id, figure.audioLevel];
    }
    if (loudest) this.heardAt = Date.now();
    if (loudest || Date.now() - this.heardAt > STILL_SPEAKS_FOR) this.speaking.value = loudest;
  }

  /** Sites first, in the order of the session; then people. @private @returns {Tile[]} */
  makeTiles() {
    const others = this.participants.value.filter((each) => each.id !== this.you.value);
    const mine = this.participants.value.find((each) => each.id === this.you.value)?.room;
    const sites = (this.session.value?.sites ?? []).filter((/** @type {any} */ site) => !mine || site.room !== mine);
    const tiles = sites.map((/** @type {any} */ site) => ({
      key: `site ${site.room}`, name: site.name, kind: "room", role: site.role, state: site.state,
      participant: others.find((each) => each.room === site.room) ?? null,
    }));
    const seated = new Set(tiles.map((/** @type {Tile} */ tile) => tile.participant?.id));
    const people = others.filter((each) => !seated.has(each.id)).map((each) => ({
      key: each.id, name: each.name, kind: each.kind, role: "", state: "", participant: each,
    }));
    return [...tiles, ...people];
  }

  /** One word for the connection: ok, joining, redialling, media-lost, stopped. @private */
  makeHealth() {
    const { state } = this.lineState.value;
    if (state === "stopped") return "stopped";
    const { publish, subscribe } = this.media.value;
    const lost = [publish, subscribe].includes("lost") || (this.wasConnected && subscribe !== "connected");
    if (state !== "open") return lost || !this.in.value ? "redialling" : "controls-lost";
    if (lost) return "media-lost";
    return this.in.value && subscribe === "connected" ? "ok" : "joining";
  }

  /** For tests and for those who look under the bonnet: figures of each remote participant. */
  expose() {
    /** @type {any} */ (globalThis).margeride = {
      model: this,
      stats: async () => (this.call ? this.call.stats() : []),
    };
  }
}

export { Line, Waiting };
