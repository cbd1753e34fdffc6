// SPDX-License-Identifier: GPL-3.0-or-later
// The lobby of docs/protocol.md (24): while somebody still looks at himself, the line is opened and
// both legs are made, empty. Nothing of him leaves: the legs have no track of his, nor of anybody.
import { PublishLeg, SubscribeLeg } from "./legs.js";

/**
 * @typedef {import("./protocol.js").Message} Message
 * @typedef {import("./protocol.js").Line} Line
 * @typedef {{publish: PublishLeg|null, subscribe: SubscribeLeg|null}} Legs
 */

export class Waiting {
  /** @param {Line} line one whose token was given for the lobby */
  constructor(line) {
    this.line = line;
    /** @type {PublishLeg|null} */
    this.publish = null;
    /** @type {SubscribeLeg|null} */
    this.subscribe = null;
    this.onWelcome = (/** @type {any} */ event) => this.welcomed(event.detail);
    this.onMessage = (/** @type {any} */ event) => void this.receive(event.detail);
    line.addEventListener("welcome", this.onWelcome);
    line.addEventListener("message", this.onMessage);
  }

  start() {
    this.line.start();
  }

  /** Whether one may come in by this line. */
  get usable() {
    return ["open", "dialling"].includes(this.line.state);
  }

  /** Whether nothing is left to be made. */
  get ready() {
    return Boolean(this.publish?.connected && this.subscribe?.connected);
  }

  /** Come in: the legs are the caller's from now on. @returns {Legs} */
  take() {
    this.detach();
    const { publish, subscribe } = this;
    this.publish = this.subscribe = null;
    return { publish, subscribe };
  }

  /** Not any more. */
  stop() {
    this.detach();
    this.drop();
    this.line.stop();
  }

  /** @private */
  detach() {
    this.line.removeEventListener("welcome", this.onWelcome);
    this.line.removeEventListener("message", this.onMessage);
  }

  /** With the line everything was forgotten. All in one flight: messages are taken in order.
   * @private @param {Message} welcome */
  welcomed(welcome) {
    this.drop();
    if (!welcome.lobby) return; // an older service: the line alone is worth two round trips
    this.line.send({ type: "lobby" });
    void this.make();
  }

  /** @private */
  async make() {
    const failed = (/** @type {{id: string}} */ leg) => this.failed(leg);
    const subscribe = this.subscribe = new SubscribeLeg(this.line.ice, failed, () => undefined);
    this.line.send({ type: "subscribe.start", leg: subscribe.id });
    const publish = this.publish = new PublishLeg(this.line.ice, null, failed, () => undefined);
    const offer = await publish.offer();
    // Who has come in meanwhile has taken it along, and waits for its answer.
    if (publish.pc.signalingState !== "closed") this.line.send(offer);
  }

  /** @private @param {Message} message */
  async receive(message) {
    const { publish, subscribe } = this;
    if (message.type === "publish.answer" && message.leg === publish?.id) {
      await publish?.take(message.sdp).catch(() => this.spoilt(publish));
    } else if (message.type === "subscribe.offer" && message.leg === subscribe?.id) {
      const answer = await subscribe?.take(message).catch(() => this.spoilt(subscribe));
      if (answer) this.line.send(answer);
    } else if (message.type === "leg.lost") {
      this.forget(message.leg);
    } else if (message.type === "left" || (message.type === "error" && LEGS.has(message.about))) {
      this.drop();
    }
  }

  /** @private @param {{id: string}} leg */
  failed(leg) {
    this.line.send({ type: "leg.failed", leg: leg.id });
    this.forget(leg.id);
  }

  /** One that cannot be made; who has come in with it meanwhile mends it himself.
   * @private @param {PublishLeg|SubscribeLeg} leg */
  spoilt(leg) {
    if (this.publish === leg || this.subscribe === leg) this.forget(leg.id);
    else if (leg.alive) leg.onFailed(leg);
  }

  /** One that fails here is made again by who comes in. @private @param {string} id */
  forget(id) {
    for (const role of /** @type {const} */ (["publish", "subscribe"])) {
      if (this[role]?.id !== id) continue;
      this[role]?.close();
      this[role] = null;
    }
  }

  /** @private */
  drop() {
    this.publish?.close();
    this.subscribe?.close();
    this.publish = this.subscribe = null;
  }
}

const LEGS = new Set(["lobby", "publish.offer", "subscribe.start", "subscribe.answer"]);
