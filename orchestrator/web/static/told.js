// SPDX-License-Identifier: GPL-3.0-or-later
// What the director of a ceremony writes to one alone.

const LONGEST = 200;

/** The words of an order; none where it is something else. @param {string} data */
export function orderIn(data) {
  try {
    const { order } = JSON.parse(data);
    return typeof order === "string" ? order.slice(0, LONGEST) : "";
  } catch {
    return "";
  }
}
