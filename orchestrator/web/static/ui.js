// SPDX-License-Identifier: GPL-3.0-or-later
// The one door to the vendored libraries.
import { h, render } from "preact";
import htm from "htm";

export { useEffect, useRef, useState } from "preact/hooks";
export { batch, computed, effect, signal } from "@preact/signals";
export { render };
export const html = htm.bind(h);
