// SPDX-License-Identifier: GPL-3.0-or-later
// Plays the live stream: by Media Source Extensions where they are, else by the browser's own HLS.
// It mends itself: another address, another life of the broadcaster, a gap, a picture too late.
import { beginning, following, understand } from "./live-playlist.js";

/** @typedef {import("./live-playlist.js").Playlist} Playlist */
/** @typedef {import("./live-playlist.js").Part} Part */
/** @typedef {"waiting"|"playing"|"interrupted"|"ended"} Standing */

const PATIENCE = 8_000;
const FIRST_PATIENCE = 3_000;
const AGAIN = 1_000;
const [LATE, TOO_LATE, BEHIND_END, KEPT] = [1.6, 5, 1.2, 20];
const CATCHING_UP = 1.06;

class Gone extends Error {}

export class LivePlayer {
  /** @param {HTMLVideoElement} video @param {(standing: Standing) => void} changed */
  constructor(video, changed) {
    this.video = video;
    this.changed = changed;
    /** @type {string[]} */
    this.bases = [];
    this.base = 0;
    this.running = false;
    /** @type {Standing} */
    this.standing = "waiting";
    this.life = -1;
    /** @type {SourceBuffer|null} */
    this.buffer = null;
    /** @type {Part|null} */
    this.last = null;
    this.served = false;
  }

  /** From now on, of these addresses; said again it changes them. @param {string[]} bases */
  start(bases) {
    if (bases.join() === this.bases.join() && this.running) return;
    [this.bases, this.base] = [bases, 0];
    if (this.running || !bases.length) return;
    this.running = true;
    if ("MediaSource" in window || "ManagedMediaSource" in window) void this.play();
    else this.playByItself();
  }

  stop() {
    this.running = false;
  }

  /** @private @param {Standing} standing */
  say(standing) {
    if (standing === this.standing) return;
    this.standing = standing;
    this.changed(standing);
  }

  /** Safari on phones plays HLS, and nothing else can. @private */
  playByItself() {
    const { video } = this;
    const load = () => { video.src = `${this.bases[this.base]}index.m3u8`; };
    video.addEventListener("playing", () => this.say("playing"));
    video.addEventListener("ended", () => this.say("ended"));
    video.addEventListener("error", () => {
      this.base = (this.base + 1) % this.bases.length;
      this.say("interrupted");
      if (this.running) setTimeout(load, 2 * AGAIN);
    });
    load();
  }

  /** @private */
  async play() {
    while (this.running) {
      try {
        if (await this.follow()) return this.say("ended");
      } catch (error) {
        if (!(error instanceof Gone)) console.warn(error);
        this.interrupted();
        await sleep(AGAIN);
      }
    }
    return undefined;
  }

  /** @private */
  interrupted() {
    // An address that never answered may be behind a wall: try the next one.
    if (!this.served) this.base = (this.base + 1) % this.bases.length;
    this.served = false;
    if (this.standing === "playing" && this.ahead() < 0.3) this.say("interrupted");
  }

  /** Until the end (true), or an error. @private */
  async follow() {
    let playlist = understand(await this.text("live.m3u8", this.served ? PATIENCE : FIRST_PATIENCE));
    this.served = true;
    for (;;) {
      if (playlist.life !== this.life || !this.last || !this.buffer) await this.begin(playlist);
      else await this.append(following(playlist, this.last));
      this.keepUp();
      if (playlist.ended) return true;
      const hint = playlist.hint;
      if (!this.running || !hint) throw new Gone();
      const [next, body] = await Promise.all([this.text(`live.m3u8?_HLS_msn=${hint.number}&_HLS_part=${hint.part}`), this.bytes(hint.uri).catch(() => null)]);
      playlist = understand(next);
      const came = playlist.parts.find(({ uri }) => uri === hint.uri);
      if (came && body && playlist.life === this.life && this.follows(came)) await this.put(came, body);
    }
  }

  /** @private @param {Part} part */
  follows(part) {
    const { last } = this;
    return last !== null && (part.number === last.number ? part.part === last.part + 1 : part.number === last.number + 1 && part.part === 0);
  }

