// What a page lives through, from its first moment: installed before the page's own scripts.
// `probe.begin()` starts the clock, `probe.take()` hands over everything noted since.
(() => {
  if (globalThis.probe || globalThis.top !== globalThis) return;
  const EVERY = 100, SLOW = 10;
  const now = () => performance.timeOrigin + performance.now();
  const pcs = [], marks = [], said = [], rows = [], out = [], shown = {};
  let beats = 0;
  const mark = (what) => marks.push([now(), what]);

  const Native = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Native {
    constructor(...given) {
      super(...given);
      const number = pcs.push(this) - 1;
      mark(`pc ${number} new`);
      for (const name of ["connection", "iceConnection"]) {
        this.addEventListener(`${name.toLowerCase()}statechange`, () => mark(`pc ${number} ${name} ${this[`${name}State`]}`));
      }
    }
  };

  const KEPT = new Set(["view.chosen", "publish.layers", "view", "leg.lost", "leg.failed", "error"]);
  const hear = (way, data) => {
    const message = JSON.parse(data);
    mark(`${way} ${message.type}`);
    if (KEPT.has(message.type)) said.push([now(), message]);
  };
  const Socket = globalThis.WebSocket;
  globalThis.WebSocket = class extends Socket {
    constructor(...given) {
      super(...given);
      mark("ws new");
      this.addEventListener("open", () => mark("ws open"));
      this.addEventListener("close", (event) => mark(`ws closed ${event.code}`));
      this.addEventListener("message", (event) => hear("<", event.data));
    }
    send(data) { hear(">", data); super.send(data); }
  };

  const PICTURE = ["framesDecoded", "packetsLost", "nackCount", "pliCount", "keyFramesDecoded", "frameHeight",
    "totalFreezesDuration", "framesDropped", "retransmittedPacketsReceived", "estimatedPlayoutTimestamp"];
  const SOUND = ["totalSamplesReceived", "concealedSamples", "silentConcealedSamples", "packetsLost", "packetsDiscarded",
    "jitterBufferDelay", "jitterBufferEmittedCount", "fecPacketsReceived", "estimatedPlayoutTimestamp"];
  const SENT = ["kind", "rid", "packetsSent", "bytesSent", "framesEncoded", "frameHeight", "nackCount", "pliCount",
    "retransmittedPacketsSent", "qualityLimitationReason", "targetBitrate", "active"];
  const pick = (row, names) => names.map((name) => row[name] ?? null);

  // One row of `rows`: second, connection, stream, kind, packets, octets, then PICTURE or SOUND.
  async function look(pc, number, slow) {
    const stats = await pc.getStats();
    const at = now();
    for (const row of stats.values()) {
      if (row.type === "inbound-rtp") {
        rows.push([at, number, row.id, row.kind, row.packetsReceived ?? 0, row.bytesReceived ?? 0,
          ...pick(row, row.kind === "video" ? PICTURE : SOUND)]);
      } else if (slow && row.type === "outbound-rtp") {
        out.push([at, number, row.id, ...pick(row, SENT)]);
      } else if (slow && row.type === "candidate-pair" && row.nominated) {
        out.push([at, number, "pair", row.currentRoundTripTime ?? null, row.availableOutgoingBitrate ?? null]);
      }
    }
  }

  async function beat() {
    const slow = beats++ % SLOW === 0;
    for (const [number, pc] of pcs.entries()) {
      if (["closed", "new"].includes(pc.connectionState)) continue;
      const receives = pc.getReceivers().some((each) => each.track.readyState === "live")
        && pc.getTransceivers().some((each) => each.currentDirection === "recvonly");
      if (receives || slow) await look(pc, number, slow).catch(() => undefined);
    }
    setTimeout(beat, EVERY);
  }

  const followed = new WeakSet();
  function follow(video) {
    const id = video.srcObject?.getVideoTracks()[0]?.id;
    const ours = pcs.some((pc) => pc.getReceivers().some((each) => each.track.id === id));
    if (!ours || followed.has(video) || !video.requestVideoFrameCallback) return;
    followed.add(video);
    const frame = () => {
      (shown[id] ??= []).push(now());
      video.requestVideoFrameCallback(frame);
    };
    video.requestVideoFrameCallback(frame);
  }

  globalThis.probe = {
    began: 0,
    pcs, marks, shown,
    begin() { this.began = now(); mark("begin"); },
    take() { return { began: this.began, ended: now(), marks, said, rows, out, shown, hidden: document.hidden }; },
  };
  setInterval(() => document.querySelectorAll("video").forEach(follow), 20);
  setTimeout(beat, EVERY);
})();
