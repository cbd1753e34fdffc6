// Hears the beeps and sees the flashes of `camera.js`: as they come out of a page that receives them
// (`others`), and of its own camera and microphone (`own`), which tells how far off the ruler is.
// `lips.start()` once picture and sound flow, `lips.take()` gives the seconds of each.
(() => {
  if (globalThis.lips || globalThis.top !== globalThis) return;
  const found = {};
  const onset = (list, at, on, state) => {
    if (on && !state.on && at - (list.at(-1) ?? -1) > 0.4) list.push(at);
    state.on = on;
  };

  function watch(video, flashes) {
    const canvas = new OffscreenCanvas(8, 8);
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    const state = { on: true };
    const frame = () => {
      pen.drawImage(video, 0, 0, video.videoWidth / 8, video.videoHeight / 8, 0, 0, 8, 8);
      const data = pen.getImageData(0, 0, 8, 8).data;
      const light = data.reduce((sum, each, n) => sum + (n % 4 === 0 ? each : 0), 0) / 64;
      onset(flashes, performance.now() / 1000, light > 128, state);
      video.requestVideoFrameCallback(frame);
    };
    video.requestVideoFrameCallback(frame);
  }

  function listen(track, beeps) {
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

  function follow(name, video, audio) {
    found[name] = { beeps: [], flashes: [] };
    watch(video, found[name].flashes);
    listen(audio, found[name].beeps);
  }

  globalThis.lips = {
    start() {
      const videos = [...document.querySelectorAll("video")];
      const ids = new Set(probe.pcs.flatMap((pc) => pc.getReceivers().map((each) => each.track.id)));
      const shows = (video) => ids.has(video.srcObject?.getVideoTracks()[0]?.id);
      const theirs = videos.find(shows);
      const ours = videos.find((video) => video.srcObject && !shows(video));
      const heard = [...document.querySelectorAll("audio")].map((each) => each.srcObject?.getAudioTracks()[0]).find(Boolean);
      const said = margeride.model.call.own.get("audio");
      if (!theirs || !ours || !heard || !said) return false;
      follow("others", theirs, heard);
      follow("own", ours, said);
      return true;
    },
    take: () => found,
  };
})();
