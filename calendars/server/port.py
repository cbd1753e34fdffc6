"""What the CalDAV door asks of the house, within one transaction of its store.

An object of this kind lives for one request and belongs to one visitor: it shows only what he
may see, masked where it must be. The orchestrator implements it over its tables. Every method
is synchronous and runs on a store thread. Refusals are `rooms.errors`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from calendars.server.files import FilesPort
from rooms.errors import MargerideError


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """The person behind the request."""

    login: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarInfo:
    """One collection of the visitor's home: his own calendar or a room's."""

    id: int
    name: str  # the path segment
    displayname: str
    color: str
    rev: int
    zone: ZoneInfo
    is_room: bool
    may_write: bool
    own: bool = False  # the visitor's, to rename and, unless it is his first, to delete
    first: bool = False  # where invitations arrive
    owner: str = ""  # the login of the person it belongs to


@dataclass(frozen=True, slots=True)
class Busy:
    """A stretch of time that is taken; `kind` as FBTYPE says it."""

    start: datetime
    end: datetime
    kind: str = "BUSY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One calendar object, as this visitor may read it."""

    name: str
    uid: str
    etag: str
    body: bytes
    schedule_tag: str | None = None  # of an event with an organiser or invited people


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The last thing that happened to a name; `etag` is None when it is gone."""

    rev: int
    name: str
    etag: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What a write left behind; a client keeps its own bytes only if they are the stored ones."""

    etag: str
    rewritten: bool
    schedule_tag: str | None = None


class CalendarPort(Protocol):
    """The calendars of one visitor in one transaction."""

    @property
    def visitor(self) -> Visitor:
        """Who asks."""

    def addresses(self) -> Sequence[str]:
        """His own: mailto:…, the one under our domain first."""

    @property
    def store_id(self) -> str:
        """Identity of the store: a restored backup has another, so that old tokens die."""

    def calendars(self) -> Sequence[CalendarInfo]:
        """His own calendars, every room, then what others let him see."""

    def calendar(self, name: str) -> CalendarInfo | None:
        """One of them."""

    def item(self, calendar: CalendarInfo, name: str) -> Item | None:
        """One object."""

    def items(self, calendar: CalendarInfo) -> Sequence[Item]:
        """All of them, the longest unchanged first."""

    def between(
        self, calendar: CalendarInfo, start: datetime, end: datetime
    ) -> tuple[Sequence[Item], Sequence[Item]]:
        """Objects with an instance in the interval, and objects to be looked at one by one.

        The second list holds what has no stored instance (cancelled, transparent) and, beyond
        the stored horizon, the series.
        """

    def changes(self, calendar: CalendarInfo, since: int, limit: int) -> Sequence[Change]:
        """The last change of each name since a revision, oldest first; at most `limit`."""

    def busy(
        self, calendar: CalendarInfo, start: datetime, end: datetime
    ) -> Sequence[tuple[datetime, datetime]]:
        """When it is taken, clipped to the interval."""

    def put(self, calendar: CalendarInfo, name: str, etag: str | None) -> Stored:
        """Judge and store the object the request brought; `etag` is the one it replaces."""

    def delete(self, calendar: CalendarInfo, name: str) -> None:
        """Forget an object and free what it held."""

    def transfer(
        self, source: CalendarInfo, name: str, target: CalendarInfo, new: str, *, keep: bool
    ) -> Stored:
        """Copy (`keep`) or move an object, judged again where it arrives."""

    def make_calendar(self, name: str, displayname: str, color: str) -> None:
        """One more calendar of his own."""

    def drop_calendar(self, calendar: CalendarInfo) -> None:
        """Delete one with all its events, and free what they held."""

    def inbox(self) -> CalendarInfo:
        """What others sent him (RFC 6638), as a calendar he only reads and empties."""

    def free_busy(self, address: str, start: datetime, end: datetime) -> Sequence[Busy] | None:
        """When a person or a room of the network is taken; None for anybody else."""

    def availability(self, calendar: CalendarInfo) -> bytes | None:
        """When a room can be had at all, as RFC 7953 writes it."""

    @property
    def files(self) -> FilesPort:
        """His private drawer."""

    def describe(
        self, calendar: CalendarInfo, *, displayname: str | None = None, color: str | None = None
    ) -> None:
        """Change how a calendar is shown; what is None stays."""

    def sentence(self, error: MargerideError) -> str:
        """A refusal in the visitor's language."""
