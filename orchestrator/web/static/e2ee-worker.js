// SPDX-License-Identifier: GPL-3.0-or-later
// Encrypts each frame before it is cut into packets, and decrypts it when it is whole again.
// A frame: clear head · AES-GCM of the rest (the head is authenticated) · 12 octets of IV · generation.
// The head is what a forwarder must see to find key pictures: 10 octets of a VP8 key picture, 3 of
// another, 1 of a sound (RFC 7741 §4.3: size and first bits; RFC 6716 §3.1: the TOC octet).

const IV = 12;
const TRAILER = IV + 1;
const TAG = 16;
const HEADS = /** @type {Record<string, number>} */ ({ key: 10, delta: 3 });

/** @typedef {{type?: string, data: ArrayBuffer}} Frame */

/** Our own key now. @type {{generation: number, key: CryptoKey, salt: Uint8Array}|null} */
let own = null;
let counter = 0;
/** Keys of the others: participant, then generation. @type {Map<string, Map<number, CryptoKey>>} */
const keys = new Map();
/** Whose each m-line is now. @type {Map<string, string>} */
let owners = new Map();

/** @param {Frame} frame @param {string} kind */
function headOf(frame, kind) {
  const size = kind === "audio" ? 1 : (HEADS[frame.type ?? "delta"] ?? 3);
  return Math.min(size, frame.data.byteLength);
}

/** An IV is never used twice with a key: a random salt of each key, then a count over all we send. */
function nextIv() {
  const iv = new Uint8Array(IV);
  if (own) iv.set(own.salt);
  new DataView(iv.buffer).setBigUint64(4, BigInt(counter++));
  return iv;
}

/** @param {Frame} frame @param {string} kind @returns {Promise<boolean>} whether it may go */
export async function seal(frame, kind) {
  if (!own) return false; // never in the clear
  const { key, generation } = own;
  const head = new Uint8Array(frame.data, 0, headOf(frame, kind));
  const iv = nextIv();
  const rest = new Uint8Array(frame.data, head.length);
  const secret = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: head }, key, rest));
  const out = new Uint8Array(head.length + secret.length + TRAILER);
  out.set(head);
  out.set(secret, head.length);
  out.set(iv, head.length + secret.length);
  out[out.length - 1] = generation;
  frame.data = out.buffer;
  return true;
}

/** @param {Frame} frame @param {string} kind @param {string} mid @returns {Promise<boolean>} */
export async function unseal(frame, kind, mid) {
  const head = new Uint8Array(frame.data, 0, headOf(frame, kind));
  const size = frame.data.byteLength - head.length - TRAILER;
  if (size < TAG) return false;
  const all = new Uint8Array(frame.data);
  const key = keys.get(owners.get(mid) ?? "")?.get(all[all.length - 1]);
  if (!key) return false;
  const iv = all.slice(head.length + size, head.length + size + IV);
  try {
    const rest = await crypto.subtle.decrypt(
      { name: "AES-GCM", iv, additionalData: head }, key, all.subarray(head.length, head.length + size));
    const out = new Uint8Array(head.length + rest.byteLength);
    out.set(head);
    out.set(new Uint8Array(rest), head.length);
    frame.data = out.buffer;
    return true;
  } catch {
    return false; // not from who it is said to be from, or damaged
  }
}

/** @param {any} transformer */
function run(transformer) {
  const { way, kind, mid } = transformer.options;
  const work = new TransformStream({
    async transform(frame, controller) {
      const passes = way === "send" ? await seal(frame, kind) : await unseal(frame, kind, mid);
      if (passes) controller.enqueue(frame);
      else if (way === "receive" && kind === "video") await transformer.sendKeyFrameRequest?.().catch(() => undefined);
    },
  });
  void transformer.readable.pipeThrough(work).pipeTo(transformer.writable).catch(() => undefined);
}

/** @param {any} message */
function obey(message) {
  switch (message.do) {
    case "own":
      own = { generation: message.generation, key: message.key, salt: crypto.getRandomValues(new Uint8Array(4)) };
      return;
    case "key": {
      const known = keys.get(message.participant) ?? new Map();
      keys.set(message.participant, known.set(message.generation, message.key));
      // The one before still opens what is on its way.
      for (const old of [...known.keys()].slice(0, -2)) known.delete(old);
      return;
    }
    case "forget": keys.delete(message.participant); return;
    case "owners": owners = new Map(message.owners); return;
  }
}

const scope = /** @type {any} */ (globalThis);
scope.onmessage = (/** @type {MessageEvent} */ event) => obey(event.data);
scope.onrtctransform = (/** @type {any} */ event) => run(event.transformer);
