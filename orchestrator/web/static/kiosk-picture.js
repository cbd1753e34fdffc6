// SPDX-License-Identifier: GPL-3.0-or-later
// A small picture of what the room's camera shows, for a stored view on the remote. Kept nowhere here.
import { bring } from "./api.js";

const WIDTH = 320;
const QUALITY = 0.6;
const LARGEST = 32 * 1024;

/** @param {string} room @param {number} preset @param {MediaStreamTrack} track */
export async function keepPicture(room, preset, track) {
  const blob = await drawn(track);
  if (!blob || blob.size > LARGEST) throw new Error("no picture");
  await bring(`/rooms/${room}/views/${preset}`, blob);
}

/** @param {MediaStreamTrack} track @returns {Promise<Blob|null>} */
async function drawn(track) {
  const video = document.createElement("video");
  video.muted = true;
  video.srcObject = new MediaStream([track]);
  try {
    await video.play();
    const canvas = document.createElement("canvas");
    canvas.width = WIDTH;
    canvas.height = Math.round((WIDTH * video.videoHeight) / video.videoWidth);
    canvas.getContext("2d")?.drawImage(video, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  } finally {
    video.srcObject = null;
  }
}
