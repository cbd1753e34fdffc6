// SPDX-License-Identifier: GPL-3.0-or-later
// The stored views of a room's camera, each with the picture it had when it was stored.
import { fetchBlob, get } from "./api.js";
import { t } from "./i18n.js";
import { html, signal, useEffect } from "./ui.js";

const STORED = [1, 2, 3, 4, 5, 6];

/** The pictures that are known, by view. @type {import("./vendor/types.js").Signal<Map<number, {at: string, url: string}>>} */
export const pictures = signal(new Map());

/** Ask which views have a picture, and get those that are new. @param {string} room */
export async function loadPictures(room) {
  const { views } = await get(`/rooms/${room}/views`).catch(() => ({ views: [] }));
  const known = pictures.value;
  const next = new Map();
  for (const { preset, taken_at: at } of views) {
    const had = known.get(preset);
    const blob = had?.at === at ? null : await fetchBlob(`/rooms/${room}/views/${preset}`).catch(() => null);
    if (had?.at === at) next.set(preset, had);
    else if (blob) next.set(preset, { at, url: URL.createObjectURL(blob) });
  }
  for (const [preset, { url }] of known) if (next.get(preset)?.url !== url) URL.revokeObjectURL(url);
  pictures.value = next;
}

/** @param {{room: string, able: Set<string>, give: (command: string, facts?: any) => Promise<void>, of: any}} props */
export function Views({ room, able, give, of }) {
  useEffect(() => void loadPictures(room), [room]);
  const row = (/** @type {string} */ command, /** @type {string} */ key, /** @type {boolean} */ shown) => html`<div class="views">${STORED.map((preset) => {
    const picture = shown && !of.device ? pictures.value.get(preset) : null;
    return html`<button key=${preset} class=${`button button-quiet view ${picture ? "view-pictured" : ""}`} type="button"
      onClick=${() => give(command, { preset, ...of })}>${picture ? html`<img src=${picture.url} alt="" />` : null}<span>${t(key, { number: preset })}</span></button>`;
  })}</div>`;
  return html`<h3>${t("remote.views")}</h3>${row("camera.preset.recall", "remote.view", true)}
    ${able.has("camera.preset.store") ? html`<details class="keep"><summary>${t("remote.keep_view")}</summary>
      <p class="hint">${t("remote.keep_help")} ${able.has("video.picture.keep") && !of.device ? t("remote.keep_picture") : ""}</p>
      ${row("camera.preset.store", "remote.keep_as", false)}</details>` : null}`;
}
