"""Whoever writes in a room's calendar on another server: known by the room, and trusted there.

Who may write there is for that server to say; here he has the rights of an animateur of the
centre, and is nobody with an account.
"""

from orchestrator.auth.people import Person
from orchestrator.settings.model import Network
from orchestrator.store.bookings import REMOTE
from rooms.errors import NotFound
from rooms.ids import PersonId, RoomId

_PREFIX = f"{REMOTE}:"


def guest_of(network: Network, room: RoomId) -> Person:
    """Him, for one room."""
    centre = network.centre_of(room)
    return Person(
        id=PersonId(f"{_PREFIX}{room}"),
        login=f"{_PREFIX}{room}",
        name=network.room(room).name,
        role="animateur",
        centres=frozenset({centre.id}),
        locale=centre.languages[0],
    )


def guest_by_id(network: Network, person: str) -> Person | None:
    """Him again, from the organiser of a booking; None for people, and for rooms that are gone."""
    if not person.startswith(_PREFIX):
        return None
    try:
        return guest_of(network, RoomId(person.removeprefix(_PREFIX)))
    except NotFound:
        return None
