// SPDX-License-Identifier: GPL-3.0-or-later
// The screen of a room tests the line of its centre when the agent of the room asks it to, from outside.
import { Problem } from "./api.js";
import { Blocked, Stopped, testLine } from "./line-test.js";

/** Refusals of the service that say that the line is needed for something else. */
const HELD = ["line-in-use", "line-test-running"];
const LONGEST = 64;

/** @typedef {import("./line-test.js").Path} Path */
/** As the agent reads it (docs/agent.md).
 * @typedef {{path: Path, down_kbps: number, up_kbps: number, rtt_ms: number}|{refused: "held"|"blocked"|"absent"|"failed", detail?: string}} Outcome */

export class LineTester {
  /** @param {() => string} centre its id, "" while it is not known @param {() => boolean} idle whether the room is in no session */
  constructor(centre, idle) {
    this.centre = centre;
    this.idle = idle;
    /** @type {AbortController|null} */
    this.running = null;
  }

  /** @param {Path} path @returns {Promise<Outcome>} */
  async test(path) {
    if (this.running || !this.idle()) return { refused: "held" };
    if (!this.centre()) return { refused: "failed", detail: "no centre" };
    this.running = new AbortController();
    try {
      const { path: taken, down_kbps, up_kbps, rtt_ms } = await testLine(this.centre(), path, () => undefined, this.running.signal);
      return { path: taken, down_kbps, up_kbps, rtt_ms };
    } catch (error) {
      return refusal(/** @type {Error} */ (error));
    } finally {
      this.running = null;
    }
  }

  /** The room is called: the line is for its session. */
  stop() {
    this.running?.abort();
  }
}

/** @param {Error} error @returns {Outcome} */
function refusal(error) {
  if (error instanceof Blocked) return { refused: "blocked" };
  if (error instanceof Stopped) return { refused: "held" };
  if (error instanceof Problem && HELD.includes(error.key)) return { refused: "held" };
  if (error instanceof Problem && error.key === "no-relay") return { refused: "absent" };
  return { refused: "failed", detail: String(error instanceof Problem ? error.key : error.name).slice(0, LONGEST) };
}
