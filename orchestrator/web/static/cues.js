// SPDX-License-Identifier: GPL-3.0-or-later
// Cues of a session: kept here with all they show, fired at their instant, with or without a line.
import { instantOf, OffsetClock, pause, secondsOf } from "./clock.js";
import { Contents, OtherBytes } from "./contents.js";

const TRY_AGAIN = 15_000;
/** After so many answers the clock is known so well that it is worth telling. */
const WELL_KNOWN = 8;
/** A timer for longer than that is set anew on the way: the clock is known better by then. */
const LONGEST_TIMER = 1;
/** So many seconds before its instant what is to be shown is drawn unseen. */
export const DRAWN_BEFORE = 30;
const KINDS = ["picture", "message", "clip", "countdown"];

/**
 * @typedef {import("./protocol.js").Message} Message
 * @typedef {import("./protocol.js").Line} Line
 * @typedef {{cue: string, version: number, kind: string, title: string, text: string, seconds: number|null, lead: number,
 *   contents: import("./contents.js").Content[], kept: boolean, at: number|null, fired: boolean}} Cue
 */

/**
 * Events: `changed` – what is kept, coming or shown is different; `clock` – the service's clock is known better; `fired` `{cue, at}` – it is shown from now on,
 * `at` by the service's clock.
 */
export class Cues extends EventTarget {
  /** @param {Line} line */
  constructor(line) {
    super();
    this.line = line;
    this.clock = new OffsetClock();
    this.contents = new Contents(line.token);
    /** @type {Map<string, Cue>} */
    this.cues = new Map();
    /** The newest version of each that was recalled. @type {Map<string, number>} */
    this.recalled = new Map();
    /** What was shown while nobody could be told. @type {Message[]} */
    this.untold = [];
    this.asked = 0;
    this.answered = 0;
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this.asking = undefined;
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this.firing = undefined;
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this.trying = undefined;
    line.addEventListener("welcome", (event) => this.welcomed(/** @type {CustomEvent} */ (event).detail));
    line.addEventListener("message", (event) => this.receive(/** @type {CustomEvent} */ (event).detail));
  }

  /** Our own clock, in seconds: it never jumps. */
  get own() {
    return performance.now() / 1000;
  }

  /** The service's, as far as it is known. */
  get now() {
    const known = this.clock.read(this.own);
    return known ? this.own + known.offset : (Date.now() + this.line.clockOffset) / 1000;
  }

  /** What is shown now: the last that was fired, if its time is not over. @returns {Cue|null} */
  get shown() {
    const fired = [...this.cues.values()].filter((one) => one.fired && one.at !== null);
    const last = fired.reduce((best, one) => (best && Number(best.at) > Number(one.at) ? best : one), /** @type {Cue|null} */ (null));
    return last && (last.seconds === null || this.now < Number(last.at) + last.seconds) ? last : null;
  }

  /** What comes next, once it is near enough to be counted down to. @returns {Cue|null} */
  get coming() {
    return this.armed.find((one) => one.lead > 0 && this.now >= Number(one.at) - one.lead) ?? null;
  }

  /** What is drawn already, unseen, so that it only has to be uncovered. @returns {Cue|null} */
  get drawn() {
    const next = this.armed[0];
    return next?.kept && next.kind !== "clip" && Number(next.at) - this.now < DRAWN_BEFORE ? next : null;
  }

  /** Whether something is fired soon: the clock is asked often then. */
  get near() {
    return this.armed.some((one) => Number(one.at) - this.now < DRAWN_BEFORE);
  }

  /** An instant of the service by our own clock, in seconds. @param {number} at */
  ours(at) {
    return this.own + at - this.now;
  }

  /** Those that are fired and still to come, the next one first. @returns {Cue[]} */
  get armed() {
    return [...this.cues.values()].filter((one) => one.at !== null && !one.fired).sort((a, b) => Number(a.at) - Number(b.at));
  }

  /** @private @param {Message} welcome */
  welcomed(welcome) {
    if (!welcome.resumed) this.clock.restart();
    this.begin();
    if (!welcome.resumed) return;
    this.tellAll();
    this.prepareAll();
  }

  /** @private @param {Message} message */
  receive(message) {
    switch (message.type) {
      case "clock.told": return this.told(message);
      case "joined": return this.tellAll();
      case "cue.load": return this.load(message);
      case "cue.fire": return this.fire(message);
      case "cue.recall": return this.recall(message);
      case "left": return this.forget();
    }
  }

  // --- the clock

  /** On a new line, or for the first cue. @private */
  begin() {
    [this.asked, this.answered] = [0, 0];
    this.ask();
  }

  /** While there is something to keep. @private */
  ask() {
    clearTimeout(this.asking);
    if (!this.cues.size) return;
    if (!this.line.send({ type: "clock", sent: this.own })) return; // `welcome` begins anew
    this.asked += 1;
    this.asking = setTimeout(() => this.ask(), pause(this.asked, this.near) * 1000);
  }

