"""Rows of alerts that are posted elsewhere, and of what each target was told."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select, update

from orchestrator.store.instants import instant, seconds
from orchestrator.store.tables_posts import posts, posts_told
from rooms.ids import RoomId, SessionId

WAITING, SENT, FAILED = "waiting", "sent", "failed"
KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostRow:
    """One alert for one target. `error`: why it was not taken at the last try."""

    seq: int
    id: str
    target: str
    body: dict[str, Any]
    tries: int
    next_at: datetime
    created_at: datetime
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldRow:
    """What a target was told to have opened. `text` is the key of the sentence."""

    target: str
    room: RoomId
    key: str
    device: str
    session: SessionId | None
    since: datetime
    text: str
    faults: tuple[str, ...]


def add(conn: Connection, now: datetime, target: str, body: dict[str, Any]) -> None:
    """Let one wait; `body` has its id."""
    conn.execute(
        insert(posts).values(
            id=body["id"],
            target=target,
            body=body,
            state=WAITING,
            tries=0,
            next_at=seconds(now),
            created_at=seconds(now),
        )
    )


def first_waiting(conn: Connection, target: str) -> PostRow | None:
    """The oldest that a target has not taken, due or not."""
    query = select(posts).where(posts.c.target == target, posts.c.state == WAITING)
    row = conn.execute(query.order_by(posts.c.seq).limit(1)).first()
    if row is None:
        return None
    return PostRow(
        seq=row.seq,
        id=row.id,
        target=row.target,
        body=row.body,
        tries=row.tries,
        next_at=instant(row.next_at),
        created_at=instant(row.created_at),
        error=row.error,
    )


def settle(
    conn: Connection,
    post: PostRow,
    state: str,
    *,
    error: str | None = None,
    again: datetime | None = None,
) -> None:
    """What became of a try."""
    values: dict[str, Any] = {"state": state, "error": error, "tries": post.tries + 1}
    if again is not None:
        values["next_at"] = seconds(again)
    conn.execute(update(posts).where(posts.c.seq == post.seq).values(**values))


def states(conn: Connection, target: str) -> list[tuple[str, str | None]]:
    """What became of all that were posted to a target, in order, and the last error of each."""
    query = select(posts.c.state, posts.c.error).where(posts.c.target == target)
    return [(row.state, row.error) for row in conn.execute(query.order_by(posts.c.seq))]


def told(conn: Connection, targets: Collection[str]) -> list[ToldRow]:
    """What each was told to have opened; what is of targets that are no more is forgotten."""
    conn.execute(delete(posts_told).where(posts_told.c.target.not_in(targets)))
    gone = (posts.c.state == WAITING) & posts.c.target.not_in(targets)
    conn.execute(delete(posts).where(gone))
    return [
        ToldRow(
            target=row.target,
            room=RoomId(row.room_id),
            key=row.key,
            device=row.device,
            session=None if row.session_id is None else SessionId(row.session_id),
            since=instant(row.since),
            text=row.text,
            faults=tuple(row.faults),
        )
        for row in conn.execute(select(posts_told))
    ]


def note_opened(conn: Connection, told: ToldRow) -> None:
    """A target was told that something opened."""
    forget(conn, told.target, told.room, told.key, told.device)
    conn.execute(
        insert(posts_told).values(
            target=told.target,
            room_id=told.room,
            key=told.key,
            device=told.device,
            session_id=told.session,
            since=seconds(told.since),
            text=told.text,
            faults=list(told.faults),
        )
    )


def forget(conn: Connection, target: str, room: RoomId, key: str, device: str) -> None:
    """It was told that it closed."""
    columns = posts_told.c
    conn.execute(
        delete(posts_told).where(
            columns.target == target,
            columns.room_id == room,
            columns.key == key,
            columns.device == device,
        )
    )


def drop(conn: Connection, now: datetime) -> int:
    """Forget what left, or was given up, long ago; how many."""
    old = posts.c.created_at < seconds(now - KEPT)
    ended = or_(posts.c.state == SENT, posts.c.state == FAILED)
    return conn.execute(delete(posts).where(old, ended)).rowcount
