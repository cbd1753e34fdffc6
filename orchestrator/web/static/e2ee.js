// SPDX-License-Identifier: GPL-3.0-or-later
// End-to-end encryption: the key of the link proves who may take part, each participant sends with
// a key of his own, and makes a new one whenever somebody leaves. The service sees neither.

const FRAGMENT = "cle";
const KEPT = "margeride.key.";
const GRACE = 600; // ms for the others to get our new key before we send with it
// The service hears 30 messages a second of a page, 60 at once, and closes the line of who says more.
const EACH = 50; // ms a whisper, on the whole
const AT_ONCE = 20;
const AES = { name: "AES-GCM", length: 128 };
const CURVE = { name: "ECDH", namedCurve: "P-256" };

/** @typedef {import("./protocol.js").Message} Message */
/** @typedef {{send: (message: Message) => boolean, you: () => string}} Means */

/** Whether this browser can. */
export const able = () => "RTCRtpScriptTransform" in globalThis && Boolean(globalThis.crypto?.subtle);

/** @param {ArrayBuffer|Uint8Array} bytes */
const toText = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)))
  .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** @param {string} text */
const toBytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));

/** Whether the link one came by is an encrypted one, be its key whole or not. */
export const linkAsks = () => new URLSearchParams(location.hash.slice(1)).has(FRAGMENT);

/** The key of the link one came by: never sent to any server, since it is in the fragment.
 * @returns {Uint8Array|null} */
export function linkKey() {
  const text = new URLSearchParams(location.hash.slice(1)).get(FRAGMENT) ?? "";
  if (!/^[\w-]{43}$/.test(text)) return null;
  return toBytes(text);
}

/** The encrypted link of a session: the same each time it is asked for here. @param {string} code */
export function encryptedLink(code) {
  const kept = localStorage.getItem(KEPT + code) ?? toText(crypto.getRandomValues(new Uint8Array(32)));
  localStorage.setItem(KEPT + code, kept);
  return `${location.origin}${location.pathname}#${FRAGMENT}=${kept}`;
}

/** The one script a page may start beside itself. */
const WORKER = new URL("./e2ee-worker.js", import.meta.url).href;
const policy = /** @type {any} */ (globalThis).trustedTypes?.createPolicy("margeride", { createScriptURL: () => WORKER });

export class Secrecy {
  /** @param {Uint8Array} secret of the link @param {Means} means */
  constructor(secret, means) {
    this.secret = secret;
    this.means = means;
    this.generation = 0;
    this.worker = new Worker(/** @type {any} */ (policy?.createScriptURL("") ?? WORKER), { type: "module" });
    /** Pairwise keys, by participant. @type {Map<string, CryptoKey>} */
    this.pairs = new Map();
    /** @type {Set<string>} whom we have greeted */
    this.greeted = new Set();
    this.paid = 0;
    this.ready = this.prepare();
    this.queue = this.ready;
  }

  /** @private */
  async prepare() {
    const base = await crypto.subtle.importKey("raw", /** @type {any} */ (this.secret), "HKDF", false, ["deriveKey"]);
    this.seal = await crypto.subtle.deriveKey(hkdf("greeting"), base, { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
    this.own = await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]);
    this.point = toText(await crypto.subtle.exportKey("raw", this.own.publicKey));
    await this.renew(0);
  }

  /** Encrypt what a sender sends. @param {RTCRtpSender} sender @param {string} kind */
  cover(sender, kind) {
    this.attach(sender, { way: "send", kind });
  }

  /** Decrypt what an m-line receives. @param {RTCRtpReceiver} receiver @param {string} mid */
  uncover(receiver, mid) {
    if (!receiver.transform) this.attach(receiver, { way: "receive", kind: receiver.track.kind, mid });
  }

  /** @private @param {RTCRtpSender|RTCRtpReceiver} end @param {object} options */
  attach(end, options) {
    end.transform = new RTCRtpScriptTransform(this.worker, options);
  }

  /** Whose each m-line is now. @param {[string, string][]} owners mid, participant */
  owned(owners) {
    this.worker.postMessage({ do: "owners", owners });
  }

  /** Greet those who hold the key too and whom we have not greeted.
   * @param {Iterable<import("./call.js").Participant>} participants */
  meet(participants) {
    for (const { id, encrypted } of participants) {
      if (!encrypted || id === this.means.you() || this.greeted.has(id)) continue;
      this.greeted.add(id);
      this.later(() => this.greet(id, false));
    }
  }

