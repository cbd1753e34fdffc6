// SPDX-License-Identifier: GPL-3.0-or-later
// A session as one participant lives it: who is there, what is carried, and the repair of both.
import { Secrecy } from "./e2ee.js";
import { orderIn } from "./told.js";
import { PublishLeg, SubscribeLeg } from "./legs.js";
import { Sampler } from "./sampler.js";
import { View } from "./view.js";

const LONGEST_RETRY = 15_000;
const ROLES = /** @type {const} */ (["publish", "subscribe"]);

/**
 * @typedef {import("./protocol.js").Message} Message
 * @typedef {import("./protocol.js").Line} Line
 * @typedef {{id: string, kind: "audio"|"video", source: string, muted: boolean}} Track
 * @typedef {{id: string, name: string, kind: string, room: string|null, state: string, tracks: Track[], hand: boolean, encrypted: boolean}} Participant
 * @typedef {{session?: string, token?: string, name?: string}} Ticket of a device, or of who waited in the lobby
 */

/**
 * Events (`CustomEvent`, facts in `detail`):
 * - `joined` – in, for the first time or again; `session`, `participants`, `you` are set;
 * - `changed` – session, participants or a mute changed; - `arrived`, `departed` `{participant}`;
 * - `tracks` – what is received changed: see `media()`; - `media` `{publish, subscribe}` states;
 * - `chosen` `{available_kbps, tracks}` what is sent to us, and why not more; - `speakers` `{participants}`;
 * - `chat` `{lines}` what was said; - `cursor` `{participant, track, x, y}`;
 * - `sample` – fresh figures in `figures` (once a second); - `refused` the server's error; - `told` `{text}` by the director;
 * - `left` `{reason}` – left, ended, removed.
 */
export class Call extends EventTarget {
  /** @param {Line} line @param {Ticket} [ticket] */
  constructor(line, ticket = {}) {
    super();
    this.line = line;
    this.ticket = ticket;
    this.in = false;
    this.wanted = false;
    this.you = "";
    /** @type {Message|null} */
    this.session = null;
    /** @type {Map<string, Participant>} */
    this.participants = new Map();
    /** @type {Map<string, MediaStreamTrack|null>} what we send, by kind */
    this.own = new Map();
    /** @type {Map<string, boolean>} */
    this.muted = new Map([["audio", false], ["video", false]]);
    /** @type {PublishLeg|null} */
    this.publish = null;
    /** @type {SubscribeLeg|null} */
    this.subscribe = null;
    this.retries = { publish: 0, subscribe: 0 };
    /** Legs that were begun behind the `join` that is not answered yet. @type {Set<string>} */
    this.begun = new Set();
    this.flying = false;
    /** @type {Set<ReturnType<typeof setTimeout>>} */
    this.timers = new Set();
    this.sampler = new Sampler(this);
    this.view = new View((message) => this.in && line.send(message));
    /** @type {Secrecy|null} */
    this.secrecy = null;
    this.onWelcome = (/** @type {any} */ event) => this.welcomed(event.detail);
    this.onMessage = (/** @type {any} */ event) => this.receive(event.detail);
    line.addEventListener("welcome", this.onWelcome);
    line.addEventListener("message", this.onMessage);
  }

  /** Figures of each remote participant, by participant id. */
  get figures() { return this.sampler.figures; }

  /** Encrypt from now on, before `join`. @param {Uint8Array} secret the key of the link */
  encrypt(secret) {
    this.secrecy = new Secrecy(secret, {
      send: (message) => this.line.send(message), you: () => this.you,
    });
  }

  /** Say something to everybody. @param {string} text */
  chat(text) {
    return this.line.send({ type: "chat", text });
  }

  /** @param {boolean} up */
  hand(up) {
    this.line.send({ type: "hand", up });
  }

  /** Come in; comes back by itself until `leave`.
   * @param {import("./waiting.js").Legs} [made] in the lobby, over this line */
  join(made) {
    this.wanted = true;
    this.sampler.start();
    this.view.start();
    ({ publish: this.publish, subscribe: this.subscribe } = made ?? { publish: null, subscribe: null });
    for (const leg of [this.publish, this.subscribe]) leg?.owned((dead) => this.failed(dead), () => this.health());
    // Through an m-line that stood empty, Chromium passes nothing to be encrypted.
    if (this.secrecy) for (const role of ROLES) this.discard(role);
    if (this.line.open) this.comeIn();
  }

  /** In one flight, since messages are taken in order: no round trip for each. @private */
  comeIn() {
    this.flying = true;
    this.sendJoin();
    this.mend();
  }

  /** Go out. */
  leave() {
    this.line.send({ type: "leave" });
    this.finish("left");
  }

  /** Send this microphone or camera track from now on; null for none.
   * @param {"audio"|"video"} kind @param {MediaStreamTrack|null} track */
  async setTrack(kind, track) {
    this.own.set(kind, track);
    if (track) track.enabled = !this.muted.get(kind);
    if (this.publish?.opened) await this.publish.replace(kind, track);
    else if (this.in) this.mend();
    this.sayMute(kind);
  }

