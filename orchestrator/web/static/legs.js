// SPDX-License-Identifier: GPL-3.0-or-later
// The two PeerConnections of a participant. A leg lives while ICE says so, whatever becomes of the
// WebSocket; one that stays failed is replaced by a new one under the same participant.
import { newId } from "./ids.js";

const FAILED_FOR = 3_000;
const CONNECT_WITHIN = 20_000;
const LIMIT_AGAIN = 500;
/** What each layer may take, in kbit/s: the whole picture last. */
const LAYERS = /** @type {Record<number, [string, number][]>} */ ({
  1: [["", 450]], 2: [["q", 150], ["h", 450]], 3: [["q", 150], ["h", 350], ["f", 1200]],
});

/** Layers from low to high (the other way round Chromium overspends on the lowest), and no more
 *  of them than a browser sends of a picture of this size.
 * @param {MediaStreamTrack|null} track @returns {RTCRtpEncodingParameters[]} */
export function encodingsFor(track) {
  const height = track?.getSettings().height ?? 360;
  const layers = LAYERS[height >= 540 ? 3 : height >= 270 ? 2 : 1];
  return layers.map(([rid, kbps], number) => ({
    ...(rid ? { rid } : {}), maxBitrate: kbps * 1000, scaleResolutionDownBy: 2 ** (layers.length - 1 - number),
  }));
}

/** @typedef {import("./protocol.js").Message} Message */
/** @typedef {{mid: string, track: string, participant: string, kind: string, source: string}} Placed */

/** What both legs share: one connection, its id, and the watch over its health. */
class Leg {
  /** @param {RTCIceServer[]} iceServers @param {(leg: Leg) => void} onFailed
   *  @param {(leg: Leg) => void} onState */
  constructor(iceServers, onFailed, onState) {
    this.id = newId("lg");
    this.onFailed = onFailed;
    this.onState = onState;
    this.pc = new RTCPeerConnection({ iceServers });
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this.timer = undefined;
    this.pc.onconnectionstatechange = () => this.look();
  }

  /** Somebody else looks after it from now on.
   * @param {(leg: Leg) => void} onFailed @param {(leg: Leg) => void} onState */
  owned(onFailed, onState) {
    this.onFailed = onFailed;
    this.onState = onState;
  }

  /** Whether it may still carry media: `disconnected` comes back by itself. */
  get alive() {
    return !["failed", "closed"].includes(this.pc.connectionState);
  }

  get connected() {
    return this.pc.connectionState === "connected";
  }

  /** @returns {"connecting"|"connected"|"lost"} */
  get state() {
    if (this.connected) return "connected";
    return ["disconnected", "failed", "closed"].includes(this.pc.connectionState) ? "lost" : "connecting";
  }

  /** @private */
  look() {
    clearTimeout(this.timer);
    const state = this.pc.connectionState;
    if (state === "failed") this.timer = setTimeout(() => this.onFailed(this), FAILED_FOR);
    if (state === "connecting") this.expectConnection();
    this.onState(this);
  }

  /** @protected A connection that never comes is a failed one. */
  expectConnection() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => !this.connected && this.onFailed(this), CONNECT_WITHIN);
  }

  close() {
    clearTimeout(this.timer);
    this.pc.onconnectionstatechange = null;
    this.pc.close();
  }
}

/** What we send: one microphone and one camera, whose m-lines exist even while a device is absent,
 *  so that a camera plugged in later needs no negotiation. One made in the lobby has neither, and a
 *  line that is inactive, until it is opened. */
export class PublishLeg extends Leg {
  /** @param {RTCIceServer[]} ice @param {Map<string, MediaStreamTrack|null>|null} tracks by kind
   *  @param {(leg: Leg) => void} onFailed @param {(leg: Leg) => void} onState */
  constructor(ice, tracks, onFailed, onState) {
    super(ice, onFailed, onState);
    this.answered = false;
    /** @type {RTCRtpEncodingParameters[]} */
    this.encodings = [];
    /** @type {Map<string, RTCRtpTransceiver>} */
    this.transceivers = new Map();
    this.opened = tracks !== null;
    this.stale = false;
    /** What was asked of it last. */
    this.wish = {};
    /** An offer may follow: who has the leg now hears of it, whoever had it when the answer came. */
    this.onAnswered = () => undefined;
    if (tracks) for (const kind of ["audio", "video"]) this.add(kind, tracks.get(kind) ?? null);
    else this.transceivers.set("audio", this.pc.addTransceiver("audio", { direction: "inactive" }));
  }

  /** Send these from the next offer on, which is due as soon as the first has its answer.
   * @param {Map<string, MediaStreamTrack|null>} tracks by kind */
  open(tracks) {
    this.opened = this.stale = true;
    for (const transceiver of this.transceivers.values()) {
      transceiver.direction = "sendonly";
      void transceiver.sender.replaceTrack(tracks.get("audio") ?? null);
    }
    this.add("video", tracks.get("video") ?? null);
  }

  /** @private @param {string} kind @param {MediaStreamTrack|null} track */
  add(kind, track) {
    /** @type {RTCRtpTransceiverInit} */
    const init = { direction: "sendonly" };
    if (track) init.streams = [new MediaStream([track])];
    if (kind === "video") init.sendEncodings = this.encodings = encodingsFor(track);
    const transceiver = this.pc.addTransceiver(track ?? kind, init);
    this.transceivers.set(kind, transceiver);
  }