  /** Somebody left: what is said from now on is not for him. @param {string} who */
  part(who) {
    this.pairs.delete(who);
    this.greeted.delete(who);
    this.worker.postMessage({ do: "forget", participant: who });
    this.later(() => this.renew(GRACE));
  }

  /** Our line was new: the others may have lost what we said. */
  again() {
    this.greeted.clear();
  }

  /** @param {Message} message `whispered` */
  heard(message) {
    this.later(() => this.take(message.participant, JSON.parse(message.data)));
  }

  stop() {
    this.worker.terminate();
  }

  /** One after the other, and one that fails does not stop the next. @private @param {() => Promise<void>} job */
  later(job) {
    this.queue = this.queue.then(job).catch((error) => console.warn("encryption", error));
  }

  /** `answer` is true for the second greeting of two. @private @param {string} to @param {boolean} answer */
  async greet(to, answer) {
    if (!this.greeted.has(to)) return; // he has left meanwhile
    const words = text(this.means.you(), to, this.point ?? "");
    const proof = toText(await crypto.subtle.sign("HMAC", /** @type {CryptoKey} */ (this.seal), words));
    await this.whisper(to, { say: "hello", point: this.point, proof, answer });
  }

  /** @private @param {string} from @param {any} said */
  async take(from, said) {
    if (said.say === "hello") await this.welcome(from, said);
    else if (said.say === "key") await this.unwrap(from, said);
  }

  /** Only who has the key of the link can have made the proof. @private @param {string} from @param {any} said */
  async welcome(from, { point, proof, answer }) {
    const words = text(from, this.means.you(), point);
    const true_ = await crypto.subtle.verify("HMAC", /** @type {CryptoKey} */ (this.seal), toBytes(proof), words);
    if (!true_) return;
    const theirs = await crypto.subtle.importKey("raw", toBytes(point), CURVE, false, []);
    const bits = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, /** @type {any} */ (this.own).privateKey, 256);
    const base = await crypto.subtle.importKey("raw", bits, "HKDF", false, ["deriveKey"]);
    const salt = /** @type {any} */ (this.secret);
    this.pairs.set(from, await crypto.subtle.deriveKey(hkdf("pair", salt), base, AES, false, ["encrypt", "decrypt"]));
    this.greeted.add(from);
    if (!answer) await this.greet(from, true);
    await this.give(from);
  }

  /** @private @param {string} to */
  async give(to) {
    const pair = this.pairs.get(to);
    if (!pair || !this.raw) return;
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const additionalData = text(this.means.you(), to, String(this.generation));
    const box = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, pair, this.raw);
    await this.whisper(to, { say: "key", generation: this.generation, iv: toText(iv), box: toText(box) });
  }

  /** @private @param {string} from @param {any} said */
  async unwrap(from, { generation, iv, box }) {
    const pair = this.pairs.get(from);
    if (!pair) return;
    const additionalData = text(from, this.means.you(), String(generation));
    const raw = await crypto.subtle.decrypt({ name: "AES-GCM", iv: toBytes(iv), additionalData }, pair, toBytes(box));
    const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["decrypt"]);
    this.worker.postMessage({ do: "key", participant: from, generation, key });
  }

  /** A new key of ours, given to all who are left before it is used. @private @param {number} grace */
  async renew(grace) {
    this.generation = (this.generation + 1) % 256;
    const raw = crypto.getRandomValues(new Uint8Array(16));
    this.raw = raw;
    const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt"]);
    for (const each of this.pairs.keys()) await this.give(each);
    const generation = this.generation;
    const use = () => this.worker.postMessage({ do: "own", generation, key });
    if (grace) setTimeout(use, grace);
    else use();
  }

  /** In a large session one after the other. @private @param {string} to @param {object} said */
  async whisper(to, said) {
    const wait = this.paid - AT_ONCE * EACH - performance.now();
    if (wait > 0) await new Promise((done) => { setTimeout(done, wait); });
    this.paid = Math.max(this.paid, performance.now()) + EACH;
    this.means.send({ type: "whisper", to, data: JSON.stringify(said) });
  }
}

/** @param {...string} parts */
function text(...parts) {
  return new TextEncoder().encode(JSON.stringify(parts));
}

/** @param {string} info @param {Uint8Array} [salt] */
function hkdf(info, salt = new Uint8Array()) {
  return { name: "HKDF", hash: "SHA-256", salt: /** @type {any} */ (salt), info: new TextEncoder().encode(`margeride ${info}`) };
}
