"""The `rooms:` and `desks:` of a network description; each names the centre it stands in."""

from collections.abc import Collection
from typing import cast, get_args

from calendars.policy import CHOICES, FLAGS, LISTS, NUMBERS, Policy
from orchestrator.settings import forms as forms
from orchestrator.settings.problems import Problem
from orchestrator.settings.read import Table, nearest
from rooms.equipment import Equipment, is_visio
from rooms.errors import Invalid
from rooms.ids import CentreId, RoomId
from rooms.room import Desk, DeskId, DirectPut, Room

ROOM = (
    *("id", "centre", "name", "capacity", "equipment", "bookable_by", "direct_put"),
    *("policy", "remote", "feeds"),
)
POLICY = (*NUMBERS, *FLAGS, *CHOICES, *LISTS)
DESK = ("id", "centre", "name", "printer")
EQUIPMENT = tuple(kind.value for kind in Equipment)
VISIO_SET = ("screen", "camera", "microphone", "speaker")
BOOKING_ROLES = ("admin", "animateur", "trainer", "booker")
DIRECT_PUT: tuple[str, ...] = get_args(DirectPut)
MOST_ROOMS = 2000
MOST_DESKS = 500
LARGEST_ROOM = 1000


def read_rooms(
    file: Table, centres: Collection[str], visio_allowed: Collection[str]
) -> tuple[Room, ...]:
    """Every room of the file; its centre must be one of `centres`."""
    taken: set[str] = set()
    rooms = []
    for table in file.tables("rooms", ROOM, MOST_ROOMS):
        room = _room(table, centres)
        _once(table, room.id, taken)
        if room.centre in centres and room.centre not in visio_allowed and is_visio(room.equipment):
            table.wrong("settings-comptoir-visio", "equipment", room=room.id, centre=room.centre)
        rooms.append(room)
    return tuple(rooms)


def read_policies(file: Table) -> dict[RoomId, Policy]:
    """How each room of the file that says so is booked."""
    again: list[Problem] = []  # the rooms' own problems are told by read_rooms
    tables = Table(file.node, "", tuple(file.node.values), again).tables("rooms", ROOM, MOST_ROOMS)
    found = {}
    for table in tables:
        if table.has("policy"):
            direct = cast(DirectPut, table.choice("direct_put", DIRECT_PUT, "mark"))
            own = Table(table.node.values["policy"], table.at("policy"), POLICY, file.problems)
            roles = table.choices("bookable_by", BOOKING_ROLES, BOOKING_ROLES)
            base = Policy(direct_put=direct, bookable_by=roles)
            found[RoomId(_id(table))] = _policy(own, base)
    return found


def _policy(table: Table, base: Policy) -> Policy:
    usual = base.as_json()
    said: dict[str, object] = {
        name: table.whole(name, low, high, usual[name])
        for name, (low, high) in NUMBERS.items()
        if table.has(name)
    }
    said |= {name: table.flag(name, default=usual[name]) for name in FLAGS if table.has(name)}
    said |= {
        name: table.choice(name, accepted) for name, accepted in CHOICES.items() if table.has(name)
    }
    said |= {
        name: table.choices(name, accepted) for name, accepted in LISTS.items() if table.has(name)
    }
    try:
        return base.changed(said)
    except Invalid as refused:
        name = str(refused.fields["name"])
        if not any(problem.path.startswith(table.at(name)) for problem in table.problems):
            table.wrong("settings-shorter-than-shortest", name)
        return base


def read_desks(file: Table, centres: Collection[str]) -> tuple[Desk, ...]:
    """Every reception desk of the file."""
    taken: set[str] = set()
    desks = []
    for table in file.tables("desks", DESK, MOST_DESKS, required=False):
        desk = Desk(
            id=DeskId(_id(table)),
            centre=_centre(table, centres),
            name=table.text("name"),
            printer=table.flag("printer", default=False),
        )
        _once(table, desk.id, taken)
        desks.append(desk)
    return tuple(desks)


def _room(table: Table, centres: Collection[str]) -> Room:
    return Room(
        id=RoomId(_id(table)),
        centre=_centre(table, centres),
        name=table.text("name"),
        capacity=table.whole("capacity", 1, LARGEST_ROOM),
        equipment=table.choices("equipment", EQUIPMENT, VISIO_SET),
        bookable_by=table.choices("bookable_by", BOOKING_ROLES, BOOKING_ROLES),
        direct_put=cast(DirectPut, table.choice("direct_put", DIRECT_PUT, "mark")),
    )


def _id(table: Table) -> str:
    return table.parsed("id", forms.slug, "settings-bad-id", "")


def _centre(table: Table, centres: Collection[str]) -> CentreId:
    centre = table.text("centre")
    if centre and centre not in centres:
        facts = nearest(centre, centres)
        table.wrong("settings-unknown-centre", "centre", found=centre, accepted=[*centres], **facts)
    return CentreId(centre)


def _once(table: Table, found: str, taken: set[str]) -> None:
    if found and found in taken:
        table.wrong("settings-duplicate-id", "id", found=found)
    taken.add(found)
