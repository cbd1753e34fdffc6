// SPDX-License-Identifier: GPL-3.0-or-later
// Cameras and microphones: asked for one by one, so that one missing does not cost the other.
import { signal } from "./ui.js";

/** What we ask of a camera: enough for a room of eight, little enough for an ADSL uplink. */
const PICTURE = { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 24, max: 30 } };
/** A paper held before a camera: every point of it, and no hurry. @type {MediaTrackConstraints} */
export const SHARP = { width: { ideal: 1920 }, height: { ideal: 1080 }, frameRate: { ideal: 10, max: 15 } };
const SOUND = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const ERRORS = /** @type {Record<string, string>} */ ({
  NotAllowedError: "denied", NotFoundError: "absent", NotReadableError: "busy", OverconstrainedError: "absent",
  AbortError: "busy", SecurityError: "denied",
});

/** @typedef {"audio"|"video"} Kind */
/** @typedef {"off"|"asking"|"on"|"denied"|"absent"|"busy"|"insecure"} DeviceState */

/** The microphone and the camera of this endpoint. */
export class Devices {
  constructor() {
    /** @type {Record<Kind, MediaStreamTrack|null>} */
    this.tracks = { audio: null, video: null };
    this.audio = signal(/** @type {DeviceState} */ ("off"));
    this.video = signal(/** @type {DeviceState} */ ("off"));
    this.known = signal(/** @type {MediaDeviceInfo[]} */ ([]));
    this.chosen = signal({ audio: "", video: "" });
    /** Called with the kind and its track whenever one changes. */
    this.onTrack = (/** @type {Kind} */ _kind, /** @type {MediaStreamTrack|null} */ _track) => undefined;
    navigator.mediaDevices?.addEventListener("devicechange", () => void this.list());
  }

  /** Ask for one kind; the state says how it went. @param {Kind} kind @param {string} [deviceId]
   * @param {MediaTrackConstraints} [wish] what else is asked of it */
  async open(kind, deviceId = this.chosen.value[kind], wish = kind === "audio" ? SOUND : PICTURE) {
    if (!navigator.mediaDevices) return this.settle(kind, "insecure", null);
    if (!this.tracks[kind]) this[kind].value = "asking";
    const wishes = { ...wish, ...(deviceId ? { deviceId: { exact: deviceId } } : {}) };
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ [kind]: wishes });
      const track = stream.getTracks()[0];
      track.addEventListener("ended", () => this.tracks[kind] === track && this.settle(kind, "absent", null));
      this.chosen.value = { ...this.chosen.value, [kind]: track.getSettings().deviceId ?? deviceId };
      this.settle(kind, "on", track);
      await this.list();
    } catch (error) {
      this.settle(kind, ERRORS[/** @type {Error} */ (error).name] ?? "busy", null);
    }
  }

  /** Let go of one kind. @param {Kind} kind */
  close(kind) {
    this.settle(kind, "off", null);
  }

  closeAll() {
    this.close("audio");
    this.close("video");
  }

  /** @private @param {Kind} kind @param {any} state @param {MediaStreamTrack|null} track */
  settle(kind, state, track) {
    const before = this.tracks[kind];
    this.tracks[kind] = track;
    if (before && before !== track) before.stop();
    this[kind].value = state;
    this.onTrack(kind, track);
  }

  /** @private */
  async list() {
    this.known.value = await navigator.mediaDevices.enumerateDevices();
  }

  /** The devices of one kind that can be named. @param {Kind} kind */
  choices(kind) {
    return this.known.value.filter((each) => each.kind === `${kind}input` && each.deviceId && each.label);
  }
}

/** Follow the loudness of a track, 0 to 1, ten times a second; null while the browser still waits for
 * a gesture and nothing can be measured. Returns how to stop.
 * @param {MediaStreamTrack} track @param {(level: number|null) => void} onLevel */
export function meter(track, onLevel) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    if (context.state !== "running") return onLevel(null);
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, each) => sum + each * each, 0) / samples.length;
    onLevel(Math.min(1, Math.max(0, (20 * Math.log10(Math.sqrt(power) + 1e-6) + 60) / 54)));
  }, 100);
  const wake = () => void context.resume();
  document.addEventListener("pointerdown", wake);
  document.addEventListener("keydown", wake);
  return () => {
    clearInterval(timer);
    document.removeEventListener("pointerdown", wake);
    document.removeEventListener("keydown", wake);
    void context.close();
  };
}
