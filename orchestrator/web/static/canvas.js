// SPDX-License-Identifier: GPL-3.0-or-later
// Where the pictures of a layout stand, as shares of a frame of 16:9; the first is who speaks.
// The twin of orchestrator/canvas.py: tests/data/canvas/cases.json is the table of both.

/** Left, top, width and height. @typedef {[number, number, number, number]} Share */

/** How many sources each layout holds. @type {Record<string, number>} */
export const PLACES = { one: 1, two: 2, four: 4, speaker_and_sites: 9, slides_and_speaker: 2, slate: 0 };
const BESIDE_SLIDES = 4;
const FEWEST_CELLS = 4;

/** What a layout does not hold is left out. Of `slides_and_speaker` the second is what is shown.
 * @param {string} layout @param {number} count @returns {Share[]} */
export function shares(layout, count) {
  const many = Math.min(count, PLACES[layout] ?? 0);
  if (many < 1) return [];
  if (many === 1) return [[0, 0, 1, 1]];
  if (layout === "speaker_and_sites") return around(many - 1);
  return layout === "slides_and_speaker" ? column(BESIDE_SLIDES, 1).reverse() : grid(many);
}

/** Rows of two, each in the middle. @param {number} many @returns {Share[]} */
function grid(many) {
  const rows = Math.ceil(many / 2);
  return Array.from({ length: many }, (_, index) => {
    const row = Math.floor(index / 2);
    return [(index % 2) / 2 + (index === many - 1 && many % 2 ? 0.25 : 0), 0.5 - rows / 4 + row / 2, 0.5, 0.5];
  });
}

/** One large, the others small: in a column at the right, then also in a row below it. @param {number} others @returns {Share[]} */
function around(others) {
  let cells = FEWEST_CELLS;
  while (2 * cells - 1 < others) cells += 1;
  if (others <= cells) return column(cells, others);
  const [small, large] = [1 / cells, (cells - 1) / cells];
  return [[0, 0, large, large], ...Array.from({ length: others }, (_, index) => /** @type {Share} */ (
    index < cells ? [large, index * small, small, small] : [(index - cells) * small, large, small, small]))];
}

/** One large, and so many of `cells` beside it, all in the middle of the height. @param {number} cells @param {number} others @returns {Share[]} */
function column(cells, others) {
  const [small, large] = [1 / cells, (cells - 1) / cells];
  const top = (1 - others * small) / 2;
  return [[0, small / 2, large, large], ...Array.from({ length: others }, (_, row) => /** @type {Share} */ ([large, top + row * small, small, small]))];
}
