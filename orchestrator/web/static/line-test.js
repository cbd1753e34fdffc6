// SPDX-License-Identifier: GPL-3.0-or-later
// A test of the line through the media worker: noise goes up, comes back several times, and getStats tells.
import { post, remove } from "./api.js";

const MOST_KBPS = 2_500;
const PICTURES = 2;
const UP_SECONDS = 7;
const DOWN_SECONDS = 5;
// A slow machine measures for less long: the worker closes everything after the seconds it said.
const UP_UNTIL = 0.5;
const DOWN_UNTIL = 0.92;
const CONNECT_MS = 6_000;
// What goes up while the way down is measured: less than the line carries, so that nothing queues there.
const EASY = 0.85;
const LITTLE_LOSS = 0.02;
const RISING = 1.15;
const SOUND_ALONE = 45; // kbit/s: less than that, and no picture has flowed

/** @typedef {"udp"|"tcp"|"turn"} Path */
/** @typedef {(step: "connect"|"up"|"down", share: number) => void} Progress */
/** @typedef {{at: number, sent: number, received: number, rtt: number|null, jitter: number|null, lost: number, packets: number, limited: boolean}} Sample */

/** This path does not go through. */
export class Blocked extends Error {}
/** This browser sends no pictures of noise: what it measured would say nothing of the line. */
export class Idle extends Error {}
/** Somebody needed the line. */
export class Stopped extends Error {}

/** Measure, and have the result kept; `stop` frees the line at once.
 * @param {string} centre @param {Path} path @param {Progress} progress @param {AbortSignal} [stop] */
export async function testLine(centre, path, progress, stop = new AbortController().signal) {
  const test = await post("/line-tests", { centre, path });
  const stopped = new Promise((_, reject) => {
    const end = () => reject(new Stopped());
    if (stop.aborted) end();
    else stop.addEventListener("abort", end, { once: true });
  });
  stopped.catch(() => undefined);
  const end = performance.now() + test.seconds * 1_000;
  const at = (/** @type {number} */ share) => end - test.seconds * 1_000 * (1 - share);
  const source = new Noise();
  /** @type {RTCPeerConnection[]} */
  const connections = [];
  const measure = async () => {
    progress("connect", 0);
    const config = configuration(test.ice, path);
    const sender = await send(test.id, path, config, source, connections);
    const up = await watch(UP_SECONDS, at(UP_UNTIL), (share) => progress("up", share), () => sample([sender]));
    const rate = deliveredUp(up);
    if (rate < SOUND_ALONE && lossIn(up) < LITTLE_LOSS) throw new Idle();
    await limit(sender, (rate * EASY) / PICTURES);
    stop.throwIfAborted();
    await Promise.all(Array.from({ length: test.receivers }, () => receive(test.id, path, config, connections)));
    const down = await watch(DOWN_SECONDS, at(DOWN_UNTIL), (share) => progress("down", share), () => sample(connections));
    return result(up, down, rate, test.receivers);
  };
  const release = () => {
    source.stop();
    for (const connection of connections) connection.close();
  };
  let kept;
  try {
    const figures = await Promise.race([measure(), stopped]);
    kept = await post(`/line-tests/${test.id}/result`, figures);
  } catch (error) {
    release();
    await remove(`/line-tests/${test.id}`).catch(() => undefined);
    throw error;
  }
  release();
  return kept;
}

/** @param {any[]} ice @param {Path} path @returns {RTCConfiguration} */
function configuration(ice, path) {
  return { iceServers: ice, iceTransportPolicy: path === "turn" ? "relay" : "all", bundlePolicy: "max-bundle" };
}

/** Only the candidates of the path that is tested. @param {string} sdp @param {Path} path */
export function onlyPath(sdp, path) {
  if (path === "turn") return sdp;
  return sdp.split("\r\n").filter((line) => !line.startsWith("a=candidate:") || line.split(" ")[2].toLowerCase() === path).join("\r\n");
}

/** @param {string} id @param {Path} path @param {RTCConfiguration} config @param {Noise} source @param {RTCPeerConnection[]} connections */
async function send(id, path, config, source, connections) {
  const connection = new RTCPeerConnection(config);
  connections.push(connection);
  connection.addTransceiver(source.sound, { direction: "sendonly" });
  for (const track of source.pictures) {
    connection.addTransceiver(track, { direction: "sendonly", sendEncodings: [{ maxBitrate: MOST_KBPS * 1000 }] });
  }
  await agree(connection, path, `/line-tests/${id}/publish`);
  return connection;
}

/** @param {string} id @param {Path} path @param {RTCConfiguration} config @param {RTCPeerConnection[]} connections */
async function receive(id, path, config, connections) {
  const connection = new RTCPeerConnection(config);
  connections.push(connection);
  connection.addTransceiver("audio", { direction: "recvonly" });
  for (let count = 0; count < PICTURES; count += 1) connection.addTransceiver("video", { direction: "recvonly" });
  await agree(connection, path, `/line-tests/${id}/receive`);
}

/** @param {RTCPeerConnection} connection @param {Path} path @param {string} where */
async function agree(connection, path, where) {
  await connection.setLocalDescription();
  const answer = await post(where, { sdp: connection.localDescription?.sdp ?? "" });
  await connection.setRemoteDescription({ type: "answer", sdp: onlyPath(answer.sdp, path) });
  await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Blocked()), CONNECT_MS);
    const look = () => {
      if (connection.connectionState === "connected") { clearTimeout(timer); resolve(undefined); }
      if (connection.connectionState === "failed") { clearTimeout(timer); reject(new Blocked()); }
    };
    connection.addEventListener("connectionstatechange", look);
    look();
  });
}

