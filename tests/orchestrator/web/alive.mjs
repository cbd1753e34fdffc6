// What a screen says of its microphone and its camera, with the hour in hand.
import assert from "node:assert/strict";

const { Alive, SILENT_AFTER, STUCK_AFTER, BLACK_AFTER, LOUDEST_OF } = await import(process.argv[2]);
const STEP = 500;
const WELL = { peak: 0.1, black: false };

/** Looks every half second for so long; each has one more picture unless it is said otherwise. */
function lives(alive, lasts, look = {}, start = alive.at) {
  let { pictures = Math.max(0, alive.pictures) } = look;
  for (let at = start + STEP; at <= start + lasts; at += STEP) {
    if (!("pictures" in look)) pictures += 1;
    alive.note({ ...WELL, ...look, at, pictures });
  }
}
const born = () => { const alive = new Alive(); lives(alive, STEP, {}, 1_000); return alive; };
const says = ({ silent, still, level }) => ({ silent, still, level });

const well = born();
lives(well, 2 * SILENT_AFTER);
assert.deepEqual(says(well), { silent: false, still: false, level: 3 });

const mute = born();
lives(mute, SILENT_AFTER - STEP, { peak: 0 });
assert.deepEqual(says(mute), { silent: false, still: false, level: 0 });
lives(mute, STEP, { peak: 0 });
assert.equal(mute.silent, true);
lives(mute, STEP, { peak: 0.0005 });
assert.deepEqual([mute.silent, mute.level], [false, 1], "the least sound closes it");

const quiet = born();
lives(quiet, 4 * SILENT_AFTER, { peak: 2 / 32_768 });
assert.equal(quiet.silent, false, "a room in which nobody speaks is no microphone that is cut");

const cut = born();
lives(cut, SILENT_AFTER - STEP, { peak: 0 });
lives(cut, STEP, { peak: null });
assert.equal(cut.level, null);
lives(cut, SILENT_AFTER - STEP, { peak: 0 });
assert.equal(cut.silent, false, "one that was cut by hand begins anew");

const stuck = born();
const last = stuck.pictures;
lives(stuck, STUCK_AFTER - STEP, { pictures: last });
assert.equal(stuck.still, false);
lives(stuck, STEP, { pictures: last });
assert.equal(stuck.still, true);
lives(stuck, STEP);
assert.equal(stuck.still, false);
lives(stuck, 2 * STUCK_AFTER, { pictures: null });
assert.equal(stuck.still, false, "what cannot be counted is not judged");

const black = born();
lives(black, BLACK_AFTER - STEP, { black: true });
assert.equal(black.still, false);
lives(black, STEP, { black: true });
assert.equal(black.still, true);
lives(black, STEP);
assert.equal(black.still, false);

const loud = born();
for (const [peak, level] of [[0.0001, 1], [0.01, 2], [0.1, 3], [0.9, 4]]) {
  lives(loud, STEP, { peak });
  assert.equal(loud.level, Math.max(level, 3), "the loudest of the last ten seconds");
}
lives(loud, LOUDEST_OF - STEP, { peak: 0.01 });
assert.equal(loud.level, 4);
lives(loud, STEP, { peak: 0.01 });
assert.equal(loud.level, 2);

const asleep = born();
asleep.note({ at: asleep.at + 3_600_000, peak: 0, pictures: asleep.pictures, black: true });
assert.deepEqual(says(asleep), { silent: false, still: false, level: 0 }, "a machine that stood still says nothing of its devices");
process.exit(0);