  /** Encrypt what is sent. Redundant sound would be opaque to who takes it apart for others.
   * @param {import("./e2ee.js").Secrecy} secrecy */
  cover(secrecy) {
    for (const [kind, transceiver] of this.transceivers) secrecy.cover(transceiver.sender, kind);
    const codecs = RTCRtpSender.getCapabilities("audio")?.codecs.filter((each) => each.mimeType !== "audio/red");
    if (codecs) this.transceivers.get("audio")?.setCodecPreferences(codecs);
  }

  /** The offer, ready to send: no trickle, the server is ICE-lite. @returns {Promise<Message>} */
  async offer() {
    if (this.pc.signalingState === "stable") {
      this.answered = this.stale = false;
      await this.pc.setLocalDescription();
    }
    const sources = /** @type {Record<string, string>} */ ({});
    for (const [kind, transceiver] of this.transceivers) {
      if (transceiver.mid !== null) sources[transceiver.mid] = kind === "audio" ? "microphone" : "camera";
    }
    const sdp = this.pc.localDescription?.sdp ?? "";
    return { type: "publish.offer", leg: this.id, sdp, sources };
  }

  /** @param {string} sdp */
  async take(sdp) {
    if (this.pc.signalingState !== "have-local-offer") return;
    await this.pc.setRemoteDescription({ type: "answer", sdp });
    this.answered = true;
    this.expectConnection();
    this.onAnswered();
  }

  /** Send these layers and no others; of a picture without layers, nothing for 0 kbit/s. A sender
   *  that is just being negotiated refuses: it is asked again, for nobody says this twice.
   * @param {string} kind @param {string[]} rids @param {number|null} kbps all layers together */
  async limit(kind, rids, kbps) {
    const wish = this.wish = {};
    while (this.wish === wish && this.pc.signalingState !== "closed") {
      try {
        return await this.apply(kind, rids, kbps);
      } catch {
        await new Promise((done) => setTimeout(done, LIMIT_AGAIN));
      }
    }
  }

  /** @private @param {string} kind @param {string[]} rids @param {number|null} kbps */
  async apply(kind, rids, kbps) {
    const sender = this.transceivers.get(kind)?.sender;
    const parameters = sender?.getParameters();
    if (!sender || !parameters?.encodings?.length) return;
    let left = kbps === null ? Infinity : kbps * 1000;
    parameters.encodings.forEach((encoding, number) => {
      encoding.active = encoding.rid ? rids.includes(encoding.rid) : kbps !== 0;
      if (!encoding.active) return;
      encoding.maxBitrate = Math.max(30_000, Math.min(this.encodings[number]?.maxBitrate ?? Infinity, left));
      left -= encoding.maxBitrate;
    });
    await sender.setParameters(parameters);
  }

  /** @param {string} kind @param {MediaStreamTrack|null} track */
  async replace(kind, track) {
    await this.transceivers.get(kind)?.sender.replaceTrack(track);
  }
}

/** What we receive: the server offers, m-lines are reused, `tracks` says what each carries. */
export class SubscribeLeg extends Leg {
  /** @param {RTCIceServer[]} ice @param {(leg: Leg) => void} onFailed
   *  @param {(leg: Leg) => void} onState */
  constructor(ice, onFailed, onState) {
    super(ice, onFailed, onState);
    /** @type {Message|null} */
    this.lastAnswer = null;
    /** @type {Placed[]} */
    this.placed = [];
    /** @type {import("./e2ee.js").Secrecy|null} */
    this.secrecy = null;
    /** @type {Map<string, string>} by mid, the last track */
    this.carried = new Map();
    this.queue = Promise.resolve();
  }

  /** Answer an offer; offers are taken one after the other.
   * @param {Message} message @returns {Promise<Message>} */
  take(message) {
    const answer = this.queue.then(async () => {
      await this.pc.setRemoteDescription({ type: "offer", sdp: message.sdp });
      this.uncover(message.tracks);
      await this.pc.setLocalDescription();
      this.placed = message.tracks;
      if (!this.connected) this.expectConnection();
      const sdp = this.pc.localDescription?.sdp ?? "";
      this.lastAnswer = { type: "subscribe.answer", leg: this.id, serial: message.serial, sdp };
      return this.lastAnswer;
    });
    this.queue = answer.then(() => undefined, () => undefined);
    return answer;
  }

  /** Whether an offer puts another track on an m-line that has carried one: Chromium then passes no
   *  picture through the transform of that m-line any more, whether it is set anew or not.
   * @param {Message} message */
  wearsOut(message) {
    const before = this.carried;
    this.carried = new Map([...before, ...message.tracks.map((/** @type {Placed} */ each) => [each.mid, each.track])]);
    return message.tracks.some((/** @type {Placed} */ { mid, track }) => before.has(mid) && before.get(mid) !== track);
  }

  /** @private @param {Placed[]} placed */
  uncover(placed) {
    this.secrecy?.owned(placed.map(({ mid, participant }) => [mid, participant]));
    for (const { mid, receiver } of this.pc.getTransceivers()) {
      if (mid !== null) this.secrecy?.uncover(receiver, mid);
    }
  }

  /** The tracks now carried. @returns {(Placed & {media: MediaStreamTrack})[]} */
  tracks() {
    const byMid = new Map(this.pc.getTransceivers().map((each) => [each.mid, each.receiver.track]));
    return this.placed.flatMap((placed) => {
      const media = byMid.get(placed.mid);
      return media ? [{ ...placed, media }] : [];
    });
  }
}
