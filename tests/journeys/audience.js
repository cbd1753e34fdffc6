// What the audience of a ceremony is shown, ten times a second: by spot, who and how. `cameras` are the page's own, `cut()` lets nothing of it leave until `mend()`.
(() => {
  if (globalThis.top !== globalThis || globalThis.audience) return;
  const frames = new WeakMap(), seen = [], cameras = [];
  const pcs = [], taken = new Map();
  const senders = () => pcs.filter((pc) => pc.connectionState !== "closed").flatMap((pc) => pc.getSenders());
  const Native = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Native {
    constructor(...given) { super(...given); pcs.push(this); }
  };
  globalThis.audience = {
    seen,
    async cut() {
      for (const sender of senders()) if (sender.track) { taken.set(sender, sender.track); await sender.replaceTrack(null); }
    },
    async mend() { for (const [sender, track] of taken) await sender.replaceTrack(track); taken.clear(); },
    unplug() { for (const one of cameras) { one.stop(); one.dispatchEvent(new Event("ended")); } },
  };
  const media = navigator.mediaDevices;
  const ask = media?.getUserMedia.bind(media);
  if (ask) {
    media.getUserMedia = async (wish) => {
      const stream = await ask(wish);
      cameras.push(...stream.getVideoTracks());
      return stream;
    };
  }
  const how = (spot) => {
    const video = spot.querySelector("video");
    if (spot.classList.contains("spot-slate")) return "slate";
    if (!video || spot.querySelector(".spot-still")) return "name";
    const drawn = video.getVideoPlaybackQuality().totalVideoFrames;
    const moves = frames.get(video) !== drawn;
    frames.set(video, drawn);
    return moves ? "moves" : "stands";
  };
  setInterval(() => {
    const spots = [...document.querySelectorAll(".spot")].map((spot) => [spot.querySelector(".spot-name").textContent, how(spot)]);
    seen.push([performance.timeOrigin + performance.now(), Boolean(document.querySelector(".program")), spots]);
  }, 100);
})();
