"""The rules of a room as data: who may book it, and when its centre is open."""

from dataclasses import dataclass

from rooms.centre import Centre
from rooms.room import Room

EVERYWHERE = "admin"
"""The role that may book any room."""


@dataclass(frozen=True, slots=True)
class RoomRules:
    """One room with the centre whose hours and closures bind it."""

    room: Room
    centre: Centre

    def may_book(self, role: str) -> bool:
        """Whether people of this role may hold the room."""
        return role == EVERYWHERE or role in self.room.bookable_by
