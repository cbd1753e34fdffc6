// SPDX-License-Identifier: GPL-3.0-or-later
// Words in the language of the page. No sentence for people stands in a script: only keys.

/** @type {Record<string, string>} */
let words = {};

export const language = document.documentElement.lang || "fr";
words = tied(await (await fetch(new URL(`./lang/${language}.json`, import.meta.url))).json());
const plural = new Intl.PluralRules(language);

/** @typedef {Record<string, string|number|null|undefined>} Facts */

/** No line may break before a unit, nor before the marks that stand apart in French.
 * @param {Record<string, string>} catalogue */
function tied(catalogue) {
  const tie = (/** @type {string} */ text) => {
    const units = text.replace(/ ([kM]bit\/s)/g, "\u00a0$1");
    return language === "fr" ? units.replace(/ ([:;?!%\u00bb])/g, "\u00a0$1").replace(/\u00ab /g, "\u00ab\u00a0") : units;
  };
  return Object.fromEntries(Object.entries(catalogue).map(([key, text]) => [key, tie(text)]));
}

/** Whether the catalogue has this key. @param {string} key */
export function has(key) {
  return key in words || `${key}.other` in words;
}

/** The sentence for a key; `{name}` is replaced by a fact. With a fact `n` the plural is chosen
 * (`key.one`, `key.other`). @param {string} key @param {Facts} [facts] @returns {string} */
export function t(key, facts = {}) {
  const chosen = typeof facts.n === "number" ? `${key}.${plural.select(facts.n)}` : key;
  const text = words[chosen] ?? words[`${key}.other`] ?? words[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(facts[name] ?? whole));
}

/** The sentence of `key`, or of `otherwise` when the catalogue has no such key.
 * @param {string} key @param {string} otherwise @param {Facts} [facts] */
export function tOr(key, otherwise, facts = {}) {
  return t(has(key) ? key : otherwise, facts);
}

/** The word for `key`, or the text as it came. @param {string} key @param {string} text */
export function tElse(key, text) {
  return has(key) ? t(key) : text;
}

/** "a, b et c". @param {string[]} items */
export function list(items) {
  return new Intl.ListFormat(language, { type: "conjunction" }).format(items);
}
