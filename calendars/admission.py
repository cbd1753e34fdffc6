"""Whether the lines of the centres carry a session: the rule of the booking judge.

Each room of a session is an endpoint. Sound has to fit beside everything else that is held at the
same time behind the same line, or the booking is refused; pictures that do not all fit are lowered
in the call, and that is said. Pure; rates in kbit/s.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from calendars.booking import Slot
from calendars.conflicts import Reason
from rooms.errors import Fact
from rooms.ids import CentreId, RoomId

SOUND = 48
"""One voice with all that packets put around it."""
PICTURE = 130
"""The lowest picture that is still one."""
LOUDEST, ALL_HEARD_UP_TO = 6, 12
"""In a session of more than twelve only the loudest are sent."""
MOST_PICTURES = 12


@dataclass(frozen=True, slots=True)
class Need:
    """Of a line in both directions."""

    up: int = 0
    down: int = 0

    def __add__(self, other: "Need") -> "Need":
        return Need(self.up + other.up, self.down + other.down)


@dataclass(frozen=True, slots=True)
class Load:
    """Another session that is held behind a line: its slot, and how many endpoints it has."""

    slot: Slot
    here: int
    everywhere: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """A centre's line, those of the session's rooms that are behind it, and what else is."""

    centre: CentreId
    name: str
    zone: str
    up_kbps: int
    down_kbps: int
    rooms: Sequence[RoomId]
    others: Sequence[Load] = ()


@dataclass(frozen=True, slots=True)
class Admission:
    """`reasons` refuse, `lowered` say whose pictures do not all fit."""

    reasons: tuple[Reason, ...] = ()
    lowered: tuple[Reason, ...] = ()


def sound(here: int, everywhere: int) -> Need:
    """The sound of a session, for the line of a centre that has `here` of its endpoints.

    Somebody is always taken to be at the other end, if only with a browser.
    """
    heard = max(everywhere - 1, 1)
    heard = heard if everywhere <= ALL_HEARD_UP_TO else LOUDEST
    return Need(up=here * SOUND, down=here * heard * SOUND)


def pictures(here: int, everywhere: int) -> Need:
    """The lowest pictures of a session, likewise."""
    seen = min(max(everywhere - 1, 1), MOST_PICTURES)
    return Need(up=here * PICTURE, down=here * seen * PICTURE)


def admit(lines: Iterable[Behind], slots: Sequence[Slot]) -> Admission:
    """Whether the lines carry a session in these slots, each line at its busiest moment.

    A session of a single room is held there whoever joins by browser: it is never refused.
    """
    known = list(lines)
    everywhere = sum(len(line.rooms) for line in known)
    reasons: list[Reason] = []
    lowered: list[Reason] = []
    for line in known:
        refused = list(_against(line, slots, everywhere, whole=False)) if everywhere > 1 else []
        reasons += refused
        lowered += [] if refused else list(_against(line, slots, everywhere, whole=True))[:1]
    return Admission(tuple(reasons), () if reasons else tuple(lowered))


def _against(
    line: Behind, slots: Sequence[Slot], everywhere: int, *, whole: bool
) -> Iterator[Reason]:
    """What does not fit of the sound alone, or of sound and pictures: at most once each way."""
    own, others = _need(len(line.rooms), everywhere, whole), _Together(line.others, whole)
    dates = slots if line.others else slots[:1]  # alone behind the line, one is like another
    peaks = [(slot, own + others.most(slot)) for slot in dates]
    carried = Need(line.up_kbps, line.down_kbps)
    for way, of in (("up", _up), ("down", _down)):
        over = [(of(need), slot) for slot, need in peaks if of(need) > of(carried)]
        if over:
            needed, slot = max(over, key=lambda peak: peak[0])
            facts: dict[str, Fact] = {
                "centre": line.name,
                "zone": line.zone,
                "carried": of(carried),
                "needed": needed,
            }
            key = f"line-lowered-{way}" if whole else f"line-{way}"
            yield Reason(key, line.rooms[0], slot, facts)


def _up(need: Need) -> int:
    return need.up


def _down(need: Need) -> int:
    return need.down


def _need(here: int, everywhere: int, whole: bool) -> Need:
    need = sound(here, everywhere)
    return need + pictures(here, everywhere) if whole else need


class _Together:
    """What others need together, from each instant at which that changes until the next."""

    def __init__(self, loads: Iterable[Load], whole: bool) -> None:
        changes: dict[datetime, Need] = {}
        for load in loads:
            need = _need(load.here, load.everywhere, whole)
            less = Need(-need.up, -need.down)
            changes[load.slot.start] = changes.get(load.slot.start, Need()) + need
            changes[load.slot.end] = changes.get(load.slot.end, Need()) + less
        self._since = sorted(changes)
        self._needs = list(accumulate(changes[instant] for instant in self._since))

    def most(self, slot: Slot) -> Need:
        """The most at any instant of the slot, each way for itself."""
        first = max(bisect_right(self._since, slot.start) - 1, 0)
        there = self._needs[first : bisect_left(self._since, slot.end)]
        return Need(max(map(_up, there), default=0), max(map(_down, there), default=0))


def loads(held: Iterable[tuple[str, Slot]], everywhere: Mapping[str, int]) -> tuple[Load, ...]:
    """Rows of rooms held behind one line, by booking: those of one booking are one session."""
    here: dict[tuple[str, Slot], int] = {}
    for booking, slot in held:
        here[booking, slot] = here.get((booking, slot), 0) + 1
    return tuple(
        Load(slot, number, max(number, everywhere.get(booking, number)))
        for (booking, slot), number in here.items()
    )
