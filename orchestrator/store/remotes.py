"""Rooms whose calendar is on another server too: what both sides were when they last agreed."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from calendars.reconcile import Link
from orchestrator.store.calendar_items import ROOM
from orchestrator.store.instants import seconds
from orchestrator.store.tables import bookings as booking_rows
from orchestrator.store.tables import calendars, items, occurrences
from orchestrator.store.tables_outside import remote_items, remotes


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteRow:
    """What is remembered of one of them."""

    room_id: str
    url: str
    token: str | None
    looked_at: int | None
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """An object of the room's calendar here. `booking` is None for one that nothing came of."""

    name: str
    uid: str
    etag: str
    body: bytes
    booking: str | None
    held: bool
    at_home: bool
    ends_at: int | None  # of its last stored instance
    endless: bool  # a series that goes on


def ensure(conn: Connection, wanted: Sequence[tuple[str, str]]) -> None:
    """The remote calendars of the configuration, (room, url). One with a new URL begins anew:
    nothing is known of what stands there."""
    known = {row.room_id: row.url for row in conn.execute(select(remotes))}
    asked = dict(wanted)
    for old in [room for room, url in known.items() if asked.get(room) != url]:
        conn.execute(delete(remotes).where(remotes.c.room_id == old))
        del known[old]
    for room, url in wanted:
        if room not in known:
            conn.execute(insert(remotes).values(room_id=room, url=url))


def get(conn: Connection, room: str) -> RemoteRow | None:
    """One of them."""
    row = conn.execute(select(remotes).where(remotes.c.room_id == room)).one_or_none()
    return RemoteRow(**row._mapping) if row else None


def every(conn: Connection) -> list[RemoteRow]:
    """All of them."""
    return [RemoteRow(**row._mapping) for row in conn.execute(select(remotes))]


def looked(conn: Connection, now: datetime, room: str, token: str | None) -> None:
    """Both sides agree."""
    values: dict[str, object] = {"looked_at": seconds(now), "error": None}
    if token is not None:
        values["token"] = token
    conn.execute(update(remotes).where(remotes.c.room_id == room).values(**values))


def failed(conn: Connection, room: str, error: str) -> None:
    """They could not be brought together; the error is worded."""
    conn.execute(update(remotes).where(remotes.c.room_id == room).values(error=error))


_LINK = tuple(field.name for field in fields(Link))


def links(conn: Connection, room: str) -> list[Link]:
    """What both were."""
    columns = [remote_items.c[name] for name in _LINK]
    rows = conn.execute(select(*columns).where(remote_items.c.room_id == room))
    return [Link(**row._mapping) for row in rows]


def link(conn: Connection, room: str, link: Link, error: str | None = None) -> None:
    """Note one of them."""
    forget(conn, room, link.href)
    if link.name:  # an object of ours stands in one place there
        conn.execute(
            delete(remote_items).where(
                remote_items.c.room_id == room, remote_items.c.name == link.name
            )
        )
    values = {name: getattr(link, name) for name in _LINK}
    conn.execute(insert(remote_items).values(room_id=room, error=error, **values))


def left_out(conn: Connection, room: str) -> list[tuple[str, str]]:
    """(its place there, why) of what could not be booked or written."""
    query = (
        select(remote_items.c.href, remote_items.c.error)
        .where(remote_items.c.room_id == room, remote_items.c.error.is_not(None))
        .order_by(remote_items.c.href)
    )
    return [(row.href, row.error) for row in conn.execute(query)]


def complain(conn: Connection, room: str, href: str, error: str) -> None:
    """It could not be written; the error is worded, and gone with the next note of it."""
    here = (remote_items.c.room_id == room, remote_items.c.href == href)
    conn.execute(update(remote_items).where(*here).values(error=error))


def forget(conn: Connection, room: str, href: str) -> None:
    """It stands nowhere any more."""
    conn.execute(
        delete(remote_items).where(remote_items.c.room_id == room, remote_items.c.href == href)
    )


def shelf(conn: Connection, room: str, name: str | None = None) -> list[Shelved]:
    """The room's calendar here, or one object of it."""
    ends = (
        select(
            occurrences.c.calendar_id,
            occurrences.c.name,
            func.max(occurrences.c.ends_at).label("ends_at"),
            func.max(occurrences.c.room_id).label("held_room"),
        )
        .group_by(occurrences.c.calendar_id, occurrences.c.name)
        .subquery()
    )
    query = (
        select(items.c.name, items.c.uid, items.c.etag, items.c.body, items.c.placed_until,
               items.c.calendar_id, ends.c.ends_at, ends.c.held_room)
        .join(calendars, calendars.c.id == items.c.calendar_id)
        .outerjoin(
            ends, (ends.c.calendar_id == items.c.calendar_id) & (ends.c.name == items.c.name)
        )
        .where(calendars.c.owner_kind == ROOM, calendars.c.owner_id == room)
    )  # fmt: skip
    if name is not None:
        query = query.where(items.c.name == name)
    rows = conn.execute(query).all()
    made = _bookings(conn, room)
    found = []
    for row in rows:
        copied = made.get((None, row.name.removesuffix(".ics")))
        direct = made.get((row.calendar_id, row.uid))
        at_home = copied is None or copied[1] == row.calendar_id
        booking = direct if at_home else copied
        found.append(
            Shelved(
                name=row.name,
                uid=row.uid,
                etag=row.etag,
                body=row.body,
                booking=booking[0] if booking else None,
                held=row.held_room is not None and booking is not None,
                at_home=at_home,
                ends_at=row.ends_at,
                endless=row.placed_until is not None and (row.ends_at or 0) > 0,
            )
        )
    return found


def _bookings(conn: Connection, room: str) -> dict[tuple[int | None, str], tuple[str, int | None]]:
    """(booking, its calendar) of what holds the room, by the booking's id and by its event."""
    holding = select(occurrences.c.booking_id).where(occurrences.c.room_id == room).distinct()
    found: dict[tuple[int | None, str], tuple[str, int | None]] = {}
    query = select(booking_rows.c.id, booking_rows.c.calendar_id, booking_rows.c.uid).where(
        booking_rows.c.id.in_(holding)
    )
    for row in conn.execute(query):
        found[None, row.id] = (row.id, row.calendar_id)
        found[row.calendar_id, row.uid] = (row.id, row.calendar_id)
    return found


def agreement(conn: Connection) -> tuple[int, int, int | None]:
    """How many agree, how many do not, and when the longest out of step last did (0: never)."""
    rows = every(conn)
    failing = [row for row in rows if row.error is not None]
    oldest = min((row.looked_at or 0 for row in failing), default=None)
    return len(rows) - len(failing), len(failing), oldest
