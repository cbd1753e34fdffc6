"""How the calendars kept elsewhere are doing, for the people who look after the rooms."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import Connection

from calendars.reconcile import unwritten
from orchestrator import roles
from orchestrator.auth import accounts
from orchestrator.auth.people import Person
from orchestrator.outside.shelf import ours_of
from orchestrator.settings.model import Network
from orchestrator.settings.outside import Outside, RemoteSettings
from orchestrator.store import feeds, remotes
from orchestrator.store.instants import instant
from orchestrator.words import Words
from rooms.errors import Forbidden
from rooms.ids import RoomId

MOST_TOLD = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """An object there that could not be booked here or written there, and why, in words."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteState:
    """A room's calendar on another server. `waiting` are the writes that are still to reach it;
    `error` is the last one in words, None while both agree; `about` is what is known of such a
    server, in words."""

    room: RoomId
    server: str
    host: str
    agreed_at: datetime | None
    waiting: int
    error: str | None
    left_out: tuple[LeftOut, ...]
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """A read-only feed that blocks a room."""

    id: str
    room: RoomId
    host: str
    read_at: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Of the rooms somebody looks after."""

    remotes: Sequence[RemoteState]
    feeds: Sequence[FeedState]


def state(
    conn: Connection,
    network: Network,
    outside: Outside,
    words: Words,
    person: Person,
    now: datetime,
) -> State:
    """For an animateur the rooms of his centres, for an admin all; Forbidden for anybody else."""
    known = accounts.by_id(conn, person.id)
    if known is None or known.role not in (roles.ADMIN, roles.ANIMATEUR):
        raise Forbidden("staff-only")

    def mine(room: RoomId) -> bool:
        return roles.may_pair(known, network.centre_of(room).id)

    return State(
        remotes=[
            _remote(conn, network, one, words, known.locale, now)
            for one in outside.remotes
            if mine(one.room)
        ],
        feeds=[
            FeedState(
                id=one.id, room=one.room, host=_host(one.url),
                read_at=instant(row.fetched_at) if row and row.fetched_at else None,
                error=row.error if row else None,
            )
            for one in outside.feeds
            if mine(one.room)
            for row in (feeds.get(conn, one.id),)
        ],
    )  # fmt: skip


def _remote(
    conn: Connection,
    network: Network,
    one: RemoteSettings,
    words: Words,
    locale: str,
    now: datetime,
) -> RemoteState:
    row = remotes.get(conn, one.room)
    shelf = remotes.shelf(conn, one.room)
    ours = [ours_of(found, one.room, network.mail_domain, now) for found in shelf]
    return RemoteState(
        room=one.room,
        server=one.server,
        host=_host(one.url),
        agreed_at=instant(row.looked_at) if row and row.looked_at else None,
        waiting=unwritten(ours, remotes.links(conn, one.room)),
        error=row.error if row else None,
        left_out=tuple(
            LeftOut(name=name, reason=why)
            for name, why in remotes.left_out(conn, one.room)[:MOST_TOLD]
        ),
        about=words(f"remote-server-{one.server}", locale, {}),
    )


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""
