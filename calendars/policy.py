"""The rules of a room as data: who may book it, how, and when its centre is open."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any, Literal, NoReturn

from calendars.booking import FIRM
from rooms.centre import Centre
from rooms.errors import Invalid
from rooms.room import DirectPut, Room

EVERYWHERE = "admin"
"""The role that may book any room."""
ROLES = ("admin", "animateur", "trainer", "booker")
KINDS = ("meeting", "training", "ceremony", "reception")
MAY_DISPLACE = ("admin", "animateur")
"""The roles whose booking may take the place of another."""

SeriesMode = Literal["all_or_nothing", "skip_conflicts"]
Visibility = Literal["busy", "title"]
CHOICES: Mapping[str, tuple[str, ...]] = {
    "series": ("all_or_nothing", "skip_conflicts"),
    "direct_put": ("mark", "refuse"),
    "visibility": ("title", "busy"),
}
LISTS: Mapping[str, tuple[str, ...]] = {
    "bookable_by": ROLES,
    "asked_of": ROLES,
    "priority": KINDS,
}
FLAGS = ("enforce_capacity", "closed_on_holidays")
NUMBERS: Mapping[str, tuple[int, int]] = {
    "horizon_days": (1, 400),
    "series_horizon_days": (1, 400),
    "shortest_minutes": (0, 24 * 60),
    "longest_minutes": (0, 31 * 24 * 60),
    "buffer_before_minutes": (0, 24 * 60),
    "buffer_after_minutes": (0, 24 * 60),
    "no_show_minutes": (0, 24 * 60),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How a room is booked; every default is the most liberal that keeps calendars true."""

    horizon_days: int = 180  # how far ahead an event may be
    series_horizon_days: int = 400  # how far ahead the dates of a series may be
    shortest_minutes: int = 0
    longest_minutes: int = 0  # 0: as long as any room may be held, 31 days
    buffer_before_minutes: int = 0  # kept free before each booking, beside what the last one keeps
    buffer_after_minutes: int = 0
    enforce_capacity: bool = False  # compare the seats announced with those of the rooms
    closed_on_holidays: bool = False  # French public holidays
    bookable_by: tuple[str, ...] = ROLES  # roles that may hold the room; an admin always may
    asked_of: tuple[str, ...] = ()  # roles whose bookings wait for an animateur; empty: nobody's
    priority: tuple[str, ...] = ()  # kinds that displace the others when the centre books them
    series: SeriesMode = "all_or_nothing"
    direct_put: DirectPut = "mark"
    visibility: Visibility = "title"
    no_show_minutes: int = 0  # release the room so long after the start without check-in; 0: never

    @property
    def gap(self) -> timedelta:
        """What stays free between two bookings: after the one and before the other."""
        return timedelta(minutes=self.buffer_after_minutes + self.buffer_before_minutes)

    def must_ask(self, role: str) -> bool:
        """Whether an animateur has to answer before the room is theirs."""
        return role in self.asked_of

    def displaces(self, kind: str, other: str, role: str) -> bool:
        """Whether a booking of `kind` by `role` takes the place of one of kind `other`."""
        return (
            role in MAY_DISPLACE and kind in self.priority and other not in (*self.priority, FIRM)
        )

    def as_json(self) -> dict[str, Any]:
        """Every key with its value, as it is stored and shown."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {key: list(v) if isinstance(v, tuple) else v for key, v in values.items()}

    def changed(self, document: Mapping[str, Any]) -> "Policy":
        """This policy with what `document` says otherwise; Invalid("bad-policy", name) else."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        for name, value in document.items():
            values[name] = _checked(name, value)
        found = Policy(**values)
        if 0 < found.longest_minutes < found.shortest_minutes:
            raise Invalid("bad-policy", name="longest_minutes")
        return found


@dataclass(frozen=True, slots=True)
class RoomRules:
    """One room with its policy and the centre whose hours and closures bind it.

    Public holidays and exceptional openings are in the centre by then: what the judge is given
    is what holds for this room.
    """

    room: Room
    centre: Centre
    policy: Policy = Policy()

    def may_book(self, role: str) -> bool:
        """Whether people of this role may hold the room."""
        return role == EVERYWHERE or role in self.room.bookable_by


def _checked(name: str, value: Any) -> Any:
    if name in NUMBERS:
        low, high = NUMBERS[name]
        good = type(value) is int and low <= value <= high
    elif name in CHOICES:
        good = value in CHOICES[name] if isinstance(value, str) else False
    elif name in LISTS:
        good = isinstance(value, (list, tuple)) and all(
            isinstance(word, str) and word in LISTS[name] for word in value
        )
        return tuple(dict.fromkeys(value)) if good else _bad(name)
    else:
        good = name in FLAGS and isinstance(value, bool)
    return value if good else _bad(name)


def _bad(name: str) -> NoReturn:
    raise Invalid("bad-policy", name=name)