  /** A life of the broadcaster begins, or we are so late that we begin anew. @private @param {Playlist} playlist */
  async begin(playlist) {
    const parts = beginning(playlist);
    if (!parts.length) throw new Gone();
    const codecs = /CODECS="([^"]+)"/.exec(await this.text("index.m3u8"))?.[1] ?? "avc1.42c016,mp4a.40.2";
    if (!this.buffer) this.buffer = await opened(this.video, `video/mp4; codecs="${codecs}"`);
    await fed(this.buffer, await this.bytes(playlist.map));
    this.life = playlist.life;
    this.last = null;
    await this.append(parts);
  }

  /** @private @param {Part[]} parts */
  async append(parts) {
    for (const part of parts) await this.put(part, await this.bytes(part.uri));
  }

  /** @private @param {Part} part @param {ArrayBuffer} body */
  async put(part, body) {
    if (!this.buffer) return;
    try {
      await fed(this.buffer, body);
    } catch (error) {
      this.buffer = null;
      throw error;
    }
    this.last = part;
    const old = this.video.currentTime - KEPT;
    if (this.buffer.buffered.length && this.buffer.buffered.start(0) < old - KEPT) await dropped(this.buffer, old);
  }

  /** Over gaps, and not far behind the end. @private */
  keepUp() {
    const { video } = this;
    const { buffered } = video;
    if (!buffered.length) return;
    const end = buffered.end(buffered.length - 1);
    const start = buffered.start(buffered.length - 1);
    const late = end - video.currentTime;
    if (video.currentTime < start || late > TOO_LATE || late < 0) video.currentTime = Math.max(start, end - BEHIND_END);
    video.playbackRate = late > LATE && late <= TOO_LATE ? CATCHING_UP : 1;
    if (this.ahead() > 0.1) this.say("playing");
  }

  /** Seconds there are still to play. @private */
  ahead() {
    const { buffered, currentTime } = this.video;
    for (let at = 0; at < buffered.length; at++) {
      if (buffered.start(at) <= currentTime + 0.1 && currentTime <= buffered.end(at)) return buffered.end(at) - currentTime;
    }
    return 0;
  }

  /** @private @param {string} name @param {number} [within] */
  async text(name, within = PATIENCE) {
    return (await this.fetched(name, within)).text();
  }

  /** @private @param {string} name */
  async bytes(name) {
    return (await this.fetched(name, PATIENCE)).arrayBuffer();
  }

  /** @private @param {string} name @param {number} within */
  async fetched(name, within) {
    const answer = await fetch(this.bases[this.base] + name, { signal: AbortSignal.timeout(within), credentials: "omit" }).catch(() => null);
    if (!answer?.ok) throw new Gone();
    return answer;
  }
}

/** @param {HTMLVideoElement} video @param {string} type @returns {Promise<SourceBuffer>} */
function opened(video, type) {
  const Source = /** @type {typeof MediaSource} */ (/** @type {any} */ (window).ManagedMediaSource ?? window.MediaSource);
  const source = new Source();
  video.disableRemotePlayback = true;
  const address = URL.createObjectURL(source);
  video.src = address;
  return new Promise((resolve, reject) => {
    source.addEventListener("sourceopen", () => {
      URL.revokeObjectURL(address);
      try {
        resolve(source.addSourceBuffer(type));
      } catch (error) {
        reject(error);
      }
    }, { once: true });
  });
}

/** @param {SourceBuffer} buffer @param {ArrayBuffer} bytes */
const fed = (buffer, bytes) => settled(buffer, () => buffer.appendBuffer(bytes));

/** @param {SourceBuffer} buffer @param {number} until */
const dropped = (buffer, until) => settled(buffer, () => buffer.remove(0, until));

/** @param {SourceBuffer} buffer @param {() => void} act @returns {Promise<void>} */
function settled(buffer, act) {
  return new Promise((resolve, reject) => {
    const done = (/** @type {Event} */ event) => {
      buffer.removeEventListener("updateend", done);
      buffer.removeEventListener("error", done);
      if (event.type === "error") reject(new Gone());
      else resolve();
    };
    buffer.addEventListener("updateend", done);
    buffer.addEventListener("error", done);
    act();
  });
}

/** @param {number} ms @returns {Promise<void>} */
const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
