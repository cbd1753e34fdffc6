// SPDX-License-Identifier: GPL-3.0-or-later

/** A random id of 80 bits that says what it names. @param {string} prefix @returns {string} */
export function newId(prefix) {
  const bytes = crypto.getRandomValues(new Uint8Array(10));
  return `${prefix}-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