/** @param {RTCPeerConnection} connection @param {number} kbps of each picture */
async function limit(connection, kbps) {
  for (const sender of connection.getSenders()) {
    const parameters = sender.getParameters();
    if (sender.track?.kind !== "video" || !parameters.encodings.length) continue;
    parameters.encodings[0].maxBitrate = Math.max(50_000, Math.round(kbps * 1000));
    await sender.setParameters(parameters);
  }
}

/** A sample each second, two at least. @param {number} seconds @param {number} until
 * @param {(share: number) => void} progress @param {() => Promise<Sample>} look */
async function watch(seconds, until, progress, look) {
  const samples = [await look()];
  for (let second = 1; second <= seconds && (second < 2 || performance.now() < until); second += 1) {
    await new Promise((resolve) => { setTimeout(resolve, 1_000); });
    samples.push(await look());
    progress(second / seconds);
  }
  return samples;
}

/** @param {RTCPeerConnection[]} connections @returns {Promise<Sample>} */
async function sample(connections) {
  const total = { at: performance.now(), sent: 0, received: 0, rtt: /** @type {number|null} */ (null), jitter: /** @type {number|null} */ (null), lost: 0, packets: 0, limited: false };
  for (const connection of connections) {
    for (const row of (await connection.getStats()).values()) add(total, row);
  }
  return total;
}

/** @param {Sample} total @param {any} row */
function add(total, row) {
  if (row.type === "outbound-rtp") {
    total.sent += (row.bytesSent ?? 0) + (row.headerBytesSent ?? 0);
    total.limited ||= row.qualityLimitationReason === "bandwidth";
  }
  if (row.type === "inbound-rtp") {
    total.received += (row.bytesReceived ?? 0) + (row.headerBytesReceived ?? 0);
    if (row.kind === "audio" && typeof row.jitter === "number") total.jitter = Math.max(total.jitter ?? 0, row.jitter * 1000);
  }
  if (row.kind === "audio" && (row.type === "inbound-rtp" || row.type === "remote-inbound-rtp")) {
    total.lost += Math.max(0, row.packetsLost ?? 0);
    total.packets += row.packetsReceived ?? 0;
  }
  if (row.type === "candidate-pair" && row.nominated && typeof row.currentRoundTripTime === "number") {
    total.rtt = Math.min(total.rtt ?? Infinity, row.currentRoundTripTime * 1000);
  }
}

/** Rates between neighbours, in kbit/s. @param {Sample[]} samples @param {"sent"|"received"} what */
function rates(samples, what) {
  return samples.slice(1).map((each, index) => ((each[what] - samples[index][what]) * 8) / Math.max(1, each.at - samples[index].at));
}

/** @param {number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length ? sorted[Math.floor((sorted.length - 1) / 2)] : 0;
}

/** What the line carried up once the browser had found its rate. @param {Sample[]} samples */
function deliveredUp(samples) {
  return median(rates(samples, "sent").slice(-4)) * (1 - lossIn(samples));
}

/** Whether the browser was still finding out: on a satellite line that takes longer than a test.
 * @param {Sample[]} samples */
function isRising(samples) {
  const last = rates(samples, "sent").slice(-4);
  return last[last.length - 1] > RISING * last[0];
}

/** Of the sound. @param {Sample[]} samples */
function lossIn(samples) {
  const last = samples[samples.length - 1];
  return last.packets ? Math.min(1, last.lost / (last.lost + last.packets)) : 0;
}

/** @param {Sample[]} up @param {Sample[]} down @param {number} rate @param {number} copies */
function result(up, down, rate, copies) {
  const received = Math.max(...rates(down, "received"));
  const sentEasily = median(rates(down, "sent").slice(-4));
  const loss = Math.max(lossIn(up), lossIn(down));
  const trips = [...up, ...down].flatMap((each) => (each.rtt === null ? [] : [each.rtt]));
  const jitters = down.flatMap((each) => (each.jitter === null ? [] : [each.jitter]));
  return {
    up_kbps: Math.round(rate),
    down_kbps: Math.round(received),
    up_at_least: (isRising(up) || !up.slice(-4).some((each) => each.limited)) && lossIn(up) < LITTLE_LOSS,
    down_at_least: received >= EASY * sentEasily * copies && lossIn(down) < LITTLE_LOSS,
    rtt_ms: Math.round(trips.length ? Math.min(...trips) : 0),
    jitter_ms: Math.round(median(jitters)),
    loss: Math.round(loss * 1000) / 1000,
  };
}

/** Pictures that no encoder can make small, and a sound. */
class Noise {
  constructor() {
    this.canvases = Array.from({ length: PICTURES }, () => Object.assign(document.createElement("canvas"), { width: 480, height: 270 }));
    this.draw(); // Firefox captures only a canvas that was drawn on
    this.pictures = this.canvases.map((canvas) => canvas.captureStream(20).getVideoTracks()[0]);
    this.context = new AudioContext();
    const tone = this.context.createOscillator();
    const output = this.context.createMediaStreamDestination();
    tone.connect(output);
    tone.start();
    this.sound = output.stream.getAudioTracks()[0];
    this.timer = setInterval(() => this.draw(), 50);
  }

  /** @private */
  draw() {
    const grain = new ImageData(160, 90);
    const bytes = new Uint32Array(grain.data.buffer);
    for (let index = 0; index < bytes.length; index += 1) bytes[index] = (Math.random() * 0xffffff) | 0xff000000;
    for (const canvas of this.canvases) {
      const pen = canvas.getContext("2d");
      for (let x = 0; x < 480; x += 160) for (let y = 0; y < 270; y += 90) pen?.putImageData(grain, x, y);
    }
  }

  stop() {
    clearInterval(this.timer);
    for (const track of [...this.pictures, this.sound]) track.stop();
    void this.context.close();
  }
}
