"""Rows of what the report of a ceremony is made of, and of the report itself."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert

from orchestrator.cues import Cue
from orchestrator.evidence_facts import Entry, Firing, Outage, Reading
from orchestrator.session import OVER, RUNNING, Session
from orchestrator.store.instants import instant, seconds
from orchestrator.store.tables import audit, participants, sessions
from orchestrator.store.tables_evidence import cue_firings, service_lives, session_evidence
from orchestrator.store.tables_lines import session_quality
from rooms.ids import ParticipantId, RoomId, SessionId

CEREMONY = "ceremony"
BEFORE = timedelta(days=1)
"""Rehearsals so long before a ceremony are looked for."""
LIVES_KEPT = timedelta(days=400)
Json = dict[str, Any]


def keep_firing(
    conn: Connection, session: SessionId, cue: Cue, who: ParticipantId, at: datetime, error_ms: int
) -> None:
    """Somebody showed a fired cue; what he says of the same instant again changes nothing."""
    if cue.execute_at is None:
        return
    row = {
        "session_id": session,
        "cue_id": cue.id,
        "execute_at": cue.execute_at.isoformat(),
        "participant_id": who,
        "fired_at": at.isoformat(),
        "error_ms": error_ms,
    }
    conn.execute(insert(cue_firings).values(**row).on_conflict_do_nothing())


def firings(conn: Connection, session: SessionId) -> list[Firing]:
    """Of the last time each cue was fired, by whoever was in by then."""
    last = (
        select(cue_firings.c.cue_id, func.max(cue_firings.c.execute_at).label("execute_at"))
        .where(cue_firings.c.session_id == session)
        .group_by(cue_firings.c.cue_id)
        .subquery()
    )
    rows = conn.execute(
        select(cue_firings, participants.c.joined_at)
        .join(last, (last.c.cue_id == cue_firings.c.cue_id))
        .join(participants, participants.c.id == cue_firings.c.participant_id)
        .where(cue_firings.c.session_id == session, cue_firings.c.execute_at == last.c.execute_at)
        .order_by(cue_firings.c.cue_id, cue_firings.c.participant_id)
    )
    return [
        Firing(
            cue=row.cue_id,
            participant=row.participant_id,
            at=datetime.fromisoformat(row.fired_at),
            error_ms=row.error_ms,
        )
        for row in rows
        if row.joined_at is not None
        and instant(row.joined_at) <= datetime.fromisoformat(row.execute_at)
    ]


def begin_life(conn: Connection, now: datetime) -> int:
    """The service is there; its number. Those of long ago are forgotten."""
    conn.execute(delete(service_lives).where(service_lives.c.seen_at < seconds(now - LIVES_KEPT)))
    row = {"began_at": seconds(now), "seen_at": seconds(now)}
    made = conn.execute(insert(service_lives).values(**row).returning(service_lives.c.id))
    return int(made.scalar_one())


def go_on_living(conn: Connection, life: int, now: datetime) -> None:
    """It is there still."""
    row = update(service_lives).where(service_lives.c.id == life)
    conn.execute(row.values(seen_at=seconds(now)))


def outages(conn: Connection, since: datetime, until: datetime) -> list[Outage]:
    """When the service was not there between two instants."""
    rows = conn.execute(select(service_lives).order_by(service_lives.c.id)).all()
    found = []
    for before, after in zip(rows, rows[1:], strict=False):
        begin, end = max(instant(before.seen_at), since), min(instant(after.began_at), until)
        if begin < end:
            found.append(Outage(since=begin, until=end))
    return found


def lines(conn: Connection, session: Session, now: datetime) -> list[Any]:
    """The record of a session from the day before it on."""
    begin = min(session.starts_at, session.opened_at or session.starts_at) - BEFORE
    rows = conn.execute(
        select(audit)
        .where(
            audit.c.at >= seconds(begin),
            audit.c.at <= seconds(now),
            audit.c.target == session.id,
        )
        .order_by(audit.c.id)
    )
    return list(rows)


def entry(row: Any, by: str) -> Entry:
    """A row of the record as it is evidence."""
    return Entry(at=instant(row.at), by=by, action=row.action, detail=row.detail)


def readings(conn: Connection, session: SessionId) -> list[Reading]:
    """How media flowed, in order, and of which room."""
    rows = conn.execute(
        select(session_quality, participants.c.room_id)
        .join(
            participants,
            participants.c.id == session_quality.c.participant_id,
            isouter=True,
        )
        .where(session_quality.c.session_id == session)
        .order_by(session_quality.c.at, session_quality.c.participant_id)
    )
    return [
        Reading(
            at=instant(row.at),
            participant=row.participant_id,
            room=None if row.room_id is None else RoomId(row.room_id),
            legs=row.legs,
        )
        for row in rows
    ]


def places(conn: Connection, session: SessionId) -> dict[str, int]:
    """How many were in at all, by kind."""
    rows = conn.execute(
        select(participants.c.kind, func.count())
        .where(participants.c.session_id == session, participants.c.joined_at.is_not(None))
        .group_by(participants.c.kind)
        .order_by(participants.c.kind)
    )
    return {row[0]: row[1] for row in rows}


def last_of_media(conn: Connection, session: SessionId, now: datetime) -> str | None:
    """Whether the media worker was last noted to be lost or to be back."""
    found = (
        select(audit.c.action)
        .where(
            audit.c.at >= seconds(now - BEFORE),
            audit.c.target == session,
            audit.c.action.in_(("media.lost", "media.back")),
        )
        .order_by(audit.c.id.desc())
        .limit(1)
    )
    return conn.execute(found).scalar_one_or_none()


def running(conn: Connection) -> list[SessionId]:
    """The ceremonies that are open."""
    rows = conn.execute(
        select(sessions.c.id).where(sessions.c.kind == CEREMONY, sessions.c.state.in_(RUNNING))
    )
    return [SessionId(row.id) for row in rows]


def unkept(conn: Connection, until: datetime, since: datetime) -> list[SessionId]:
    """The ceremonies that ended between two instants, and of which no report is kept."""
    rows = conn.execute(
        select(sessions.c.id)
        .join(
            session_evidence,
            (session_evidence.c.session_id == sessions.c.id)
            & (session_evidence.c.ended_at == sessions.c.ended_at),
            isouter=True,
        )
        .where(
            sessions.c.kind == CEREMONY,
            sessions.c.state.in_(OVER),
            sessions.c.starts_at >= seconds(since),
            sessions.c.started_at.is_not(None),
            sessions.c.ended_at <= seconds(until),
            session_evidence.c.session_id.is_(None),
        )
    )
    return [SessionId(row.id) for row in rows]


def keep(conn: Connection, now: datetime, session: Session, document: Mapping[str, Any]) -> None:
    """The report of a session that is over."""
    assert session.ended_at is not None
    row = {
        "ended_at": seconds(session.ended_at),
        "made_at": seconds(now),
        "document": dict(document),
    }
    made = insert(session_evidence).values(session_id=session.id, **row)
    conn.execute(made.on_conflict_do_update(index_elements=["session_id"], set_=row))


def kept(conn: Connection, session: Session) -> Json | None:
    """The report that is kept of it, if it is of how it ended."""
    found = select(session_evidence.c.document).where(
        session_evidence.c.session_id == session.id,
        session_evidence.c.ended_at == seconds(session.ended_at),
    )
    document: Json | None = conn.execute(found).scalar_one_or_none()
    return document
