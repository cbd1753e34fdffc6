// SPDX-License-Identifier: GPL-3.0-or-later
// What a page measures of its own site: camera, microphone, loudspeaker by a test tone, and the clock.
import { get } from "./api.js";
import { OffsetClock, secondsOf } from "./clock.js";

const [WIDE, HIGH] = [64, 36];
const LOOKS = 10;
const EVERY = 200;
/** Mean difference of two pictures that are not the same, of 255. */
const MOVES = 0.2;
const LISTENS = 3_000;
const [TONE, SOUNDS, FFT] = [1_000, 1_200, 8_192];
const ASKS = 8;

const rest = (/** @type {number} */ ms) => new Promise((done) => { setTimeout(done, ms); });

/** One device, or null. The sound is taken as it is: nothing may take a test tone out of it.
 * @param {MediaStreamConstraints} wanted */
const open = (wanted) => navigator.mediaDevices.getUserMedia(wanted).catch(() => null);

/** Whether the picture changes, and how bright it is. @param {HTMLVideoElement} video where people see it */
export async function measureCamera(video) {
  const stream = await open({ video: true });
  if (!stream) return { present: false };
  video.srcObject = stream;
  await video.play().catch(() => undefined);
  const canvas = Object.assign(document.createElement("canvas"), { width: WIDE, height: HIGH });
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  let [most, brightness] = [0, 0];
  /** @type {Uint8ClampedArray|null} */
  let before = null;
  for (let look = 0; look < LOOKS; look += 1) {
    await rest(EVERY);
    pen.drawImage(video, 0, 0, WIDE, HIGH);
    const now = pen.getImageData(0, 0, WIDE, HIGH).data;
    brightness = mean(now);
    if (before) most = Math.max(most, difference(before, now));
    before = now;
  }
  for (const track of stream.getTracks()) track.stop();
  video.srcObject = null;
  return { present: true, changes: most > MOVES, brightness: Math.min(255, brightness) };
}

/** @param {Uint8ClampedArray} pixels */
function mean(pixels) {
  let sum = 0;
  for (let at = 0; at < pixels.length; at += 4) sum += (pixels[at] + pixels[at + 1] + pixels[at + 2]) / 3;
  return sum / (pixels.length / 4);
}

/** @param {Uint8ClampedArray} one @param {Uint8ClampedArray} other */
function difference(one, other) {
  let sum = 0;
  for (let at = 0; at < one.length; at += 4) sum += Math.abs(one[at + 1] - other[at + 1]);
  return sum / (one.length / 4);
}

/** How loud the room is while somebody speaks, and whether its microphone hears its loudspeaker.
 * @param {(step: string) => void} tell */
export async function measureSound(tell) {
  const stream = await open({ audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false } });
  if (!stream) return { microphone: { present: false } };
  const context = new AudioContext();
  await context.resume().catch(() => undefined);
  const ear = Object.assign(context.createAnalyser(), { fftSize: FFT, smoothingTimeConstant: 0 });
  context.createMediaStreamSource(stream).connect(ear);
  tell("microphone");
  const level_db = await loudest(ear);
  tell("speaker");
  const quiet = await band(ear, context.sampleRate);
  const tone = new OscillatorNode(context, { frequency: TONE });
  tone.connect(new GainNode(context, { gain: 0.3 })).connect(context.destination);
  tone.start();
  const heard = await band(ear, context.sampleRate);
  tone.stop();
  for (const track of stream.getTracks()) track.stop();
  await context.close();
  return { microphone: { present: true, level_db }, speaker: { heard_db: within(heard - quiet) } };
}

const within = (/** @type {number} */ db) => Math.round(Math.max(-200, Math.min(200, db)) * 10) / 10;

/** @param {AnalyserNode} ear */
async function loudest(ear) {
  const wave = new Float32Array(ear.fftSize);
  let most = 1e-5;
  for (const end = performance.now() + LISTENS; performance.now() < end;) {
    await rest(EVERY);
    ear.getFloatTimeDomainData(wave);
    most = Math.max(most, Math.sqrt(wave.reduce((sum, each) => sum + each * each, 0) / wave.length));
  }
  return within(20 * Math.log10(most));
}

/** What is heard around the tone, in dB: the median of some looks. @param {AnalyserNode} ear @param {number} rate */
async function band(ear, rate) {
  const bins = new Float32Array(ear.frequencyBinCount);
  const at = Math.round((TONE * ear.fftSize) / rate);
  const looks = [];
  for (const end = performance.now() + SOUNDS; performance.now() < end;) {
    await rest(EVERY);
    ear.getFloatFrequencyData(bins);
    looks.push(Math.max(-150, ...bins.slice(at - 2, at + 3)));
  }
  return looks.sort((one, other) => one - other)[Math.floor(looks.length / 2)] ?? -150;
}

/** How far this page's clock is from the service's. @param {string} room */
export async function measureClock(room) {
  const clock = new OffsetClock();
  const now = () => Date.now() / 1000;
  for (let asked = 0; asked < ASKS; asked += 1) {
    const sent = now();
    const answer = await get(`/rooms/${room}/site-tests`);
    clock.hear({ sent, heard: now(), at: secondsOf(answer.now) });
  }
  const read = clock.read(now());
  return read ? { offset_ms: Math.round(read.offset * 1000), error_ms: Math.ceil(read.error * 1000) } : undefined;
}
