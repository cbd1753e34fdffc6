// SPDX-License-Identifier: GPL-3.0-or-later
// How pictures may be laid out on a room's screen, each drawn small.
import { html } from "./ui.js";

export const LAYOUTS = ["grid", "speaker", "content", "pip"];

/** Left, top, width, height and look of each part, on a screen of 64 × 36. @type {Record<string, [number, number, number, number, string][]>} */
const PARTS = {
  grid: [[3, 3, 28, 14, "face"], [33, 3, 28, 14, "face"], [3, 19, 28, 14, "face"], [33, 19, 28, 14, "face"]],
  speaker: [[3, 3, 58, 21, "face"], [3, 26, 18, 7, "face"], [23, 26, 18, 7, "face"], [43, 26, 18, 7, "face"]],
  content: [[3, 3, 44, 30, "paper"], [49, 3, 12, 9, "face"], [49, 14, 12, 9, "face"], [49, 25, 12, 8, "face"]],
  pip: [[3, 3, 58, 30, "face"], [43, 21, 16, 10, "face"]],
};

/** A layout as a small screen; the word stands beside it. @param {string} layout */
export function layoutPicture(layout) {
  return html`<svg class="layout-picture" viewBox="0 0 64 36" aria-hidden="true" focusable="false">
    <rect class="layout-screen" x=".75" y=".75" width="62.5" height="34.5" rx="2.5" />
    ${PARTS[layout].map((part, index) => html`<g key=${index}>${drawn(...part)}</g>`)}</svg>`;
}

/** @param {number} x @param {number} y @param {number} width @param {number} height @param {string} look */
function drawn(x, y, width, height, look) {
  const [middle, size] = [x + width / 2, Math.min(width, height)];
  const inside = look === "paper"
    ? [0.25, 0.45, 0.65].map((down) => html`<path key=${down} class="layout-line" d=${`M${x + width * 0.15} ${y + height * down}H${x + width * (down > 0.6 ? 0.55 : 0.8)}`} />`)
    : html`<circle class="layout-person" cx=${middle} cy=${y + size * 0.36} r=${size * 0.18} />
      <path class="layout-person" d=${`M${middle - size * 0.32} ${y + height}a${size * 0.32} ${size * 0.36} 0 0 1 ${size * 0.64} 0z`} />`;
  return html`<rect class=${`layout-${look}`} x=${x} y=${y} width=${width} height=${height} rx="1" />${inside}`;
}
