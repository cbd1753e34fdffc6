// SPDX-License-Identifier: GPL-3.0-or-later
// How a room is called: "Villefort — Salle du conseil", or its own name alone when that says where it is.

/** @param {{name: string, centre?: string}} room @param {string} centre */
export function roomLabel(room, centre) {
  return !centre || room.name.includes(centre) ? room.name : `${centre} — ${room.name}`;
}

/** What is left to say of a room beside its centre's name. @param {any} centre @param {any} room */
export function besideCentre(centre, room) {
  return centre.rooms.length === 1 && room.name.includes(centre.name) ? "" : room.name;
}
