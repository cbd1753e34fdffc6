// SPDX-License-Identifier: GPL-3.0-or-later
// Looks at the room's own microphone and camera while it is in a session, and only then: how loud an empty room is
// concerns nobody. Nothing that is heard or seen is kept; what is told is in alive.js.
import { Alive } from "./alive.js";
import { signal } from "./ui.js";

const LOOK_EVERY = 500;
/** All the sound of half a second, at any usual rate. */
const SAMPLES = 32_768;
const [WIDTH, HEIGHT] = [16, 9];
/** Of 255: brighter is a picture, however dark the room. */
const DARK = 12;

/** @typedef {import("./devices.js").Devices} Devices */

export class Senses {
  /** @param {Devices} devices @param {() => {audio: boolean, video: boolean}} muted what is cut by hand */
  constructor(devices, muted) {
    this.devices = devices;
    this.muted = muted;
    this.level = signal(/** @type {number|null} */ (null));
    this.silent = signal(false);
    this.still = signal(false);
    /** @type {{alive: Alive, ear: Ear|null, eye: Eye|null, timer: ReturnType<typeof setInterval>}|null} */
    this.looking = null;
  }

  /** Look while the room is in a session, and no more. @param {boolean} inSession */
  follow(inSession) {
    if (inSession === (this.looking !== null)) return;
    if (inSession) {
      this.looking = { alive: new Alive(), ear: null, eye: null, timer: setInterval(() => this.look(), LOOK_EVERY) };
      return;
    }
    clearInterval(this.looking?.timer);
    this.looking?.ear?.close();
    this.looking?.eye?.close();
    this.looking = null;
    [this.level.value, this.silent.value, this.still.value] = [null, false, false];
  }

  /** @private */
  look() {
    const now = this.looking;
    if (!now) return;
    const { audio, video } = this.devices.tracks;
    const cut = this.muted();
    if (now.ear?.track !== audio) {
      now.ear?.close();
      now.ear = audio && new Ear(audio);
    }
    if (now.eye?.track !== video) {
      now.eye?.close();
      now.eye = video && new Eye(video);
    }
    now.alive.note({
      at: performance.now(), peak: cut.audio ? null : now.ear?.peak() ?? null,
      pictures: cut.video || document.hidden ? null : now.eye?.pictures ?? null, black: now.eye?.isBlack() ?? false,
    });
    [this.level.value, this.silent.value, this.still.value] = [now.alive.level, now.alive.silent, now.alive.still];
  }
}

/** Hears how loud a track is. */
class Ear {
  /** @param {MediaStreamTrack} track */
  constructor(track) {
    this.track = track;
    this.context = new AudioContext();
    this.analyser = this.context.createAnalyser();
    this.analyser.fftSize = SAMPLES;
    this.source = this.context.createMediaStreamSource(new MediaStream([track]));
    this.source.connect(this.analyser);
    this.samples = new Float32Array(SAMPLES);
  }

  /** The loudest sample of the last half second, 0 to 1; null while nothing can be measured. */
  peak() {
    if (this.context.state !== "running") return null;
    if (this.track.muted) return 0;
    this.analyser.getFloatTimeDomainData(this.samples);
    return this.samples.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
  }

  close() {
    void this.context.close();
  }
}

/** Sees whether pictures of a track go on coming, and whether they are black. */
class Eye {
  /** @param {MediaStreamTrack} track */
  constructor(track) {
    this.track = track;
    this.pictures = 0;
    this.video = document.createElement("video");
    this.video.muted = true;
    this.video.srcObject = new MediaStream([track]);
    this.pen = Object.assign(document.createElement("canvas"), { width: WIDTH, height: HEIGHT }).getContext("2d", { willReadFrequently: true });
    void this.video.play().catch(() => undefined);
    this.count();
  }

  /** @private */
  count() {
    this.video.requestVideoFrameCallback(() => {
      this.pictures += 1;
      if (this.video.srcObject) this.count();
    });
  }

  isBlack() {
    if (!this.pen || !this.pictures) return false;
    this.pen.drawImage(this.video, 0, 0, WIDTH, HEIGHT);
    const { data } = this.pen.getImageData(0, 0, WIDTH, HEIGHT);
    return data.every((each, index) => index % 4 === 3 || each <= DARK);
  }

  close() {
    this.video.srcObject = null;
  }
}
