# mypy: disable-error-code="override,no-untyped-call,untyped-decorator,no-any-return"
# (Xandikos does not always return what its annotations say)
"""From an address to what stands there, for one visitor in one transaction."""

from collections.abc import Iterator

from xandikos import webdav

from calendars.server.collection import CalendarCollection
from calendars.server.port import CalendarInfo, CalendarPort
from calendars.server.resources import Branch, Folder, Principal
from calendars.server.scheduling import Inbox, Outbox
from rooms.errors import Forbidden


class Root(Folder):
    """`/dav/`."""

    def members(self) -> Iterator[tuple[str, webdav.Resource]]:
        """The principals."""
        yield "principals", Principals(self.port, "/principals", "Principals")


class Principals(Folder):
    """Every person, of whom the visitor sees himself."""

    def members(self) -> Iterator[tuple[str, webdav.Resource]]:
        """The visitor."""
        yield self.port.visitor.login, Person.of(self.port)


class Person(Principal):
    """The visitor."""

    @classmethod
    def of(cls, port: CalendarPort) -> "Person":
        """At his address."""
        return cls(port, f"/principals/{port.visitor.login}", port.visitor.name)

    def members(self) -> Iterator[tuple[str, webdav.Resource]]:
        """His home, what was sent to him, where he asks, and his drawer."""
        yield "calendars", Home.of(self.port)
        yield "inbox", Inbox.of(self.port)
        yield "outbox", Outbox.of(self.port)
        yield "files", Branch(self.port, f"{self.path}/files", "Files")


class Home(Branch):
    """What a calendar client lists: the visitor's calendars, every room, what he may share."""

    @classmethod
    def of(cls, port: CalendarPort) -> "Home":
        """At its address."""
        return cls(port, f"/principals/{port.visitor.login}/calendars", port.visitor.name)

    def collection(self, info: CalendarInfo) -> CalendarCollection:
        """One of its calendars as a resource."""
        return CalendarCollection(self.port, f"{self.path}/{info.name}", info)

    def members(self) -> Iterator[tuple[str, webdav.Resource]]:
        """The calendars."""
        for info in self.port.calendars():
            yield info.name, self.collection(info)

    def privileges(self) -> tuple[str, ...]:
        """He makes and deletes calendars here."""
        return (*super().privileges(), "{DAV:}bind", "{DAV:}unbind")

    def delete_member(self, name: str, *_: object, **__: object) -> None:
        """Delete a calendar he made, with what is in it."""
        info = self.port.calendar(name)
        if info is None or not info.own or info.first:
            raise Forbidden("calendar-stays")
        self.port.drop_calendar(info)


class Backend(webdav.Backend):
    """The address book of a request."""

    def __init__(self, port: CalendarPort) -> None:
        self.port = port

    def get_resource(self, relpath: str) -> webdav.Resource | None:
        """What stands at a decoded path below the prefix."""
        match [part for part in relpath.split("/") if part]:
            case []:
                return Root(self.port, "/", "Margeride")
            case ["principals"]:
                return Principals(self.port, "/principals", "Principals")
            case ["principals", login, *rest] if login == self.port.visitor.login:
                return self._at_home(rest)
            case _:
                return None

    def _at_home(self, rest: list[str]) -> webdav.Resource | None:
        match rest:
            case []:
                return Person.of(self.port)
            case ["inbox"]:
                return Inbox.of(self.port)
            case ["inbox", item]:
                return Inbox.of(self.port).find(item)
            case ["outbox"]:
                return Outbox.of(self.port)
            case ["calendars"]:
                return Home.of(self.port)
            case ["calendars", name]:
                return self._calendar(name)
            case ["calendars", name, item]:
                calendar = self._calendar(name)
                return calendar.find(item) if calendar else None
            case _:
                return None

    def _calendar(self, name: str) -> CalendarCollection | None:
        info = self.port.calendar(name)
        return Home.of(self.port).collection(info) if info else None

    def find_principals(self) -> list[str]:
        """The visitor."""
        return [f"/principals/{self.port.visitor.login}"]
