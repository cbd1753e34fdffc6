// SPDX-License-Identifier: GPL-3.0-or-later
// Figures of a call, read from getStats: who speaks, what arrives, what is lost.

const EVERY = 1_000;
const SHORTEST = 400;
const REPORT_EVERY = 5;

/**
 * @typedef {{name: string, framesDecoded: number, audioLevel: number, kbps: number}} Figure
 * @typedef {{first: boolean, kbps: number, loss: number}} Change
 * @typedef {{bytes: number, lost: number, packets: number, at: number, change: Change}} Count
 */

export class Sampler {
  /** @param {import("./call.js").Call} call */
  constructor(call) {
    this.call = call;
    /** @type {Map<string, Figure>} */
    this.figures = new Map();
    /** @type {Map<string, Count>} */
    this.before = new Map();
    /** @type {Map<string, number>} */
    this.frozen = new Map();
    /** @type {Map<string, {made: number, all: number}>} */
    this.concealed = new Map();
    this.beats = 0;
    /** @type {ReturnType<typeof setInterval>|undefined} */
    this.timer = undefined;
  }

  start() {
    clearInterval(this.timer);
    this.timer = setInterval(() => void this.beat(), EVERY);
  }

  stop() {
    clearInterval(this.timer);
    this.figures.clear();
  }

  /** Now, whatever the timer. @returns {Promise<Figure[]>} */
  async stats() {
    await this.sample();
    return [...this.figures.values()];
  }

  /** @private */
  async beat() {
    try {
      await this.sample();
      this.beats += 1;
      if (this.beats % REPORT_EVERY === 0) await this.report();
    } catch {
      return; // the leg was closed while it was read
    }
    this.call.dispatchEvent(new CustomEvent("sample", { detail: {} }));
  }

  /** @private */
  async sample() {
    /** @type {Map<string, Figure>} */
    const figures = new Map();
    for (const participant of this.call.participants.values()) {
      if (participant.id === this.call.you) continue;
      figures.set(participant.id, { name: participant.name, framesDecoded: 0, audioLevel: 0, kbps: 0 });
    }
    const rows = await rowsOf(this.call.subscribe?.pc);
    const owners = new Map(this.call.media().map((each) => [each.mid, each]));
    for (const row of rows) {
      if (row.type !== "inbound-rtp") continue;
      const placed = owners.get(row.mid) ?? byTrack(owners, row.trackIdentifier);
      const figure = placed && figures.get(placed.participant);
      if (figure) this.add(figure, row);
    }
    this.figures = figures;
  }

  /** @private @param {Figure} figure @param {any} row */
  add(figure, row) {
    const count = this.count(`in ${row.id}`, row);
    figure.kbps = Math.round(figure.kbps + count.kbps);
    if (row.kind === "video") figure.framesDecoded += row.framesDecoded ?? 0;
    // A browser keeps the last level of a stream that has stopped: nothing heard is silence.
    else figure.audioLevel = count.kbps > 0 || count.first ? (row.audioLevel ?? 0) : 0;
  }

  /** What changed since this row was last read; read again too soon, the same as before.
   * @private @param {string} key @param {any} row @returns {Change} */
  count(key, row) {
    const now = {
      bytes: row.bytesReceived ?? row.bytesSent ?? 0, lost: row.packetsLost ?? 0,
      packets: row.packetsReceived ?? row.packetsSent ?? 0, at: row.timestamp,
    };
    const before = this.before.get(key);
    if (before && now.at - before.at < SHORTEST) return before.change;
    /** @type {Change} */
    let change = { first: true, kbps: 0, loss: 0 };
    if (before) {
      const lost = Math.max(now.lost - before.lost, 0);
      const expected = lost + now.packets - before.packets;
      change = {
        // An m-line that is used again counts from nothing: that is no rate below zero.
        first: false, kbps: Math.max(((now.bytes - before.bytes) * 8) / (now.at - before.at), 0),
        loss: expected > 0 ? lost / expected : 0,
      };
    }
    this.before.set(key, { ...now, change });
    return change;
  }

  /** Tell the service how it is here. @private */
  async report() {
    const legs = [];
    for (const role of /** @type {const} */ (["publish", "subscribe"])) {
      const leg = this.call[role];
      if (leg?.connected) legs.push(this.legFigures(role, await rowsOf(leg.pc)));
    }
    if (legs.length) this.call.line.send({ type: "stats", legs });
  }

  /** @private @param {string} role @param {any[]} rows */
  legFigures(role, rows) {
    /** @type {{role: string, kbps: number, loss: number, rtt_ms: number, fps?: number, frozen?: number, concealed?: number}} */
    const figures = { role, kbps: 0, loss: 0, rtt_ms: 0 };
    for (const row of rows) {
      if (row.type === "candidate-pair" && row.nominated && row.currentRoundTripTime !== undefined) {
        figures.rtt_ms = Math.round(row.currentRoundTripTime * 1000);
      } else if (row.type === (role === "publish" ? "outbound-rtp" : "inbound-rtp")) {
        const count = this.count(`report ${row.id}`, row);
        figures.kbps = Math.round(figures.kbps + count.kbps);
        figures.loss = Math.max(figures.loss, Number(count.loss.toFixed(4)));
        this.addPicture(figures, row);
        this.addSound(figures, row);
      } else if (row.type === "remote-inbound-rtp" && typeof row.fractionLost === "number") {
        figures.loss = Math.max(figures.loss, Number(row.fractionLost.toFixed(4)));
      }
    }
    return figures;
  }

  /** Sound that was made up because none had come: the worst share of what was played since the last report.
   * Silence in a pause of who speaks is none of it. @private @param {{concealed?: number}} figures @param {any} row */
  addSound(figures, row) {
    if (row.kind !== "audio" || row.concealedSamples === undefined) return;
    const now = { made: row.concealedSamples - (row.silentConcealedSamples ?? 0), all: row.totalSamplesReceived ?? 0 };
    const before = this.concealed.get(row.id) ?? { made: 0, all: 0 };
    this.concealed.set(row.id, now);
    const share = now.all > before.all ? (now.made - before.made) / (now.all - before.all) : 0;
    figures.concealed = Number(Math.max(figures.concealed ?? 0, Math.min(Math.max(share, 0), 1)).toFixed(4));
  }

  /** Pictures: the slowest that comes, and how long any stood still since the last report, in s.
   * @private @param {{fps?: number, frozen?: number}} figures @param {any} row */
  addPicture(figures, row) {
    if (row.kind !== "video") return;
    if (row.framesPerSecond > 0) figures.fps = Math.min(figures.fps ?? Infinity, row.framesPerSecond);
    if (row.totalFreezesDuration === undefined) return;
    const before = this.frozen.get(row.id) ?? 0;
    this.frozen.set(row.id, row.totalFreezesDuration);
    const lately = Math.max(0, row.totalFreezesDuration - before);
    figures.frozen = Number(Math.max(figures.frozen ?? 0, lately).toFixed(2));
  }
}

/** @param {Map<string, any>} owners @param {string} id */
function byTrack(owners, id) {
  return [...owners.values()].find((each) => each.media.id === id);
}

/** @param {RTCPeerConnection|undefined} pc @returns {Promise<any[]>} */
async function rowsOf(pc) {
  if (!pc || pc.connectionState === "closed") return [];
  return [...(await pc.getStats()).values()];
}
