"""docs/failures.md: every fault at every kind of cue, and what each audience saw of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pytest

from orchestrator.cue import Kind
from orchestrator.staging import Word
from tests.fakes.failures import MARVEJOLS, Faulted, Seen, Sight, faulted
from tests.fakes.rooms import MEYRUEIS, VILLEFORT

LONGEST_STILL = 2.0
CALLED: dict[str, str] = {MEYRUEIS: "host", VILLEFORT: "substitute", MARVEJOLS: "other"}
WORDS = {
    Seen.LIVE: "live",
    Seen.PORTRAIT: "by name",
    Seen.STILL: "as it was",
    Seen.SLATE: "slate",
}
LOOKS = [*(n / 4 for n in range(1, 12)), 5, 7.75, 8, 8.25, 14.75, 15.25, 19.75, 20.25, 22]
"""Every look of the first seconds, then those about which something happens."""
Happens = Callable[[Faulted], None]


def nothing(_: Faulted) -> None:
    """Neither breaks nor has to be mended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What breaks and, `lasts` seconds later, is mended."""

    name: str
    breaks: Happens
    mends: Happens
    lasts: float = 22
    armed: bool = False


def no_worker(there: bool) -> Happens:
    def happens(of: Faulted) -> None:
        of.ceremony.wire.worker = there

    return happens


def browser(is_open: bool) -> Happens:
    def happens(of: Faulted) -> None:
        of.directs = is_open

    return happens


FAULTS = (
    Fault(
        name="the line of the site on air is cut",
        breaks=lambda of: of.cut(MEYRUEIS),
        mends=lambda of: of.joins_again(MEYRUEIS),
    ),
    Fault(
        name="the same, with an armed substitute",
        breaks=lambda of: of.cut(MEYRUEIS),
        mends=lambda of: of.joins_again(MEYRUEIS),
        armed=True,
    ),
    Fault(
        name="the line of the site on air is cut for a second",
        breaks=lambda of: of.cut(MEYRUEIS),
        mends=lambda of: of.joins_again(MEYRUEIS),
        lasts=1,
    ),
    Fault(
        name="the page of the site on air is closed, or its screen dies",
        breaks=lambda of: of.close(MEYRUEIS),
        mends=lambda of: of.open(MEYRUEIS),
    ),
    Fault(
        name="the camera on air is unplugged",
        breaks=lambda of: of.unplug(MEYRUEIS),
        mends=lambda of: of.plug_in(MEYRUEIS),
        lasts=8.25,
    ),
    Fault(
        name="the line of a site in the wings is cut",
        breaks=lambda of: of.cut(MARVEJOLS),
        mends=lambda of: of.joins_again(MARVEJOLS),
        lasts=8.25,
    ),
    Fault(
        name="a camera in the wings is unplugged",
        breaks=lambda of: of.unplug(MARVEJOLS),
        mends=lambda of: of.plug_in(MARVEJOLS),
        lasts=8.25,
    ),
    Fault(
        name="the media worker is killed",
        breaks=no_worker(False),
        mends=no_worker(True),
        lasts=3,
    ),
    Fault(
        name="the service is killed",
        breaks=lambda of: of.kill_service(),
        mends=lambda of: of.everybody_back(),
        lasts=3,
    ),
    Fault(name="the director's browser is closed", breaks=browser(False), mends=browser(True)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """What was seen look by look while it was broken, once it was mended, and set right."""

    director: str | None
    broken: Sequence[Sight]
    mended: Sequence[Sight]
    restored: Sequence[Sight]

    @property
    def all(self) -> list[Sight]:
        return [*self.broken, *self.mended, *self.restored]


async def live_through(of: Faulted, fault: Fault, kind: Kind) -> Lived:
    """A cue of this kind is live, the fault happens, is mended, and the director sets it right."""
    await of.live(kind)
    await of.ceremony.does(Word.ARM, source=MEYRUEIS, substitute=VILLEFORT, armed=fault.armed)
    director = (await of.passes([0.25]))[-1].holder
    fault.breaks(of)
    broken = await of.passes(at for at in LOOKS if at <= fault.lasts)
    fault.mends(of)
    mended = await of.passes([0.25, 1, 2.5, 3])
    await of.takes_the_desk()
    await of.restore(MEYRUEIS)
    return Lived(director=director, broken=broken, mended=mended, restored=await of.passes([0.25]))


def stills(sights: Sequence[Sight]) -> float:
    """For how long at most a picture stood still, in seconds."""
    longest = since = 0.0
    for sight in sights:
        if not any(seen is Seen.STILL for _, seen in sight.spots):
            since = sight.seconds
        longest = max(longest, sight.seconds - since)
    return longest


def others(sights: Sequence[Sight]) -> list[object]:
    """What everybody but the desk is shown and hears."""
    return [(sight.spots, sight.heard) for sight in sights]


@pytest.fixture(scope="module")
def page() -> str:
    return Path("docs/failures.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
async def test_whatever_breaks_nobody_sees_black_for_two_seconds_nor_hears_the_wings(
    fault: Fault, tmp_path: Path, page: str
) -> None:
    rows = {}
    async with faulted(tmp_path) as of:
        for kind in Kind:
            lived = await live_through(of, fault, kind)
            for sight in lived.all:
                assert sight.heard <= sight.on_air, (kind, sight)
                shown = {room for room, _ in sight.spots}
                assert shown <= {MEYRUEIS, *([VILLEFORT] if fault.armed else [])}, (kind, sight)
            for part in (lived.broken, lived.mended, lived.restored):
                assert stills(part) <= LONGEST_STILL, (kind, part)
            if "wings" in fault.name or "director" in fault.name:
                assert len(set(map(str, others(lived.all)))) == 1, kind
            rows[kind] = row(fault, lived)
    assert rows.pop(Kind.SLATE).count("slate") >= 3  # nobody is on air, and nothing is seen of it
    (expected,) = set(rows.values())
    assert expected in page, f"docs/failures.md has another row: {expected}"


def row(fault: Fault, lived: Lived) -> str:
    """A line of the table."""
    courses = (course(lived, what) for what in (shown, heard, at_the_desk))
    return f"| {fault.name} | {' | '.join(courses)} |"


def course(lived: Lived, what: Callable[[Lived, Sight], str]) -> str:
    """How it went: while it was broken, once it was back, and after the director restored it."""
    return "; ".join(
        word + told([(sight.seconds, what(lived, sight)) for sight in sights])
        for word, sights in (
            ("", lived.broken),
            ("back: ", lived.mended),
            ("restored: ", lived.restored),
        )
    )


def told(steps: Sequence[tuple[float, str]]) -> str:
    """A course of things, each with its second; what is so from the beginning has none."""
    said = []
    for what, run in groupby(steps, lambda step: step[1]):
        at = next(run)[0]
        said.append(what if at <= 0.25 else f"{at:g} s: {what}")
    return ", ".join(said)


def shown(_: Lived, sight: Sight) -> str:
    return " + ".join(f"{CALLED[room]} {WORDS[seen]}" for room, seen in sight.spots) or "slate"


def heard(_: Lived, sight: Sight) -> str:
    return " + ".join(CALLED[room] for room in sorted(sight.heard)) or "nobody"


def at_the_desk(lived: Lived, sight: Sight) -> str:
    rungs = " + ".join(sight.desk)
    return rungs if sight.holder == lived.director else f"{rungs}, the deputy directs"
