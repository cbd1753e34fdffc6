// SPDX-License-Identifier: GPL-3.0-or-later
// A paper before the camera of a desk: the other camera, or the same one, at all its points.
import { post, upload } from "./api.js";
import { SHARP } from "./devices.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { Picture } from "./tiles.js";
import { html, useEffect } from "./ui.js";

/** @typedef {import("./devices.js").Devices} Devices @typedef {import("./desk-paper.js").Call} Call */

const QUALITY = 0.85;
const KEPT = (/** @type {string} */ desk) => `margeride.desk.${desk}.cameras`;

/** The cameras that were chosen for a desk. @param {string} desk @returns {{main: string, paper: string}} */
export function cameras(desk) {
  try {
    return { main: "", paper: "", ...JSON.parse(localStorage.getItem(KEPT(desk)) ?? "{}") };
  } catch {
    return { main: "", paper: "" };
  }
}

/** @param {string} desk @param {{main: string, paper: string}} chosen */
export function keepCameras(desk, chosen) {
  localStorage.setItem(KEPT(desk), JSON.stringify(chosen));
}

/** The document camera: the chosen one, else another than the main one, else that. @param {Devices} devices @param {string} desk */
function paperCamera(devices, desk) {
  const known = devices.choices("video").map((each) => each.deviceId);
  const { paper } = cameras(desk);
  const main = devices.chosen.value.video;
  return known.includes(paper) ? paper : known.find((each) => each !== main) ?? main;
}

/** One frame as it comes from the camera. @param {MediaStreamTrack} track @returns {Promise<Blob>} */
async function still(track) {
  const video = Object.assign(document.createElement("video"), { muted: true });
  video.srcObject = new MediaStream([track]);
  await video.play();
  const canvas = Object.assign(document.createElement("canvas"), { width: video.videoWidth, height: video.videoHeight });
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  video.srcObject = null;
  return new Promise((done, failed) => canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error("no picture"))), "image/jpeg", QUALITY));
}

/** Another camera, or the same one otherwise: Chromium gives a camera that is open as it was opened.
 * @param {Devices} devices @param {string} camera @param {MediaTrackConstraints} [wish] */
function turnTo(devices, camera, wish) {
  devices.close("video");
  return devices.open("video", camera, wish);
}

/** While the paper is asked for: the camera is turned to it, and back when it is over. No camera is
 * left open after a call that ended while one was being opened.
 * @param {{call: Call, devices: Devices, desk: string, again: () => Promise<void>, talking: () => boolean}} props */
export function Show({ call, devices, desk, again, talking }) {
  const number = call.request?.number;
  const say = async (/** @type {string} */ step) => {
    await post(`/desk-calls/${call.id}/request/answer`, { request: number, step }).catch(() => undefined);
    await again();
  };
  useEffect(() => {
    const before = devices.chosen.value.video;
    let over = false;
    const turned = turnTo(devices, paperCamera(devices, desk), SHARP).then(() => {
      if (!over) void say(devices.video.value === "on" ? "showing" : "failed");
    });
    return () => {
      over = true;
      void turned.then(() => (talking() ? turnTo(devices, before) : undefined)).then(() => {
        if (!talking()) devices.closeAll();
      });
    };
  }, [number]);
  useEffect(() => {
    const track = devices.tracks.video;
    if (call.still !== "wanted" || !track) return;
    void still(track).then((blob) => upload(`/desk-calls/${call.id}/still`, blob, "PUT")).catch(() => undefined).then(again);
  }, [call.still]);
  const track = devices.video.value === "on" ? devices.tracks.video : null;
  return html`<section class="desk-show" aria-labelledby="desk-show">
    <h2 id="desk-show">${icon("paper")} ${t("desk.show_paper")}</h2>
    ${track ? html`<${Picture} key=${track.id} track=${track} />` : null}
    <div class="desk-choices"><button class="button button-quiet" type="button" onClick=${() => void say("refused")}>${icon("check")}${t("desk.show_done")}</button></div>
  </section>`;
}