  /** Mute: the track falls silent here, and the others are told.
   * @param {"audio"|"video"} kind @param {boolean} muted */
  mute(kind, muted) {
    this.muted.set(kind, muted);
    const track = this.own.get(kind);
    if (track) track.enabled = !muted;
    this.sayMute(kind);
    this.tell("changed");
  }

  /** What is received now, with its media. */
  media() {
    return this.subscribe?.tracks() ?? [];
  }

  /** Per remote participant: name, framesDecoded, audioLevel, kbps. */
  stats() {
    return this.sampler.stats();
  }

  /** @private @param {string} kind */
  sayMute(kind) {
    if (!this.in || !this.publish?.answered) return;
    const muted = this.muted.get(kind) || !this.own.get(kind);
    this.line.send({ type: "track.set", kind, muted });
  }

  /** @private @param {Message} welcome */
  welcomed(welcome) {
    if (!this.wanted) return;
    if (this.in && welcome.resumed) return this.repeat();
    if (this.in) return this.sendJoin();
    for (const role of ROLES) this.discard(role);
    this.comeIn();
  }

  /** Over the line the legs were made on, what is under way still comes. @private */
  sendJoin() {
    this.begun.clear();
    /** @type {Message} */
    const join = { type: "join", ...this.ticket };
    if (this.secrecy) join.encrypted = true;
    if (this.publish?.alive && (this.publish.answered || this.flying)) join.publish_leg = this.publish.id;
    const told = this.subscribe?.lastAnswer;
    if (this.subscribe?.alive && (told || this.flying)) join.subscribe_leg = this.subscribe.id;
    if (told && !this.flying) join.subscribe_serial = told.serial;
    this.line.send(join);
  }

  /** What was said last may have died with the line: said again, each is harmless. @private */
  repeat() {
    if (!this.flying) this.repeatLegs();
    this.flying = false;
    this.mend();
    for (const kind of this.muted.keys()) this.sayMute(kind);
    this.view.repeat();
  }

  /** @private */
  repeatLegs() {
    if (this.publish && !this.publish.answered) void this.offerPublish(this.publish);
    if (this.subscribe?.lastAnswer) this.line.send(this.subscribe.lastAnswer);
    else if (this.subscribe) this.line.send({ type: "subscribe.start", leg: this.subscribe.id });
  }

  /** @private @param {Message} message */
  receive(message) {
    if (!this.wanted) return;
    switch (message.type) {
      case "joined": return void this.joined(message);
      case "session.changed": this.session = message.session; return this.tell("changed");
      case "participant.joined": return this.put(message.participant, "arrived");
      case "participant.changed": return this.put(message.participant, "changed");
      case "participant.left": return this.forget(message.participant);
      case "publish.answer": return void this.published(message);
      case "subscribe.offer": return void this.offered(message);
      case "leg.lost": return this.lost(message);
      case "view.chosen": return this.tell("chosen", message);
      case "publish.layers": return void this.limited(message);
      case "chat.said": return this.tell("chat", message);
      case "cursor.moved": return this.tell("cursor", message);
      // Who is no participant that we know is the desk.
      case "whispered": return this.participants.has(message.participant) ? this.secrecy?.heard(message) : this.tell("told", { text: orderIn(message.data) });
      case "speakers": return this.tell("speakers", message);
      // The answer to the leave of an earlier session does not concern this one.
      case "left": return this.in ? this.finish(message.reason) : undefined;
      case "error": return this.refused(message);
    }
  }

  /** A leg that is refused is made anew, later; while there is no worker, `leg.lost` will tell.
   * @private @param {Message} error */
  refused(error) {
    if (!this.in && error.code === "not-joined") return; // said behind a `join` that was refused
    this.tell("refused", error);
    if (!this.in || error.fatal || error.code === "no-media-worker") return;
    if (error.about === "publish.offer") this.replace("publish");
    if (["subscribe.start", "subscribe.answer"].includes(error.about)) this.replace("subscribe");
  }

  /** @private @param {Message} message */
  joined(message) {
    this.in = true;
    this.you = message.you;
    this.session = message.session;
    const before = this.participants;
    this.participants = new Map(message.participants.map((/** @type {Participant} */ each) => [each.id, each]));
    // Whoever left while our line was broken must not read on either.
    for (const id of before.keys()) if (!this.participants.has(id)) this.secrecy?.part(id);
    this.secrecy?.again();
    this.secrecy?.meet(this.participants.values());
    for (const role of ROLES) this.keep(role, message[`${role}_leg`]);
    this.tell("joined");
    this.tell("changed");
    this.repeat();
  }

  /** A leg the worker does not know any more is closed here too.
   * @private @param {"publish"|"subscribe"} role @param {string|null} known */
  keep(role, known) {
    if (this[role] && this[role].id !== known && !this.begun.has(this[role].id)) this.discard(role);
  }

