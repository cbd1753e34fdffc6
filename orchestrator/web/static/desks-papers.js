// SPDX-License-Identifier: GPL-3.0-or-later
// What an animateur shows at a desk and asks of it during a call; a still stays in this page alone.
import { fetchBlob, post, put, remove, upload } from "./api.js";
import { Paper } from "./desk-paper.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { announce } from "./shell.js";
import { html, useEffect, useState } from "./ui.js";

/** @typedef {import("./desk-paper.js").Call} Call */

const TYPES = "application/pdf,image/png,image/jpeg";
const PLACES = ["bottom-right", "bottom-left", "middle-right", "middle-left", "top-right", "top-left"];
const OPEN = ["asked", "showing"];
const GRADES = /** @type {Record<string, string>} */ ({ done: "ok", refused: "warn", failed: "bad" });

/** Save bytes as a file. @param {Blob} blob @param {string} name */
function save(blob, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

const ENDS = /** @type {Record<string, string>} */ ({ "application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg" });

/** @param {{call: Call, printer: boolean, act: (ask: () => Promise<any>) => Promise<void>, again: () => Promise<void>}} props */
export function Papers({ call, printer, act, again }) {
  const [sending, setSending] = useState(false);
  const [place, setPlace] = useState(PLACES[0]);
  const at = `/desk-calls/${call.id}`;
  const { request } = call;
  const open = request !== null && OPEN.includes(request.step);
  const send = async (/** @type {any} */ event) => {
    const file = event.target.files?.[0];
    event.target.value = "";
    if (!file) return;
    setSending(true);
    await act(async () => {
      await upload(`${at}/document`, file);
      announce(t("desks.document_shown"));
    });
    setSending(false);
  };
  const ask = (/** @type {any} */ body) => () => void act(() => put(`${at}/request`, body));
  const take = () => void act(async () => {
    const blob = await fetchBlob(`${at}/document`);
    save(blob, `${t(call.signed ? "desks.file_signed" : "desks.file")}.${ENDS[blob.type] ?? "bin"}`);
  });
  return html`<section class="card" aria-labelledby="papers"><h3 id="papers">${t("desks.papers")}</h3>
    <div class="actions">
      <label class="button button-quiet file">${icon("screen")}<span>${t("desks.show_document")}</span>
        <input type="file" accept=${TYPES} onChange=${send} disabled=${sending} /></label>
      <button class="button button-quiet" type="button" disabled=${open} onClick=${ask({ wish: "show" })}>${icon("photo")}${t("desks.ask_show")}</button>
      ${call.document === null ? null : html`<button class="button button-quiet" type="button" onClick=${() => void act(() => remove(`${at}/document`))}>${icon("cross")}${t("desks.hide_document")}</button>`}
    </div>
    ${sending ? html`<p role="status" class="state state-accent">${icon("clock")}<span>${t("desks.preparing")}</span></p>` : null}
    <${Asked} call=${call} act=${act} />
    ${call.document === null ? null : html`<p class="state state-ok">${icon("check")}<span>${t("desks.document_shown")}</span></p>
      <div class="desks-paper"><${Paper} call=${call} again=${again} still=${open && request.wish === "sign"} />
      <div class="desks-asks">
        <div class="field"><label for="place">${t("desks.place")}</label><select id="place" class="input" onChange=${(/** @type {any} */ event) => setPlace(event.target.value)}>
          ${PLACES.map((each) => html`<option key=${each} value=${each} selected=${each === place}>${t(`desks.place.${each}`)}</option>`)}</select></div>
        <button class="button" type="button" disabled=${open} onClick=${ask({ wish: "sign", place })}>${icon("pen")}${t("desks.ask_sign")}</button>
        ${printer ? html`<button class="button button-quiet" type="button" disabled=${open} onClick=${ask({ wish: "print" })}>${icon("printer")}${t("desks.ask_print")}</button>` : null}
        <button class=${call.signed ? "button" : "button button-quiet"} type="button" onClick=${take}>${icon("download")}${t(call.signed ? "desks.take_signed" : "desks.take")}</button>
        ${call.signed ? html`<p class="hint">${t("desks.signed_hint")}</p>` : null}
      </div></div>`}
    <${Stills} call=${call} act=${act} />
  </section>`;
}

/** What was asked last, and what became of it. @param {{call: Call, act: (ask: () => Promise<any>) => Promise<void>}} props */
function Asked({ call, act }) {
  const { request } = call;
  const words = request ? t(`desks.${request.wish}.${request.step}`) : "";
  useEffect(() => { if (words) announce(words); }, [words]);
  if (!request) return null;
  return html`<div class="actions"><p class=${`state state-${GRADES[request.step] ?? "accent"}`}>${icon(GRADES[request.step] === "ok" ? "check" : request.step === "asked" ? "clock" : "paper")}<span>${words}</span></p>
    ${OPEN.includes(request.step) ? html`<button class="button button-quiet" type="button" onClick=${() => void act(() => remove(`/desk-calls/${call.id}/request`))}>${icon("cross")}${t(`desks.${request.wish}.stop`)}</button>` : null}
  </div>`;
}

/** The still of a paper: fetched once, then in this page alone. @param {{call: Call, act: (ask: () => Promise<any>) => Promise<void>}} props */
function Stills({ call, act }) {
  const [taken, setTaken] = useState(/** @type {{blob: Blob, url: string}|null} */ (null));
  useEffect(() => () => { if (taken) URL.revokeObjectURL(taken.url); }, [taken]);
  useEffect(() => {
    if (call.still !== "there") return;
    void act(async () => {
      const blob = await fetchBlob(`/desk-calls/${call.id}/still`);
      setTaken({ blob, url: URL.createObjectURL(blob) });
    });
  }, [call.still]);
  const showing = call.request?.wish === "show" && call.request.step === "showing";
  if (!showing && !taken) return null;
  return html`<div class="desks-still">
    ${showing ? html`<button class="button" type="button" disabled=${call.still === "wanted"} onClick=${() => void act(() => post(`/desk-calls/${call.id}/still`))}>${icon("photo")}${t("desks.take_still")}</button>` : null}
    ${taken ? html`<figure><img src=${taken.url} alt=${t("desks.still")} /><figcaption class="hint">${t("desks.still_hint")}</figcaption></figure>
      <div class="actions"><button class="button" type="button" onClick=${() => save(taken.blob, `${t("desks.still_file")}.jpg`)}>${icon("download")}${t("desks.save_still")}</button>
        <button class="button button-quiet" type="button" onClick=${() => setTaken(null)}>${icon("cross")}${t("desks.drop_still")}</button></div>` : null}
  </div>`;
}
