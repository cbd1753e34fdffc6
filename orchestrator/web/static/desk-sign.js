// SPDX-License-Identifier: GPL-3.0-or-later
// A visitor signs: with a finger, or by typing a name. Nothing is sent before the button that says so.
import { post } from "./api.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { ProblemNotice } from "./shell.js";
import { html, useEffect, useRef, useState } from "./ui.js";

const WIDE = 1000;
const HIGH = 400;
const STEP = 8; // between two points that are kept
const MOST = { strokes: 60, points: 500, all: 4000 };

/** @typedef {[number, number]} Point */

/** @param {HTMLCanvasElement} canvas @param {Point[][]} strokes */
function draw(canvas, strokes) {
  const pen = canvas.getContext("2d");
  if (!pen) return;
  pen.clearRect(0, 0, WIDE, HIGH);
  Object.assign(pen, { lineWidth: 7, lineCap: "round", lineJoin: "round", strokeStyle: "#102a6e" });
  for (const [first, ...rest] of strokes) {
    pen.beginPath();
    pen.moveTo(...first);
    for (const each of rest.length ? rest : [/** @type {Point} */ ([first[0] + 1, first[1]])]) pen.lineTo(...each);
    pen.stroke();
  }
}

/** @param {{strokes: Point[][], onChange: (strokes: Point[][]) => void}} props */
function Pad({ strokes, onChange }) {
  const ref = useRef(/** @type {HTMLCanvasElement|null} */ (null));
  const made = useRef(/** @type {Point[][]} */ ([]));
  const down = useRef(false);
  useEffect(() => { made.current = strokes; if (ref.current) draw(ref.current, strokes); }, [strokes]);
  const at = (/** @type {PointerEvent} */ event) => {
    const box = /** @type {HTMLCanvasElement} */ (ref.current).getBoundingClientRect();
    const fit = (/** @type {number} */ part, /** @type {number} */ most) => Math.round(Math.min(1, Math.max(0, part)) * most);
    return /** @type {Point} */ ([fit((event.clientX - box.left) / box.width, WIDE), fit((event.clientY - box.top) / box.height, HIGH)]);
  };
  const begin = (/** @type {PointerEvent} */ event) => {
    if (made.current.length >= MOST.strokes) return;
    down.current = true;
    ref.current?.setPointerCapture(event.pointerId);
    onChange([...made.current, [at(event)]]);
  };
  const go = (/** @type {PointerEvent} */ event) => {
    const now = made.current;
    const last = now.at(-1);
    if (!down.current || !last || last.length >= MOST.points || now.reduce((sum, each) => sum + each.length, 0) >= MOST.all) return;
    const to = at(event);
    const [x, y] = /** @type {Point} */ (last.at(-1));
    if (Math.hypot(to[0] - x, to[1] - y) >= STEP) onChange([...now.slice(0, -1), [...last, to]]);
  };
  const end = () => { down.current = false; };
  return html`<canvas ref=${ref} class="desk-pad" width=${WIDE} height=${HIGH} role="img" aria-label=${t("desk.sign_here")}
    onPointerDown=${begin} onPointerMove=${go} onPointerUp=${end} onPointerCancel=${end}></canvas>`;
}

/** @param {{call: import("./desk-paper.js").Call, again: () => Promise<void>}} props */
export function Sign({ call, again }) {
  const [strokes, setStrokes] = useState(/** @type {Point[][]} */ ([]));
  const [name, setName] = useState("");
  const [typing, setTyping] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(/** @type {Error|null} */ (null));
  const request = call.request?.number;
  const say = async (/** @type {string} */ path, /** @type {any} */ body) => {
    setBusy(true);
    setProblem(null);
    await post(`/desk-calls/${call.id}/${path}`, { request, ...body }).catch(setProblem);
    setBusy(false);
    await again();
  };
  const sign = () => say("signature", { agreed: true, ...(typing ? { name: name.trim() } : { strokes }) });
  const empty = typing ? !name.trim() : !strokes.length;
  return html`<section class="desk-sign" aria-labelledby="desk-sign">
    <h2 id="desk-sign">${icon("pen")} ${t("desk.sign")}</h2>
    <${ProblemNotice} problem=${problem} />
    ${typing ? html`<div class="field"><label for="signer">${t("desk.your_name")}</label>
      <input id="signer" class="input" maxlength="60" autocomplete="off" value=${name} onInput=${(/** @type {any} */ event) => setName(event.target.value)} /></div>`
    : html`<${Pad} strokes=${strokes} onChange=${setStrokes} />`}
    <div class="desk-choices">
      <button class="button desk-yes" type="button" disabled=${empty || busy} onClick=${() => void sign()}>${icon("check")}${t("desk.sign_yes")}</button>
      ${typing ? null : html`<button class="button button-quiet" type="button" disabled=${empty || busy} onClick=${() => setStrokes([])}>${icon("rubber")}${t("desk.sign_again")}</button>`}
      <button class="button button-quiet" type="button" disabled=${busy} aria-pressed=${typing} onClick=${() => setTyping(!typing)}>${icon(typing ? "pen" : "keyboard")}${t(typing ? "desk.sign_draw" : "desk.sign_type")}</button>
      <button class="button button-danger" type="button" disabled=${busy} onClick=${() => void say("request/answer", { step: "refused" })}>${icon("cross")}${t("desk.sign_no")}</button>
    </div></section>`;
}
