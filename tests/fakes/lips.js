// Hears the beeps and sees the flashes of `camera.js` as they come out of a page that receives them:
// `lips.start()` once picture and sound flow, `lips.take()` the seconds of both.
(() => {
  if (globalThis.lips || globalThis.top !== globalThis) return;
  const beeps = [], flashes = [];
  const onset = (list, at, on, state) => {
    if (on && !state.on && at - (list.at(-1) ?? -1) > 0.4) list.push(at);
    state.on = on;
  };

  function watch(video) {
    const canvas = new OffscreenCanvas(8, 8);
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    const state = { on: true };
    const frame = (at, facts) => {
      pen.drawImage(video, 0, 0, video.videoWidth / 8, video.videoHeight / 8, 0, 0, 8, 8);
      const data = pen.getImageData(0, 0, 8, 8).data;
      const light = data.reduce((sum, each, n) => sum + (n % 4 === 0 ? each : 0), 0) / 64;
      onset(flashes, (facts.expectedDisplayTime ?? at) / 1000, light > 128, state);
      video.requestVideoFrameCallback(frame);
    };
    video.requestVideoFrameCallback(frame);
  }

  function listen(track) {
    const context = new AudioContext({ sampleRate: 48_000, latencyHint: "interactive" });
    const analyser = new AnalyserNode(context, { fftSize: 256 });
    context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    const samples = new Float32Array(256);
    const state = { on: true };
    setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const peak = samples.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
      onset(beeps, performance.now() / 1000, peak > 0.03, state);
    }, 4);
  }

  globalThis.lips = {
    start() {
      const tracks = probe.pcs.flatMap((pc) => pc.getReceivers().map((each) => each.track));
      const ids = new Set(tracks.map((each) => each.id));
      const shows = (video) => ids.has(video.srcObject?.getVideoTracks()[0]?.id);
      const video = [...document.querySelectorAll("video")].find(shows);
      const audio = [...document.querySelectorAll("audio")].map((each) => each.srcObject?.getAudioTracks()[0]).find(Boolean);
      if (!video || !audio) return false;
      watch(video);
      listen(audio);
      return true;
    },
    take: () => ({ beeps, flashes }),
  };
})();
