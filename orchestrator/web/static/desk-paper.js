// SPDX-License-Identifier: GPL-3.0-or-later
// A document on the screen of a desk: fetched when it is shown, let go of when it is not.
import { fetchBlob, post, put } from "./api.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { html, useEffect, useState } from "./ui.js";

/** @typedef {{number: number, wish: string, step: string, place: string}} Request
 * @typedef {{id: string, document: number|null, pages: number, page: number, signed: number, request: Request|null, still: string}} Call */

/** @param {Call} call @param {number} page */
const pathOf = (call, page) => `/desk-calls/${call.id}/document/pages/${page}`;

/** @param {{path: string, words: string}} props */
function Shown({ path, words }) {
  const [url, setUrl] = useState("");
  useEffect(() => {
    let made = "";
    let gone = false;
    void fetchBlob(path).then((blob) => {
      if (!gone) setUrl(made = URL.createObjectURL(blob));
    }, () => undefined);
    return () => { gone = true; URL.revokeObjectURL(made); };
  }, [path]);
  return url ? html`<img class="desk-paper" src=${url} alt=${words} />` : html`<div class="desk-paper"></div>`;
}

/** The page that is open, and what turns it for both. @param {{call: Call, again: () => Promise<void>, still?: boolean}} props */
export function Paper({ call, again, still = false }) {
  const { document, pages, page } = call;
  const words = pages > 1 ? t("desk.document_page", { page, pages }) : t("desk.document");
  const turn = async (/** @type {number} */ to) => {
    await put(`/desk-calls/${call.id}/document/page`, { page: to }).catch(() => undefined);
    await again();
  };
  return html`<div class="desk-sheet">
    <${Shown} key=${`${document} ${page}`} path=${pathOf(call, page)} words=${words} />
    ${pages > 1 ? html`<div class="desk-turn" role="group" aria-label=${t("desk.pages")}>
      <button class="button" type="button" disabled=${still || page <= 1} aria-label=${t("desk.page_before")} onClick=${() => void turn(page - 1)}>${icon("left")}</button>
      <span aria-hidden="true">${page} / ${pages}</span>
      <button class="button" type="button" disabled=${still || page >= pages} aria-label=${t("desk.page_after")} onClick=${() => void turn(page + 1)}>${icon("right")}</button>
    </div>` : null}
  </div>`;
}

/** Every page on paper, and what became of it as far as a page of the web knows.
 * @param {{call: Call, again: () => Promise<void>}} props */
export function Printing({ call, again }) {
  const [urls, setUrls] = useState(/** @type {string[]} */ ([]));
  const number = call.request?.number;
  useEffect(() => {
    /** @type {string[]} */
    const made = [];
    void (async () => {
      let step = "failed";
      try {
        for (let page = 1; page <= call.pages; page += 1) made.push(URL.createObjectURL(await fetchBlob(pathOf(call, page))));
        setUrls(made);
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        await Promise.all([...globalThis.document.querySelectorAll(".desk-print img")].map((each) => /** @type {HTMLImageElement} */ (each).decode()));
        window.print();
        step = "done";
      } catch {
        // A page could not be fetched or drawn.
      }
      await post(`/desk-calls/${call.id}/request/answer`, { request: number, step }).catch(() => undefined);
      await again();
    })();
    return () => made.forEach((each) => URL.revokeObjectURL(each));
  }, [number]);
  return html`<div class="desk-print" aria-hidden="true">${urls.map((url) => html`<img key=${url} src=${url} alt="" />`)}</div>
    <p class="desk-said" role="status">${icon("printer")}<span>${t("desk.printing")}</span></p>`;
}
