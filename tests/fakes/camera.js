// A camera and a microphone that are hard work for a codec. Once a second the picture flashes in a
// corner and the sound beeps at the same moment, so that lips can be compared. Firefox without a sound
// card runs no AudioContext: there the sound is its own fake tone. With `clap` set nothing but the beeps is heard, in both.
(() => {
  if (globalThis.fakeCamera || globalThis.top !== globalThis || !navigator.mediaDevices) return;
  const FLASH = 0.12;
  const firefox = navigator.userAgent.includes("Firefox/");
  const native = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  const context = firefox ? null : new AudioContext({ sampleRate: 48_000 });
  const clock = () => context?.currentTime ?? performance.now() / 1000;

  function picture(wishes) {
    const pick = (wish, otherwise) => wish?.exact ?? wish?.ideal ?? wish?.max ?? wish ?? otherwise;
    const canvas = document.createElement("canvas");
    canvas.width = pick(wishes?.width, 640);
    canvas.height = pick(wishes?.height, 360);
    const rate = Math.min(24, pick(wishes?.frameRate, 24));
    const pen = canvas.getContext("2d", { alpha: false });
    let number = 0;
    const draw = () => {
      const { width, height } = canvas;
      number += 1;
      for (let n = 0; n < 10; n++) {  // patches that cannot be predicted from the last picture
        const [x, y, size] = [Math.random() * width, Math.random() * height, (30 + Math.random() * 60) * width / 640];
        const shade = pen.createLinearGradient(x, y, x + size, y + size);
        shade.addColorStop(0, `hsl(${(number * 7 + n * 40) % 360} 60% 55%)`);
        shade.addColorStop(1, `hsl(${(number * 3 + n * 90) % 360} 40% 25%)`);
        pen.fillStyle = shade;
        pen.fillRect(x, y, size, size);
      }
      pen.fillStyle = clock() % 1 < FLASH ? "#ffffff" : "#000000";
      pen.fillRect(0, 0, width / 4, height / 4);
      fakeCamera.pictures = number;
    };
    draw();
    setInterval(draw, 1000 / rate);
    return canvas.captureStream(rate);
  }

  // Syllables of a buzzing voice, never silent; the beep is far above them.
  function sound() {
    const out = context.createMediaStreamDestination();
    const voice = context.createGain();
    for (const [part, level] of [[1, 0.1], [2, 0.06], [3, 0.04], [5, 0.02]]) {
      const tone = new OscillatorNode(context, { type: "sawtooth", frequency: 140 * part });
      tone.connect(new GainNode(context, { gain: level })).connect(voice);
      tone.start();
    }
    const syllables = new OscillatorNode(context, { frequency: 3.5 });
    const depth = new GainNode(context, { gain: 0.4 });
    syllables.connect(depth).connect(voice.gain);
    syllables.start();
    voice.gain.value = 0.6;
    const beep = new OscillatorNode(context, { frequency: 6_000 });
    const gate = new GainNode(context, { gain: 0 });
    beep.connect(gate).connect(out);
    beep.start();
    let next = Math.ceil(clock()) + 1;
    setInterval(() => {
      voice.gain.value = fakeCamera.clap ? 0 : 0.6;
      depth.gain.value = fakeCamera.clap ? 0 : 0.4;
      for (; next < clock() + 3; next += 1) {
        gate.gain.setValueAtTime(0.25, next);
        gate.gain.setValueAtTime(0, next + FLASH);
      }
    }, 500);
    voice.connect(out);
    return out.stream;
  }

  async function tone(audio) {
    const stream = await native({ audio });
    setInterval(() => {
      if (fakeCamera.clap) stream.getAudioTracks()[0].enabled = clock() % 1 < FLASH;
    }, 5);
    return stream;
  }

  globalThis.fakeCamera = { pictures: 0, clap: false };
  navigator.mediaDevices.getUserMedia = async ({ audio, video }) => {
    const streams = [...(video ? [picture(video)] : []), ...(audio ? [firefox ? await tone(audio) : sound()] : [])];
    return new MediaStream(streams.flatMap((stream) => stream.getTracks()));
  };
})();
