// SPDX-License-Identifier: GPL-3.0-or-later
// What a player needs of a low-latency HLS playlist (RFC 8216bis), and where it begins to play.

/** @typedef {{number: number, part: number, uri: string, lasts: number, key: boolean}} Part */
/** @typedef {{life: number, map: string, parts: Part[], hint: Part|null, ended: boolean, target: number, holdBack: number}} Playlist */

/** @param {string} text @returns {Playlist} */
export function understand(text) {
  /** @type {Playlist} */
  const found = { life: 0, map: "", parts: [], hint: null, ended: false, target: 0.5, holdBack: 1.5 };
  let number = 0;
  let part = 0;
  for (const line of text.split("\n")) {
    const [, name, rest] = /^#(EXT[A-Z0-9-]*):?(.*)$/.exec(line) ?? ["", "", line];
    if (name === "EXT-X-MEDIA-SEQUENCE") number = Number(rest);
    else if (name === "EXT-X-DISCONTINUITY-SEQUENCE") found.life = Number(rest);
    else if (name === "EXT-X-PART-INF") found.target = Number(attribute(rest, "PART-TARGET"));
    else if (name === "EXT-X-SERVER-CONTROL") found.holdBack = Number(attribute(rest, "PART-HOLD-BACK") || 3 * found.target);
    else if (name === "EXT-X-MAP") found.map = attribute(rest, "URI");
    else if (name === "EXT-X-ENDLIST") found.ended = true;
    else if (name === "EXT-X-PART") found.parts.push({ number, part: part++, uri: attribute(rest, "URI"), lasts: Number(attribute(rest, "DURATION")), key: rest.includes("INDEPENDENT=YES") });
    else if (name === "EXT-X-PRELOAD-HINT") found.hint = { number, part, uri: attribute(rest, "URI"), lasts: 0, key: false };
    else if (!name && line) [number, part] = [number + 1, 0];
  }
  return found;
}

/** @param {string} attributes @param {string} name */
function attribute(attributes, name) {
  const found = new RegExp(`(?:^|,)${name}=(?:"([^"]*)"|([^,]*))`).exec(attributes);
  return found ? found[1] ?? found[2] : "";
}

/** The parts to play first: from the last key that leaves the wanted distance to the end.
 * @param {Playlist} playlist @returns {Part[]} */
export function beginning(playlist) {
  let left = 0;
  for (let at = playlist.parts.length - 1; at >= 0; at--) {
    left += playlist.parts[at].lasts;
    if (playlist.parts[at].key && left >= playlist.holdBack) return playlist.parts.slice(at);
  }
  const first = playlist.parts.findIndex((part) => part.key);
  return first < 0 ? [] : playlist.parts.slice(first);
}

/** What came after a part. @param {Playlist} playlist @param {{number: number, part: number}} last */
export function following(playlist, last) {
  return playlist.parts.filter(({ number, part }) => number > last.number || (number === last.number && part > last.part));
}
