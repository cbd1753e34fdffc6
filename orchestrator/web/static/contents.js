// SPDX-License-Identifier: GPL-3.0-or-later
// Contents of cues, kept here until their instant: fetched once, known by the hash of what arrived.
const STORE = "margeride-cues";
const SILENT_AFTER = 20_000;

/** @typedef {{sha256: string, type: string, size: number, url: string}} Content */

/** What arrived is not what was announced. */
export class OtherBytes extends Error {}

export class Contents {
  /** @param {string} token what the service knows this page by */
  constructor(token) {
    this.token = token;
    /** @type {Map<string, {blob: Blob, url: string}>} */
    this.held = new Map();
    /** On their way. @type {Map<string, Promise<void>>} */
    this.coming = new Map();
  }

  /** Keep it; what is kept already is not fetched again. @param {Content} content */
  async keep(content) {
    const { sha256 } = content;
    if (this.held.has(sha256)) return;
    const way = this.coming.get(sha256) ?? this.take(content).finally(() => this.coming.delete(sha256));
    this.coming.set(sha256, way);
    await way;
  }

  /** @private @param {Content} content */
  async take(content) {
    const blob = (await this.stored(content)) ?? (await this.fetched(content));
    this.held.set(content.sha256, { blob, url: URL.createObjectURL(blob) });
  }

  /** Its address for an element of this page; "" when it is not kept. @param {string} sha256 */
  url(sha256) {
    return this.held.get(sha256)?.url ?? "";
  }

  /** Keep these and no others. @param {Set<string>} wanted */
  only(wanted) {
    for (const [sha256, { url }] of this.held) {
      if (wanted.has(sha256)) continue;
      URL.revokeObjectURL(url);
      this.held.delete(sha256);
    }
  }

  /** Forget everything, here and on the disk. */
  async clear() {
    this.only(new Set());
    await globalThis.caches?.delete(STORE).catch(() => false);
  }

  /** From before this page was loaded. @private @param {Content} content @returns {Promise<Blob|null>} */
  async stored(content) {
    const found = await globalThis.caches?.match(content.url, { cacheName: STORE }).catch(() => undefined);
    const blob = found && new Blob([await found.arrayBuffer()], { type: content.type });
    return blob && (await hashOf(blob)) === content.sha256 ? blob : null;
  }

  /** @private @param {Content} content @returns {Promise<Blob>} */
  async fetched(content) {
    const blob = new Blob(await this.parts(content), { type: content.type });
    if ((await hashOf(blob)) !== content.sha256) throw new OtherBytes(content.sha256);
    const store = await globalThis.caches?.open(STORE).catch(() => null);
    await store?.put(content.url, new Response(blob)).catch(() => undefined); // a full disk: memory has it
    return blob;
  }

  /** A line that is cut tells nothing: who hears nothing for a while gives up. @private @param {Content} content */
  async parts({ url, size }) {
    const stop = new AbortController();
    let timer = setTimeout(() => stop.abort(), SILENT_AFTER);
    try {
      const response = await fetch(url, { headers: { Authorization: `Bearer ${this.token}` }, signal: stop.signal, cache: "no-store" });
      if (!response.ok || !response.body) throw new Error(`${response.status}`);
      const parts = [];
      let got = 0;
      for (const reader = response.body.getReader(); ;) {
        const { done, value } = await reader.read();
        if (done) return parts;
        got += value.length;
        if (got > size) throw new OtherBytes(url);
        parts.push(value);
        clearTimeout(timer);
        timer = setTimeout(() => stop.abort(), SILENT_AFTER);
      }
    } finally {
      clearTimeout(timer);
    }
  }
}

/** @param {Blob} blob */
async function hashOf(blob) {
  const digest = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
