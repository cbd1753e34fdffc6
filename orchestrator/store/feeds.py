"""When feeds of shared premises say that a room is busy."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from calendars.booking import FIRM, Held, Slot
from calendars.feed import Busy
from orchestrator.store.instants import instant, seconds
from orchestrator.store.tables_outside import feed_busy, feeds
from rooms.ids import PersonId, RoomId

PREFIX = "feed:"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRow:
    """What is remembered of one feed."""

    id: str
    room_id: str
    etag: str | None
    fetched_at: int | None
    error: str | None


def ensure(conn: Connection, wanted: Sequence[tuple[str, str]]) -> None:
    """The feeds of the configuration, (id, room), and no others; one that moved begins anew."""
    known = {row.id: row.room_id for row in conn.execute(select(feeds.c.id, feeds.c.room_id))}
    asked = dict(wanted)
    for old in [feed for feed, room in known.items() if asked.get(feed) != room]:
        conn.execute(delete(feeds).where(feeds.c.id == old))
        del known[old]
    for feed, room in wanted:
        if feed not in known:
            conn.execute(insert(feeds).values(id=feed, room_id=room))


def get(conn: Connection, feed: str) -> FeedRow | None:
    """One of them."""
    row = conn.execute(select(feeds).where(feeds.c.id == feed)).one_or_none()
    return FeedRow(**row._mapping) if row else None


def every(conn: Connection) -> list[FeedRow]:
    """All of them."""
    return [FeedRow(**row._mapping) for row in conn.execute(select(feeds).order_by(feeds.c.id))]


def replace(
    conn: Connection, now: datetime, feed: str, room: str, etag: str | None, busy: Iterable[Busy]
) -> None:
    """What the feed says now, in the place of what it said before."""
    conn.execute(delete(feed_busy).where(feed_busy.c.feed_id == feed))
    rows = [
        {
            "feed_id": feed,
            "room_id": room,
            "starts_at": seconds(one.slot.start),
            "ends_at": seconds(one.slot.end),
            "title": one.title,
        }
        for one in busy
    ]
    if rows:
        conn.execute(insert(feed_busy), rows)
    values = {"etag": etag, "fetched_at": seconds(now), "error": None}
    conn.execute(update(feeds).where(feeds.c.id == feed).values(**values))


def note(conn: Connection, now: datetime, feed: str, error: str | None) -> None:
    """It was fetched and had not changed, or it could not be; what it said before still holds."""
    values: dict[str, object] = {"error": error}
    if error is None:
        values["fetched_at"] = seconds(now)
    conn.execute(update(feeds).where(feeds.c.id == feed).values(**values))


_BETWEEN = (
    select(feed_busy)
    .where(
        feed_busy.c.starts_at < bindparam("end_"),
        feed_busy.c.ends_at > bindparam("start_"),
    )
    .order_by(feed_busy.c.starts_at)
)


def between(conn: Connection, start: datetime, end: datetime) -> list[tuple[Held, PersonId]]:
    """What touches an interval, as the judge sees held rooms; "owned" by the feed."""
    wanted = {"start_": seconds(start), "end_": seconds(end)}
    return [
        (
            Held(
                RoomId(row.room_id),
                Slot(instant(row.starts_at), instant(row.ends_at)),
                f"{PREFIX}{row.feed_id}",
                row.title,
                kind=FIRM,
            ),
            PersonId(f"{PREFIX}{row.feed_id}"),
        )
        for row in conn.execute(_BETWEEN, wanted)
    ]
