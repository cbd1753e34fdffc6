// SPDX-License-Identifier: GPL-3.0-or-later
// A complete small client of /ws/v1, on nothing but the browser: join by a link's code, send, receive,
// mute, survive a broken line and a lost leg. Every message is explained in docs/protocol.md.

const byId = (id) => document.getElementById(id);
const say = (text) => { byId("status").textContent = text; };
const legId = () => `lg-${[...crypto.getRandomValues(new Uint8Array(10))].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;

let token = "";
let socket = null;
let resume = null; // from the last welcome
let ice = []; // likewise, and from `ice`
let lastSeq = 0;
let heard = 0;
let tries = 0;
let ended = false;
let joined = false;
let publish = null; // {id, pc, answered}
let subscribe = null; // {id, pc, answer}
let stream = null;
let muted = false;
const people = new Map();

// --- the line: hello, heartbeat, redial, resume ------------------------------

function dial() {
  const url = new URL("/ws/v1", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  socket = new WebSocket(url);
  heard = Date.now();
  socket.onopen = () => {
    const hello = { type: "hello", versions: [1], token, client: "example 1" };
    if (resume) Object.assign(hello, { resume, last_seq: lastSeq });
    socket.send(JSON.stringify(hello));
  };
  socket.onmessage = (event) => receive(JSON.parse(event.data));
  socket.onclose = ({ code }) => {
    if ([1000, 1008, 4001, 4002].includes(code)) return finish(`Closed (${code}).`);
    const wait = Math.min(500 * 2 ** tries++, 15_000) * (0.7 + 0.6 * Math.random());
    say("The line broke; calling back…");
    setTimeout(() => ended || dial(), wait);
  };
}

const send = (message) => socket?.readyState === WebSocket.OPEN && socket.send(JSON.stringify(message));

setInterval(() => {
  if (ended || socket?.readyState !== WebSocket.OPEN) return;
  if (Date.now() - heard > 15_000) socket.close(4000);
  else send({ type: "heartbeat" });
}, 5_000);

function receive(message) {
  heard = Date.now();
  if (typeof message.seq === "number") lastSeq = message.seq;
  const act = {
    welcome: welcomed, joined: entered, left: () => finish("Left."), error: ({ text }) => say(text),
    "participant.joined": ({ participant }) => put(participant),
    "participant.changed": ({ participant }) => put(participant),
    "participant.left": ({ participant }) => forget(participant),
    "publish.answer": published, "subscribe.offer": offered, "leg.lost": ({ leg }) => replace(leg),
    ice: (message) => { ice = message.ice; },
  }[message.type];
  act?.(message);
}

function welcomed(message) {
  resume = message.resume;
  ice = message.ice;
  tries = 0;
  if (message.resumed) return repeat();
  const join = { type: "join" };
  if (publish?.answered) join.publish_leg = publish.id;
  if (subscribe?.answer) Object.assign(join, { subscribe_leg: subscribe.id, subscribe_serial: subscribe.answer.serial });
  send(join);
}

// --- the session -------------------------------------------------------------

function entered(message) {
  joined = true;
  say(`In “${message.session.title}”.`);
  for (const id of [...people.keys()]) forget(id);
  message.participants.filter(({ id }) => id !== message.you).forEach(put);
  if (publish && publish.id !== message.publish_leg) publish = close(publish);
  if (subscribe && subscribe.id !== message.subscribe_leg) subscribe = close(subscribe);
  repeat();
}

// What was said last may have died with the line; each is harmless twice.
function repeat() {
  if (publish && !publish.answered) sendOffer(publish);
  if (subscribe?.answer) send(subscribe.answer);
  else if (subscribe) send({ type: "subscribe.start", leg: subscribe.id });
  mend();
  sayMute();
}

function mend() {
  if (stream && !publish) startPublish();
  if (!subscribe) {
    subscribe = leg();
    send({ type: "subscribe.start", leg: subscribe.id });
  }
}

// --- the legs ----------------------------------------------------------------

function leg() {
  const made = { id: legId(), pc: new RTCPeerConnection({ iceServers: ice }) };
  let timer = 0;
  made.pc.onconnectionstatechange = () => {
    clearTimeout(timer); // `disconnected` comes back by itself; `failed` for 3 s does not
    if (made.pc.connectionState !== "failed") return;
    timer = setTimeout(() => { send({ type: "leg.failed", leg: made.id }); replace(made.id); }, 3_000);
  };
  return made;
}

function close(old) {
  old.pc.close();
  return null;
}

function replace(id) {
  if (publish?.id === id) publish = close(publish);
  if (subscribe?.id === id) subscribe = close(subscribe);
  setTimeout(() => joined && mend(), 500);
}

async function startPublish() {
  publish = leg();
  for (const track of stream.getTracks()) publish.pc.addTransceiver(track, { direction: "sendonly", streams: [stream] });
  await publish.pc.setLocalDescription();
  sendOffer(publish);
}

function sendOffer({ id, pc }) {
  const sources = {};
  for (const { mid, sender } of pc.getTransceivers()) sources[mid] = sender.track.kind === "audio" ? "microphone" : "camera";
  send({ type: "publish.offer", leg: id, sdp: pc.localDescription.sdp, sources });
}

async function published({ leg: id, sdp }) {
  if (publish?.id !== id || publish.answered) return;
  await publish.pc.setRemoteDescription({ type: "answer", sdp });
  publish.answered = true;
  sayMute();
}

async function offered({ leg: id, serial, sdp, tracks }) {
  if (subscribe?.id !== id) return;
  const { pc } = subscribe;
  await pc.setRemoteDescription({ type: "offer", sdp });
  await pc.setLocalDescription();
  subscribe.answer = { type: "subscribe.answer", leg: id, serial, sdp: pc.localDescription.sdp };
  send(subscribe.answer);
  const media = new Map(pc.getTransceivers().map((each) => [each.mid, each.receiver.track]));
  for (const { mid, participant, kind } of tracks) play(participant, kind, media.get(mid));
}

// --- the page ----------------------------------------------------------------

function put(participant) {
  const known = people.get(participant.id) ?? draw(participant);
  const silent = participant.tracks.some(({ kind, muted: cut }) => kind === "audio" && cut);
  known.words.textContent = `${participant.name}${silent ? " — muted" : ""}${participant.state === "lost" ? " — lost" : ""}`;
}

function draw({ id }) {
  const item = document.createElement("li");
  const known = { item, words: document.createElement("p"), video: document.createElement("video"), audio: document.createElement("audio") };
  known.video.autoplay = known.audio.autoplay = known.video.playsInline = known.video.muted = true;
  item.append(known.video, known.audio, known.words);
  byId("people").append(item);
  people.set(id, known);
  return known;
}

function forget(id) {
  people.get(id)?.item.remove();
  people.delete(id);
}

function play(id, kind, track) {
  const known = people.get(id) ?? draw({ id });
  if (known[kind].srcObject?.getTracks()[0] !== track) known[kind].srcObject = new MediaStream([track]);
}

function sayMute() {
  if (publish?.answered) send({ type: "track.set", kind: "audio", muted });
}

function finish(why) {
  ended = true;
  joined = false;
  socket?.close(1000);
  if (publish) publish = close(publish);
  if (subscribe) subscribe = close(subscribe);
  stream?.getTracks().forEach((track) => track.stop());
  for (const id of [...people.keys()]) forget(id);
  byId("mute").disabled = byId("leave").disabled = true;
  say(why);
}

byId("form").onsubmit = async (event) => {
  event.preventDefault();
  const body = JSON.stringify({ code: byId("code").value, name: byId("name").value });
  const answer = await fetch("/api/v1/join", { method: "POST", headers: { "Content-Type": "application/json" }, body });
  const facts = await answer.json();
  if (!answer.ok) return say(facts.title);
  if (byId("send").checked) {
    stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 360 } }).catch(() => null);
  }
  [token, ended, resume] = [facts.token, false, null];
  byId("mute").disabled = byId("leave").disabled = false;
  return dial();
};

byId("mute").onclick = () => {
  muted = !muted;
  stream?.getAudioTracks().forEach((track) => { track.enabled = !muted; });
  byId("mute").textContent = muted ? "Unmute" : "Mute";
  sayMute();
};

byId("leave").onclick = () => { send({ type: "leave" }); finish("Left."); };