  /** @private @param {Message} message */
  told({ sent, at }) {
    this.clock.hear({ sent, heard: this.own, at: secondsOf(at) });
    this.answered += 1;
    this.schedule();
    this.dispatchEvent(new CustomEvent("clock"));
    if (this.answered === 1) this.prepareAll();
    if (this.answered === WELL_KNOWN) for (const one of this.cues.values()) if (one.kept) this.sayReady(one);
  }

  // --- keeping

  /** @private @param {Message} message */
  load(message) {
    const { cue, version } = message;
    const [before, first] = [this.cues.get(cue), this.cues.size === 0];
    if (version <= (this.recalled.get(cue) ?? 0) || (before && before.version > version)) return;
    if (before?.version !== version) {
      this.cues.set(cue, {
        cue, version, kind: message.kind, title: message.title, text: message.text ?? "", seconds: message.seconds ?? null,
        lead: message.lead ?? 0, contents: message.contents ?? [], kept: false, at: null, fired: false,
      });
    }
    this.prune();
    if (first) this.begin();
    else void this.prepare(/** @type {Cue} */ (this.cues.get(cue)));
    this.changed();
  }

  /** Fetch what is missing, and say that all of it is here. @private @param {Cue} one */
  async prepare(one) {
    if (!KINDS.includes(one.kind)) return this.refuse(one, "kind");
    if (!this.clock.read(this.own)) return; // with the first answer
    try {
      for (const content of one.contents) await this.contents.keep(content);
    } catch (error) {
      this.tryAgain();
      return this.refuse(one, error instanceof OtherBytes ? "hash" : "fetch");
    }
    if (this.cues.get(one.cue) !== one) return this.prune(); // another version came meanwhile
    one.kept = true;
    this.sayReady(one);
    this.changed();
  }

  /** What is not kept yet. @private */
  prepareAll() {
    for (const one of this.cues.values()) if (!one.kept) void this.prepare(one);
  }

  /** @private @param {Cue} one */
  sayReady({ cue, version, contents }) {
    const error = this.clock.read(this.own)?.error ?? 0;
    this.line.send({
      type: "cue.ready", cue, version, sha256: contents.map(({ sha256 }) => sha256),
      rtt_ms: this.clock.worstTrip() * 1000, error_ms: error * 1000,
    });
  }

  /** @private @param {Cue} one @param {string} why */
  refuse(one, why) {
    this.line.send({ type: "cue.refused", cue: one.cue, version: one.version, why });
  }

  /** @private */
  tryAgain() {
    clearTimeout(this.trying);
    this.trying = setTimeout(() => this.prepareAll(), TRY_AGAIN);
  }

  /** @private */
  prune() {
    this.contents.only(new Set([...this.cues.values()].flatMap(({ contents }) => contents.map(({ sha256 }) => sha256))));
  }

  // --- firing

  /** @private @param {Message} message */
  fire({ cue, version, at }) {
    const one = this.cues.get(cue);
    if (!one || one.version !== version) return;
    const moment = secondsOf(at);
    if (one.at !== null && Math.abs(one.at - moment) < 0.001 && one.fired) return; // told again, as to who joins
    one.at = moment;
    one.fired = false;
    this.ask();
    this.schedule();
    this.changed();
  }

  /** The next thing that happens here by itself. @private */
  schedule() {
    clearTimeout(this.firing);
    const next = this.armed[0];
    if (!next) return;
    const wait = Number(next.at) - this.now;
    if (wait <= 0) return this.show(next);
    this.firing = setTimeout(() => this.schedule(), Math.min(wait > LONGEST_TIMER ? wait - LONGEST_TIMER / 2 : wait, 60) * 1000);
  }

  /** Now, or at once since it is late. @private @param {Cue} one */
  show(one) {
    one.fired = true;
    const at = this.now;
    this.untold.push({ type: "cue.fired", cue: one.cue, version: one.version, at: instantOf(at) });
    this.dispatchEvent(new CustomEvent("fired", { detail: { cue: one.cue, at } }));
    this.changed();
    this.tellAll();
    this.schedule();
  }

  /** @private */
  tellAll() {
    this.untold = this.untold.filter((message) => !this.line.send(message));
  }

  /** @private @param {Message} message */
  recall({ cue, version }) {
    this.recalled.set(cue, version);
    if (Number(this.cues.get(cue)?.version) > version) return;
    this.cues.delete(cue);
    this.prune();
    this.schedule();
    this.changed();
  }

  /** The session is over for us. @private */
  forget() {
    clearTimeout(this.trying);
    clearTimeout(this.asking);
    this.cues.clear();
    this.recalled.clear();
    this.untold = [];
    this.schedule();
    void this.contents.clear();
    this.changed();
  }

  /** @private */
  changed() {
    this.dispatchEvent(new CustomEvent("changed"));
  }
}
