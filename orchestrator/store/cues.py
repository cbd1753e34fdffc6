"""Rows of cues and of their contents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from orchestrator.cues import Cue
from orchestrator.store.instants import iso, seconds
from orchestrator.store.tables_cues import content_parts, session_contents, session_cues
from rooms.errors import NotFound
from rooms.ids import RoomId, SessionId
from signalling.messages_cues import CueKind

PART = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Some bytes of a session, by their hash."""

    sha256: str
    type: str
    name: str
    size: int


def add(conn: Connection, now: datetime, session: SessionId, one: Content, body: bytes) -> None:
    """Keep contents; what is there already is there."""
    made = conn.execute(
        upsert(session_contents)
        .values(
            session_id=session,
            sha256=one.sha256,
            type=one.type,
            name=one.name,
            size=one.size,
            added_at=seconds(now),
        )
        .on_conflict_do_nothing()
    )
    if made.rowcount == 0:
        return
    key = {"session_id": session, "sha256": one.sha256}
    for number, begin in enumerate(range(0, len(body), PART)):
        part = body[begin : begin + PART]
        conn.execute(insert(content_parts).values(**key, number=number, body=part))


def contents(conn: Connection, session: SessionId) -> dict[str, Content]:
    """Those of a session, by hash."""
    rows = conn.execute(select(session_contents).where(session_contents.c.session_id == session))
    return {
        row.sha256: Content(sha256=row.sha256, type=row.type, name=row.name, size=row.size)
        for row in rows
    }


def weight(conn: Connection, session: SessionId) -> tuple[int, int]:
    """How many a session has, and their bytes."""
    query = select(func.count(), func.coalesce(func.sum(session_contents.c.size), 0))
    count, size = conn.execute(query.where(session_contents.c.session_id == session)).one()
    return int(count), int(size)


def part(conn: Connection, session: SessionId, sha256: str, number: int) -> bytes:
    """The bytes from number × PART on; empty behind the end."""
    found: bytes | None = conn.execute(
        select(content_parts.c.body).where(
            content_parts.c.session_id == session, content_parts.c.sha256 == sha256,
            content_parts.c.number == number,
        )
    ).scalar_one_or_none()  # fmt: skip
    return found or b""


def drop(conn: Connection, session: SessionId, hashes: Sequence[str]) -> None:
    """These are needed no more."""
    for table in (session_contents, content_parts):
        conn.execute(
            delete(table).where(table.c.session_id == session, table.c.sha256.in_(tuple(hashes)))
        )


def keep(conn: Connection, session: SessionId, cue: Cue) -> None:
    """The cue, instead of what there was of it."""
    document = {
        "kind": cue.kind.value,
        "title": cue.title,
        "text": cue.text,
        "seconds": cue.seconds,
        "lead": cue.lead,
        "contents": list(cue.contents),
        "rooms": list(cue.rooms),
    }
    at = None if cue.execute_at is None else iso(cue.execute_at)
    kept = {"version": cue.version, "document": document, "execute_at": at}
    conn.execute(
        upsert(session_cues)
        .values(session_id=session, id=cue.id, **kept)
        .on_conflict_do_update(index_elements=["session_id", "id"], set_=kept)
    )


def of_session(conn: Connection, session: SessionId) -> list[Cue]:
    """All of a session, in the order of their names."""
    found = conn.execute(
        select(session_cues).where(session_cues.c.session_id == session).order_by(session_cues.c.id)
    )
    return [
        Cue(
            id=row.id,
            kind=CueKind(row.document["kind"]),
            title=row.document["title"],
            text=row.document["text"],
            seconds=row.document["seconds"],
            lead=row.document["lead"],
            contents=tuple(row.document["contents"]),
            rooms=tuple(map(RoomId, row.document.get("rooms", ()))),
            version=row.version,
            execute_at=None if row.execute_at is None else datetime.fromisoformat(row.execute_at),
        )
        for row in found
    ]


def get(conn: Connection, session: SessionId, cue: str) -> Cue:
    """One of them; NotFound("cue-not-loaded")."""
    for one in of_session(conn, session):
        if one.id == cue:
            return one
    raise NotFound("cue-not-loaded", cue=cue)


def forget(conn: Connection, session: SessionId, cue: str) -> None:
    """It is recalled."""
    conn.execute(
        delete(session_cues).where(session_cues.c.session_id == session, session_cues.c.id == cue)
    )
