// The room behind its screen, with a browser's devices that are unplugged and plugged in again.
import assert from "node:assert/strict";
import { register } from "node:module";
import { pathToFileURL } from "node:url";

const STATIC = pathToFileURL(`${process.argv[2]}/`).href;
const VENDORED = { preact: "preact", htm: "htm", "preact/hooks": "preact-hooks", "@preact/signals": "signals", "@preact/signals-core": "signals-core" };
const hooks = `
const vendored = ${JSON.stringify(VENDORED)};
export const resolve = (name, context, next) => vendored[name]
  ? { url: "${STATIC}vendor/" + vendored[name] + ".js", format: "module", shortCircuit: true } : next(name, context);
export const load = (url, context, next) => next(url, url.startsWith("${STATIC}") ? { ...context, format: "module" } : context);
`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);

const kept = { getItem: () => null, setItem: () => undefined, removeItem: () => undefined };
const page = {
  localStorage: kept, sessionStorage: kept, location: new URL("http://margeride.test/kiosk/villefort-visio"), window: globalThis,
  document: { documentElement: { lang: "fr" }, addEventListener: () => undefined, cookie: "" },
  addEventListener: () => undefined, fetch: async () => ({ ok: true, json: async () => ({}) }),
};
Object.assign(globalThis, page);
const media = new EventTarget();
let plugged = [];
let opened = 0;
media.enumerateDevices = async () => plugged;
media.getUserMedia = async (wishes) => {
  const [kind] = Object.keys(wishes);
  const id = wishes[kind].deviceId?.exact;
  const found = plugged.find((one) => one.kind === `${kind}input` && (!id || one.deviceId === id));
  if (!found) throw Object.assign(new Error(), { name: id ? "OverconstrainedError" : "NotFoundError" });
  opened += 1;
  const track = Object.assign(new EventTarget(), { label: found.label, stop: () => undefined, getSettings: () => ({ deviceId: found.deviceId }) });
  return { getTracks: () => [track] };
};
Object.defineProperty(globalThis, "navigator", { value: { mediaDevices: media, language: "fr" }, configurable: true });
const { KioskRoom } = await import(`${STATIC}kiosk-room.js`);

const CAMERA = { kind: "videoinput", deviceId: "v0", label: "USB camera" };
const MICROPHONE = { kind: "audioinput", deviceId: "a0", label: "USB microphone" };
const BUILT_IN = { kind: "audioinput", deviceId: "a9", label: "Built-in microphone" };

async function changed(...devices) {
  plugged = devices;
  media.dispatchEvent(new Event("devicechange"));
  await new Promise((resolve) => setImmediate(resolve));
}

async function started(...devices) {
  plugged = devices;
  const room = new KioskRoom("villefort-visio", "token", "fr");
  room.line.start = () => undefined;
  await room.start();
  return room;
}
const lacks = (room) => room.document().health.map((one) => one.key);

const room = await started(CAMERA, MICROPHONE, BUILT_IN);
assert.deepEqual(lacks(room), []);
for (const kind of ["audio", "video"]) room.devices.tracks[kind].dispatchEvent(new Event("ended"));
await changed(BUILT_IN);
assert.deepEqual(lacks(room), ["no_microphone", "no_camera"], "another microphone does not hide that one is gone");
await changed(BUILT_IN, { ...CAMERA, deviceId: "v1" });
assert.deepEqual(lacks(room), ["no_microphone"], "a camera is known by its name when its id is another");
await changed(BUILT_IN, MICROPHONE, { ...CAMERA, deviceId: "v1" });
assert.deepEqual(lacks(room), []);
assert.equal(room.devices.tracks.audio.label, MICROPHONE.label);
const before = opened;
await changed(BUILT_IN, MICROPHONE, CAMERA);
assert.equal(opened, before, "what answers is left alone");

const bare = await started();
assert.deepEqual(lacks(bare), ["no_microphone", "no_camera"]);
await changed({ ...CAMERA, deviceId: "", label: "" }, MICROPHONE);
assert.deepEqual(lacks(bare), []);
process.exit(0);
