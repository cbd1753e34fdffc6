"""A physical visio room of a centre, and the address by which calendars invite it."""

import re
from dataclasses import dataclass
from typing import Literal, NewType

from rooms.ids import SLUG, CentreId, RoomId

DeskId = NewType("DeskId", str)
DirectPut = Literal["mark", "refuse"]

_ADDRESS = re.compile(rf"(?:mailto:)?salle\.({SLUG.pattern})@([^@]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """`bookable_by` are roles. `direct_put` says what becomes of an event written straight into the
    room's calendar that loses: kept and marked, or refused with 403."""

    id: RoomId
    centre: CentreId
    name: str
    capacity: int
    equipment: tuple[str, ...]
    bookable_by: tuple[str, ...]
    direct_put: DirectPut = "mark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A video reception desk (visio-accueil) of a centre. `printer`: its screen prints unasked."""

    id: DeskId
    centre: CentreId
    name: str
    printer: bool = False


def calendar_address(room: RoomId, mail_domain: str) -> str:
    """How an event names the room among its attendees."""
    return f"mailto:salle.{room}@{mail_domain}"


def room_at(address: str, mail_domain: str) -> RoomId | None:
    """The room id in a calendar address of this network, known or not; None for anybody else."""
    match = _ADDRESS.fullmatch(address.strip())
    if match is None or match[2].lower() != mail_domain.lower():
        return None
    return RoomId(match[1].lower())
