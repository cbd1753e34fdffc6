// SPDX-License-Identifier: GPL-3.0-or-later
// What the animateur of a centre settles: when it is closed, and how each of its rooms is booked.
import { Alerts } from "./alerts.js";
import { get } from "./api.js";
import { Devices } from "./centre-devices.js";
import { Closings } from "./closings.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { RoomRules } from "./rules.js";
import { findPerson, LogInFirst, mount, Notice, person, ProblemNotice, settles } from "./shell.js";
import { setZone } from "./time.js";
import { html, signal } from "./ui.js";

const id = location.pathname.split("/")[2];
const centre = signal(/** @type {any} */ (null));
const problem = signal(/** @type {Error|null} */ (null));

async function load() {
  try {
    const found = await get(`/centres/${id}`);
    setZone(found.zone);
    centre.value = found;
  } catch (error) {
    problem.value = /** @type {Error} */ (error);
  }
}

function Body() {
  const found = centre.value;
  return html`<p class="back"><a href="/centres">${icon("left")}${t("network.title")}</a></p>
    <div class="page-head"><div><h1>${found ? found.name : t("title.centre")}</h1><p class="muted">${t("centre.settings_help")}</p></div></div>
    <${ProblemNotice} problem=${problem.value} />
    ${!found || person.value === undefined ? problem.value ? null : html`<p class="boot">${t("loading")}</p>`
      : person.value === null ? html`<${LogInFirst} />`
        : settles(id) ? html`<${Alerts} centre=${found} /><${Closings} centre=${found} /><${Rooms} rooms=${found.rooms} /><${Devices} centre=${found} />`
          : html`<${Notice} kind="warning"><p>${t("centre.not_yours")}</p><//>`}`;
}

/** @param {{rooms: any[]}} props */
function Rooms({ rooms }) {
  return html`<section class="part" aria-labelledby="rules-head"><h2 id="rules-head">${t("rules.head")}</h2>
    ${rooms.length ? html`<p class="muted">${t("rules.help")}</p>${rooms.map((room) => html`<${RoomRules} key=${room.id} room=${room} />`)}`
      : html`<p class="muted">${t("centre.no_room")}</p>`}</section>`;
}

await Promise.all([findPerson(), load()]);
mount("centre", Body);
