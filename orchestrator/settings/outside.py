"""What a network description says of calendars kept elsewhere.

outside: {allow: [10.1.0.0/16], every_seconds: 60, feeds_every_minutes: 15}
rooms:
  - remote: {url, server, login, password_file | password_env}
    feeds: [{id, url, label}]
"""

from dataclasses import dataclass
from ipaddress import ip_network

from calendars.quirks import GENERIC, NAMES
from orchestrator.settings import forms
from orchestrator.settings.read import Table
from rooms.ids import RoomId

OUTSIDE = ("allow", "every_seconds", "feeds_every_minutes")
REMOTE = ("url", "server", "login", "password_file", "password_env")
FEED = ("id", "url", "label")
MOST_FEEDS = 10
MOST_ROOMS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteSettings:
    """The calendar of a room on another server. The password is read when it is needed."""

    room: RoomId
    url: str
    server: str = GENERIC
    login: str = ""
    password_file: str = ""
    password_env: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSettings:
    """A read-only calendar whose events block a room."""

    id: str
    room: RoomId
    url: str
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Everything kept elsewhere, and the private addresses that may be reached."""

    allow: tuple[str, ...] = ()
    every_seconds: int = 60
    feeds_every_minutes: int = 15
    remotes: tuple[RemoteSettings, ...] = ()
    feeds: tuple[FeedSettings, ...] = ()


def read_outside(file: Table) -> Outside:
    """Read it all; the rest of the rooms is read, and complained of, elsewhere."""
    problems, file.problems = file.problems, []
    tables = file.tables("rooms", (), MOST_ROOMS)
    rooms = [(RoomId(table.text("id", "")), table) for table in tables]
    file.problems = problems
    for table in tables:
        table.problems = problems
    own = file.table("outside", OUTSIDE, required=False)
    taken: set[str] = set()
    return Outside(
        allow=_allowed(own),
        every_seconds=own.whole("every_seconds", 1, 24 * 3600, 60),
        feeds_every_minutes=own.whole("feeds_every_minutes", 1, 24 * 60, 15),
        remotes=tuple(_remote(room, table) for room, table in rooms if table.has("remote")),
        feeds=tuple(feed for room, table in rooms for feed in _feeds(room, table, taken)),
    )


def _remote(room: RoomId, within: Table) -> RemoteSettings:
    table = within.table("remote", REMOTE)
    if table.has("password_file") == table.has("password_env"):
        table.wrong("settings-one-password", "login" if table.has("login") else "url")
    return RemoteSettings(
        room=room,
        url=table.parsed("url", forms.web_address, "settings-bad-calendar-url", ""),
        server=table.choice("server", NAMES, GENERIC),
        login=table.text("login"),
        password_file=table.text("password_file", ""),
        password_env=table.text("password_env", ""),
    )


def _feeds(room: RoomId, within: Table, taken: set[str]) -> list[FeedSettings]:
    found = []
    for table in within.tables("feeds", FEED, MOST_FEEDS, required=False):
        feed = FeedSettings(
            id=table.parsed("id", forms.slug, "settings-bad-id", ""),
            room=room,
            url=table.parsed("url", forms.web_address, "settings-bad-calendar-url", ""),
            label=table.text("label", ""),
        )
        if feed.id and feed.id in taken:
            table.wrong("settings-duplicate-id", "id", found=feed.id)
        taken.add(feed.id)
        found.append(feed)
    return found


def _allowed(own: Table) -> tuple[str, ...]:
    if not own.has("allow"):
        return ()
    return tuple(own.all_parsed("allow", _network, "settings-bad-network"))


def _network(text: str) -> str:
    return str(ip_network(text, strict=False))
