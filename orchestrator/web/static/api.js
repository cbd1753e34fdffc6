// SPDX-License-Identifier: GPL-3.0-or-later
// The REST API of docs/api.md: JSON in and out, problems as exceptions.
import { language, t, tOr } from "./i18n.js";

let csrf = "";
let bearer = "";

/** A refusal: `key` for programs, `message` for people, the facts in `members`. */
export class Problem extends Error {
  /** @param {number} status @param {Record<string, any>} members */
  constructor(status, members) {
    const key = String(members.type ?? "").split("/").pop() || `http-${status}`;
    super(members.title || tOr(`error.${key}`, "error.unknown"));
    this.status = status;
    this.key = key;
    this.members = members;
  }
}

/** Speak as a device or a guest. @param {string} token */
export function useBearer(token) {
  bearer = token;
}

/** @param {string} method @param {string} path @param {any} [body] @returns {Promise<any>} */
async function call(method, path, body) {
  return (await send(method, path, body)).answer;
}

/** A document with its version, as `put` wants it back.
 * @param {string} method @param {string} path @param {any} [body] @param {Record<string, string>} [more] headers
 * @returns {Promise<{answer: any, tag: string}>} */
async function send(method, path, body, more = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json", "Accept-Language": language, ...more };
  if (bearer) headers.Authorization = `Bearer ${bearer}`;
  if (method !== "GET") Object.assign(headers, writeHeaders(method, body));
  let response;
  try {
    response = await fetch(`/api/v1${path}`, {
      method, headers, credentials: "same-origin", body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Problem(0, { type: "offline", title: t("error.offline") });
  }
  const answer = response.status === 204 ? {} : await response.json().catch(() => ({}));
  if (!response.ok) throw new Problem(response.status, answer);
  return { answer, tag: response.headers.get("ETag") ?? "" };
}

/** @param {string} method @param {any} body */
function writeHeaders(method, body) {
  /** @type {Record<string, string>} */
  const headers = csrf ? { "X-CSRF-Token": csrf } : {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method === "POST") headers["Idempotency-Key"] = randomKey();
  return headers;
}

function randomKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export const read = (/** @type {string} */ path) => send("GET", path);
export const put = (/** @type {string} */ path, /** @type {any} */ body, /** @type {string} */ tag = "") =>
  send("PUT", path, body, tag ? { "If-Match": tag } : {});
/** Send a file as it is. @param {string} path @param {Blob} file @param {string} [method] */
export async function upload(path, file, method = "POST") {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json", "Accept-Language": language, "Content-Type": file.type };
  if (csrf) headers["X-CSRF-Token"] = csrf;
  if (bearer) headers.Authorization = `Bearer ${bearer}`;
  const response = await fetch(`/api/v1${path}`, { method, headers, credentials: "same-origin", body: file });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Problem(response.status, answer);
  return answer;
}

/** Bring a file as a device does. @param {string} path @param {Blob} file */
export async function bring(path, file) {
  const headers = { Accept: "application/json", "Accept-Language": language, "Content-Type": file.type, Authorization: `Bearer ${bearer}` };
  const response = await fetch(`/api/v1${path}`, { method: "PUT", headers, credentials: "same-origin", body: file });
  if (!response.ok) throw new Problem(response.status, await response.json().catch(() => ({})));
}

/** Some bytes, with their type. @param {string} path */
export async function fetchBlob(path) {
  const response = await fetch(`/api/v1${path}`, { headers: bearer ? { Authorization: `Bearer ${bearer}` } : {}, credentials: "same-origin" });
  if (!response.ok) throw new Problem(response.status, {});
  return response.blob();
}

export const get = (/** @type {string} */ path) => call("GET", path);
export const post = (/** @type {string} */ path, /** @type {any} */ body = undefined) => call("POST", path, body);
export const patch = (/** @type {string} */ path, /** @type {any} */ body) => call("PATCH", path, body);
export const remove = (/** @type {string} */ path) => call("DELETE", path);

/** @typedef {{id: string, login: string, name: string, role: string, centres: string[], locale: string}} Person */

/** Who is logged in, or null. @returns {Promise<Person|null>} */
export async function me() {
  try {
    const answer = await get("/me");
    csrf = answer.csrf;
    return answer.person;
  } catch (problem) {
    if (problem instanceof Problem && problem.status === 401) return null;
    throw problem;
  }
}

/** @param {string} login @param {string} password @returns {Promise<Person>} */
export async function logIn(login, password) {
  const answer = await post("/login", { login, password });
  csrf = answer.csrf;
  return answer.person;
}

export async function logOut() {
  await post("/logout");
  csrf = "";
}

/** What happens, as it happens; redials for ever. Returns how to stop.
 * @param {(event: {kind: string, [fact: string]: any}) => void} onEvent
 * @param {(open: boolean) => void} [onOpen] */
export function listen(onEvent, onOpen = () => undefined) {
  let stopped = false;
  let tries = 0;
  let since = /** @type {number|null} */ (null);
  /** @type {WebSocket|undefined} */
  let socket;
  const dial = () => {
    if (stopped) return;
    const url = new URL("/api/v1/events", location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    if (since !== null) url.searchParams.set("since", String(since));
    socket = new WebSocket(url);
    socket.onopen = () => { tries = 0; onOpen(true); };
    socket.onmessage = (message) => {
      const event = JSON.parse(message.data);
      if (typeof event.seq === "number") since = event.seq;
      onEvent(event);
    };
    socket.onclose = () => {
      onOpen(false);
      setTimeout(dial, Math.min(500 * 2 ** tries++, 15_000) * (0.7 + 0.6 * Math.random()));
    };
  };
  dial();
  return () => { stopped = true; socket?.close(); };
}
