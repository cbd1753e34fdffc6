// SPDX-License-Identifier: GPL-3.0-or-later
// The wire of docs/protocol.md, without any user interface: `Line` keeps a WebSocket alive,
// `Call` (call.js) joins a session over it. Nothing here touches the document.

/** Close codes after which redialling by itself would be wrong, and what to tell people. */
const FINAL = new Map([[1000, "over"], [1008, "refused"], [4001, "token"], [4002, "elsewhere"]]);
const FIRST_DELAY = 500;
const LONGEST_DELAY = 15_000;
/** A line that is cut swallows a dial, and TCP repeats it ever more seldom: after so many seconds a
 *  new one is better, and soon, since nobody was burdened with it. */
const OPENS_WITHIN = 4;
/** Every third has more patience: where an answer takes longer than that, none would ever be heard. */
const OPENS_AT_LAST_WITHIN = 12;
const PATIENT = 3;
const UNANSWERED = 4999;
const AGAIN_WITHIN = 500;

/**
 * @typedef {"idle"|"dialling"|"open"|"waiting"|"stopped"} LineState
 * @typedef {{type: string, [member: string]: any}} Message
 * @typedef {{url?: string, token: string, client?: string, lang?: string, longest?: number}} LineOptions
 */

/** The address of the wire on the origin of this page. @param {string} [lang] @returns {string} */
export function wireUrl(lang) {
  const url = new URL("/ws/v1", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  if (lang) url.searchParams.set("lang", lang);
  return url.href;
}

/** How long to wait before the nth redial, in ms: doubling, ± 30 %.
 * @param {number} tries @param {number} [longest] */
export function backOff(tries, longest = LONGEST_DELAY) {
  const delay = Math.min(FIRST_DELAY * 2 ** tries, longest);
  return delay * (0.7 + 0.6 * Math.random());
}

/**
 * One peer's connection to the service: hello, welcome, heartbeat, redial, resume.
 *
 * Events (`CustomEvent`, facts in `detail`):
 * - `state` `{state, retryIn?, why?}` – `why` says why it stopped: over, refused, token, elsewhere;
 * - `welcome` the server's welcome;
 * - `message` every other message of the server, in order, heartbeats left out.
 */
export class Line extends EventTarget {
  /** @param {LineOptions} options */
  constructor({ url, token, client = "page 0.1", lang, longest = LONGEST_DELAY }) {
    super();
    this.url = url ?? wireUrl(lang);
    this.token = token;
    this.client = client;
    /** What a wait before a redial grows to, in ms. */
    this.longest = longest;
    /** @type {LineState} */
    this.state = "idle";
    /** @type {Message|null} */
    this.welcome = null;
    /** Server's clock minus ours, in ms. */
    this.clockOffset = 0;
    this.lastSeq = /** @type {number|null} */ (null);
    this.resume = /** @type {string|null} */ (null);
    this.tries = 0;
    /** How many dials in a row nobody answered. */
    this.unanswered = 0;
    this.heard = 0;
    /** @type {WebSocket|null} */
    this.socket = null;
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this.redialTimer = undefined;
    /** @type {ReturnType<typeof setInterval>|undefined} */
    this.heartbeatTimer = undefined;
    this.onOnline = () => this.redialNow();
  }

  /** Dial, and redial for ever until `stop`. */
  start() {
    if (this.state !== "idle" && this.state !== "stopped") return;
    globalThis.addEventListener?.("online", this.onOnline);
    this.tries = 0;
    this.dial();
  }

  /** Hang up for good. @param {string} [why] */
  stop(why = "over") {
    globalThis.removeEventListener?.("online", this.onOnline);
    clearTimeout(this.redialTimer);
    this.drop(1000);
    this.become("stopped", { why });
  }

  /** Whether the service has welcomed us and the socket is still open. */
  get open() {
    return this.state === "open";
  }

  /** What its PeerConnections reach us by. @returns {RTCIceServer[]} */
  get ice() {
    return this.welcome?.ice ?? [];
  }

  /** Send now, or say false: nothing is queued, the caller repeats what still matters.
   * @param {Message} message @returns {boolean} */
  send(message) {
    if (!this.open || this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  /** Give up waiting and dial at once (the network came back). */
  redialNow() {
    if (this.state !== "waiting") return;
    clearTimeout(this.redialTimer);
    this.dial();
  }

  /** @private */
  dial() {
    this.become("dialling");
    const socket = new WebSocket(this.url);
    this.socket = socket;
    this.heard = Date.now();
    socket.onopen = () => this.socket === socket && this.opened(socket);
    socket.onmessage = (event) => this.socket === socket && this.receive(event.data);
    socket.onclose = (event) => this.socket === socket && this.closed(event.code);
    this.watch(5, (this.unanswered + 1) % PATIENT ? OPENS_WITHIN : OPENS_AT_LAST_WITHIN);
  }

  /** @private @param {WebSocket} socket */
  opened(socket) {
    this.heard = Date.now();
    this.watch(5, 15);
    socket.send(JSON.stringify(this.hello()));
  }

  /** @private @returns {Message} */
  hello() {
    /** @type {Message} */
    const hello = { type: "hello", versions: [1], token: this.token, client: this.client };
    if (this.resume !== null && this.lastSeq !== null) {
      hello.resume = this.resume;
      hello.last_seq = this.lastSeq;
    }
    return hello;
  }

  /** Both ends say a heartbeat; a silent line is a dead line. A browser never tells by itself.
   * @private @param {number} every @param {number} deadAfter seconds */
  watch(every, deadAfter) {
    clearInterval(this.heartbeatTimer);
    let beats = 0;
    this.heartbeatTimer = setInterval(() => {
      beats += 1;
      if (Date.now() - this.heard > deadAfter * 1000) {
        const unanswered = this.socket?.readyState === WebSocket.CONNECTING;
        this.drop(4000);
        this.closed(unanswered ? UNANSWERED : 4000);
      } else if (beats % every === 0) {
        this.send({ type: "heartbeat" });
      }
    }, 1000);
  }

  /** @private @param {string} data */
  receive(data) {
    this.heard = Date.now();
    /** @type {Message} */
    const message = JSON.parse(data);
    if (message.type === "heartbeat") return;
    if (message.type === "welcome") {
      this.welcomed(message);
    } else {
      if (typeof message.seq === "number") this.lastSeq = message.seq;
      // For the connections to come: what the welcome said of the relays expires.
      if (message.type === "ice" && this.welcome) this.welcome.ice = message.ice;
      this.tell("message", message);
    }
  }

  /** @private @param {Message} welcome */
  welcomed(welcome) {
    this.welcome = welcome;
    this.resume = welcome.resume;
    if (!welcome.resumed || this.lastSeq === null) this.lastSeq = welcome.seq;
    this.clockOffset = Date.parse(welcome.now) - Date.now();
    this.tries = 0;
    this.unanswered = 0;
    this.watch(welcome.heartbeat, welcome.dead_after);
    this.become("open");
    this.tell("welcome", welcome);
  }

  /** @private @param {number} code */
  closed(code) {
    clearInterval(this.heartbeatTimer);
    this.socket = null;
    const why = FINAL.get(code);
    if (why) {
      globalThis.removeEventListener?.("online", this.onOnline);
      this.become("stopped", { why });
      return;
    }
    const wait = this.patience(code);
    if (code === UNANSWERED) this.unanswered += 1;
    else this.tries += 1;
    this.redialTimer = setTimeout(() => this.dial(), wait);
    this.become("waiting", { retryIn: wait });
  }

  /** How long to wait before the next dial, in ms. @private @param {number} code */
  patience(code) {
    if (code === UNANSWERED) return AGAIN_WITHIN * Math.random();
    return code === 1012 && this.tries === 0 ? 100 * Math.random() : backOff(this.tries, this.longest);
  }

  /** @private @param {number} code */
  drop(code) {
    clearInterval(this.heartbeatTimer);
    const socket = this.socket;
    this.socket = null;
    try {
      socket?.close(code);
    } catch {
      socket?.close();
    }
  }

  /** @private @param {LineState} state @param {object} [facts] */
  become(state, facts = {}) {
    this.state = state;
    this.tell("state", { state, ...facts });
  }

  /** @private @param {string} name @param {any} detail */
  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

export { newId } from "./ids.js";
export { Call } from "./call.js";
export { Waiting } from "./waiting.js";
