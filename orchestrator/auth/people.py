"""A person as the rest of the house knows him: no password, nothing secret."""

from dataclasses import dataclass

from rooms.ids import CentreId, PersonId

ROLES = ("admin", "animateur", "trainer", "booker")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Someone with an account. `role` is one of `ROLES`; `centres` are the ones he belongs to."""

    id: PersonId
    login: str
    name: str
    role: str
    centres: frozenset[CentreId]
    locale: str = "fr"