  /** @private @param {Participant} participant @param {string} event */
  put(participant, event) {
    this.participants.set(participant.id, participant);
    this.secrecy?.meet(this.participants.values());
    if (event === "arrived") this.tell("arrived", { participant });
    this.tell("changed");
  }

  /** @private @param {string} id */
  forget(id) {
    const participant = this.participants.get(id);
    this.participants.delete(id);
    this.secrecy?.part(id);
    if (participant) this.tell("departed", { participant });
    this.tell("changed");
  }

  /** Make the legs that are wanted and missing. @private */
  mend() {
    if (!this.publish?.opened && [...this.own.values()].some(Boolean)) this.startPublish();
    if (!this.subscribe) this.startSubscribe();
  }

  /** On a leg of the lobby, if there is one. @private */
  startPublish() {
    const leg = this.publish ?? new PublishLeg(this.line.ice, this.own, (dead) => this.failed(dead), () => this.health());
    if (this.publish) leg.open(this.own);
    else this.begun.add(leg.id);
    this.publish = leg;
    leg.onAnswered = () => void (leg.stale && this.publish === leg && this.offerPublish(leg));
    if (this.secrecy) leg.cover(this.secrecy);
    if (leg.pc.signalingState === "stable") void this.offerPublish(leg);
  }

  /** @private @param {PublishLeg} leg */
  async offerPublish(leg) {
    const offer = await leg.offer();
    if (this.publish === leg) this.line.send(offer);
  }

  /** @private */
  startSubscribe() {
    const leg = new SubscribeLeg(this.line.ice, (dead) => this.failed(dead), () => this.health());
    this.begun.add(leg.id);
    this.subscribe = leg;
    leg.secrecy = this.secrecy;
    this.line.send({ type: "subscribe.start", leg: leg.id });
  }

  /** @private @param {Message} message */
  async published(message) {
    const leg = this.publish;
    if (!leg || leg.id !== message.leg) return;
    await leg.take(message.sdp).catch(() => this.failed(leg));
    for (const kind of this.muted.keys()) this.sayMute(kind);
  }

  /** @private @param {Message} message */
  async offered(message) {
    const leg = this.subscribe;
    if (!leg || leg.id !== message.leg) return;
    if (this.secrecy && leg.wearsOut(message)) {
      this.discard("subscribe");
      this.startSubscribe();
      return;
    }
    try {
      this.line.send(await leg.take(message));
      this.tell("tracks");
    } catch {
      this.failed(leg);
    }
  }

  /** Nobody looks at more than this. @private @param {Message} message */
  async limited(message) {
    const leg = this.publish;
    const own = this.participants.get(this.you)?.tracks.find((each) => each.id === message.track);
    if (!leg || leg.id !== message.leg || own?.kind === "audio") return;
    await leg.limit("video", message.rids, message.kbps);
  }

  /** Our side says failed. @private @param {{id: string}} leg */
  failed(leg) {
    const role = this.roleOf(leg.id);
    if (!role || !this.wanted) return;
    this.line.send({ type: "leg.failed", leg: leg.id });
    this.replace(role);
  }

  /** The worker says lost. @private @param {Message} message */
  lost(message) {
    const role = this.roleOf(message.leg);
    if (role) this.replace(role);
  }

  /** @private @param {string} id @returns {"publish"|"subscribe"|null} */
  roleOf(id) {
    if (this.publish?.id === id) return "publish";
    return this.subscribe?.id === id ? "subscribe" : null;
  }

  /** A new leg, at once the first time, then with growing patience.
   * @private @param {"publish"|"subscribe"} role */
  replace(role) {
    this.discard(role);
    const tries = this.retries[role]++;
    const wait = tries === 0 ? 0 : Math.min(500 * 2 ** tries, LONGEST_RETRY);
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      if (this.in && this.line.open) this.mend();
    }, wait);
    this.timers.add(timer);
  }

  /** @private @param {"publish"|"subscribe"} role */
  discard(role) {
    this[role]?.close();
    this[role] = null;
    this.health();
    if (role === "subscribe") this.tell("tracks");
  }

  /** @private */
  health() {
    for (const role of ROLES) {
      if (this[role]?.connected) this.retries[role] = 0;
    }
    this.tell("media", { publish: this.publish?.state ?? "new", subscribe: this.subscribe?.state ?? "new" });
  }

  /** @private @param {string} reason */
  finish(reason) {
    if (!this.wanted) return;
    this.wanted = false;
    this.in = false;
    this.timers.forEach(clearTimeout);
    this.timers.clear();
    this.sampler.stop();
    this.view.stop();
    this.secrecy?.stop();
    this.discard("publish");
    this.discard("subscribe");
    this.participants.clear();
    this.line.removeEventListener("welcome", this.onWelcome);
    this.line.removeEventListener("message", this.onMessage);
    this.tell("left", { reason });
  }

  /** @private @param {string} name @param {any} [detail] */
  tell(name, detail = {}) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
