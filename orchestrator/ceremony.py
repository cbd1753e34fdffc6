"""A ceremony as it is planned: its sites, its people, its rehearsal, its first run of show.

The template « Inauguration »: one site receives, the others greet it and are greeted, some only
watch. Everybody has his part; who rehearses is let in to the rehearsal, the public is not. The
rehearsal has a slot of its own, which it keeps for as long as it is over before the doors open.
Pure: words come through `say`, `now` is an argument.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from calendars.booking import Slot
from orchestrator.cue import Kind, Plan
from orchestrator.stage_table import PLACES, Layout
from rooms.errors import Invalid
from rooms.ids import RoomId

MOST_SITES, MOST_PEOPLE = 20, 200
LONGEST_DOORS = timedelta(hours=4)
Say = Callable[[str, Mapping[str, object]], str]


class SiteRole(StrEnum):
    """What a site does in the ceremony."""

    HOST = "host"
    REMOTE = "remote"
    VIEWER = "viewer"


class Part(StrEnum):
    """What somebody does in it."""

    SPEAKER = "speaker"
    ANIMATEUR = "animateur"
    PRESS = "press"
    PUBLIC = "public"


REHEARSING = frozenset({Part.SPEAKER, Part.ANIMATEUR})
"""Who has something to rehearse; the press and the public come on the day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """Somebody who is named beforehand; `room` None: he comes from somewhere else."""

    name: str
    part: Part
    room: RoomId | None = None
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """All that is planned. `rehearsal` None: there is none. `doors` is how long before its hour
    people may come in."""

    title: str
    sites: tuple[tuple[RoomId, SiteRole], ...]
    slot: Slot
    rehearsal: Slot | None = None
    doors: timedelta = timedelta(minutes=15)
    people: tuple[Invited, ...] = ()

    @property
    def host(self) -> RoomId:
        """The site that receives."""
        return next(room for room, role in self.sites if role is SiteRole.HOST)

    @property
    def rooms(self) -> tuple[RoomId, ...]:
        """All of them, the host first."""
        return self.host, *(room for room, role in self.sites if role is not SiteRole.HOST)

    @property
    def senders(self) -> tuple[RoomId, ...]:
        """Those who are seen and heard, the host first."""
        roles = dict(self.sites)
        return tuple(room for room in self.rooms if roles[room] is not SiteRole.VIEWER)


def checked(wish: Wish, now: datetime) -> Wish:
    """The wish, if it can be; Invalid says why not."""
    hosts = [room for room, role in wish.sites if role is SiteRole.HOST]
    rooms = [room for room, _ in wish.sites]
    if len(hosts) != 1:
        raise Invalid("ceremony-one-host", hosts=len(hosts))
    if len(set(rooms)) != len(rooms) or len(rooms) > MOST_SITES:
        raise Invalid("bad-rooms", most=MOST_SITES)
    if wish.slot.duration <= timedelta() or wish.slot.start <= now:
        raise Invalid("ceremony-hour")
    if not timedelta() <= wish.doors <= LONGEST_DOORS:
        raise Invalid("ceremony-doors", hours=LONGEST_DOORS // timedelta(hours=1))
    if wish.rehearsal is not None and not _fits(wish.rehearsal, wish.slot, wish.doors, now):
        raise Invalid("ceremony-rehearsal-hour")
    _check_people(wish.people, rooms)
    return wish


def _fits(rehearsal: Slot, slot: Slot, doors: timedelta, now: datetime) -> bool:
    if rehearsal.duration <= timedelta() or rehearsal.start <= now:
        return False
    return keeps_its_slot(rehearsal, slot.start, doors)


def _check_people(people: Sequence[Invited], rooms: Sequence[RoomId]) -> None:
    if len(people) > MOST_PEOPLE:
        raise Invalid("ceremony-many-people", most=MOST_PEOPLE)
    for one in people:
        if one.room is not None and one.room not in rooms:
            raise Invalid("ceremony-person-elsewhere", name=one.name, room=one.room)


def keeps_its_slot(rehearsal: Slot, start: datetime, doors: timedelta) -> bool:
    """Whether the rehearsal is over before the doors of the ceremony open."""
    return rehearsal.end <= start - doors


def day_before(slot: Slot, zone: ZoneInfo) -> Slot:
    """The same hours of the day before, on the clock of the place."""
    start = slot.start.astimezone(zone)
    begins = (start.replace(tzinfo=None) - timedelta(days=1)).replace(tzinfo=zone)
    return Slot(begins, begins.astimezone(slot.start.tzinfo) + slot.duration)


def starting(wish: Wish, names: Mapping[RoomId, str], say: Say) -> tuple[Plan, ...]:
    """The run of show of the template, to be made one's own: countdown, welcome, a greeting of each
    site, the ribbon, questions, close."""
    host, senders = wish.host, wish.senders
    cues = [
        Plan(kind=Kind.COUNTDOWN, title=say("ceremony-cue-countdown", {}), duration=60),
        _speech(wish, host, say("ceremony-cue-welcome", {"site": names[host]}), 300),
        *(
            _speech(wish, room, say("ceremony-cue-greeting", {"site": names[room]}), 120)
            for room in senders
            if room != host
        ),
        _together(senders, Kind.SIMULTANEOUS_ACTION, say("ceremony-cue-ribbon", {}), 60),
        _together(senders, Kind.Q_AND_A, say("ceremony-cue-questions", {}), 600),
        _speech(wish, host, say("ceremony-cue-close", {"site": names[host]}), 120),
        Plan(
            kind=Kind.SLATE,
            title=say("ceremony-cue-end", {}),
            duration=60,
            layout=Layout.SLATE,
            text=say("ceremony-cue-thanks", {}),
        ),
    ]
    return tuple(replace(cue, number=str(number)) for number, cue in enumerate(cues, start=1))


def _speech(wish: Wish, room: RoomId, title: str, seconds: int) -> Plan:
    """Somebody speaks; when his line breaks the host takes over, or the first who is left."""
    speakers = (p.name for p in wish.people if p.room == room and p.part is Part.SPEAKER)
    other = next((one for one in wish.senders if one != room), None)
    return Plan(
        kind=Kind.SPEECH,
        title=title,
        duration=seconds,
        on_air=(room,),
        layout=Layout.ONE,
        people=", ".join(speakers)[:300],
        substitute=other,
    )


def _together(senders: Sequence[RoomId], kind: Kind, title: str, seconds: int) -> Plan:
    layout = next(
        (one for one in (Layout.ONE, Layout.TWO, Layout.FOUR) if len(senders) <= PLACES[one]),
        Layout.SPEAKER_AND_SITES,
    )
    seen = tuple(senders[: PLACES[layout]])
    return Plan(kind=kind, title=title, duration=seconds, on_air=seen, layout=layout)
