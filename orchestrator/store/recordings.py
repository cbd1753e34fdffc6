"""Rows of recordings, their terms, parts and mixes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from orchestrator.recorded import Found, Terms
from orchestrator.store.instants import instant, seconds
from orchestrator.store.tables_recordings import (
    recording_mixes,
    recording_parts,
    recording_terms,
    recordings,
)
from rooms.errors import NotFound
from rooms.ids import ParticipantId, SessionId, new_id

RECORDING, STOPPING, KEPT, FAILED = "recording", "stopping", "kept", "failed"
OPEN = (RECORDING, STOPPING)
WAITING, RUNNING, DONE, CANCELLED = "waiting", "running", "done", "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A recording; `state` is recording, stopping (its files are being closed), kept or failed."""

    id: str
    session: SessionId
    state: str
    participant: ParticipantId
    terms: Terms
    started_by: str
    started_at: datetime
    delete_at: datetime
    stopped_by: str | None = None
    stopped_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """The program made of a recording; `progress` from 0 to 1."""

    recording: str
    state: str
    progress: float
    asked_by: str
    asked_at: datetime
    why: str | None = None
    size: int | None = None
    approved_by: str | None = None
    approved_at: datetime | None = None


def terms(conn: Connection, session: str) -> Terms | None:
    """On which a session may be recorded; None: it may not."""
    query = select(recording_terms.c.document).where(recording_terms.c.session_id == session)
    found = conn.execute(query).scalar_one_or_none()
    return None if found is None else Terms.from_json(found)


def keep_terms(conn: Connection, session: str, wanted: Terms) -> None:
    """From now on."""
    conn.execute(delete(recording_terms).where(recording_terms.c.session_id == session))
    conn.execute(insert(recording_terms).values(session_id=session, document=wanted.to_json()))


def start(
    conn: Connection,
    now: datetime,
    session: SessionId,
    participant: ParticipantId,
    wanted: Terms,
    by: str,
) -> Recording:
    """A new one."""
    made = new_id("rc")
    conn.execute(
        insert(recordings).values(
            id=made,
            session_id=session,
            state=RECORDING,
            participant_id=participant,
            terms=wanted.to_json(),
            started_by=by,
            started_at=seconds(now),
            delete_at=seconds(wanted.until(now)),
        )
    )
    return get(conn, session, made)


def stop(conn: Connection, now: datetime, recording: str, by: str) -> None:
    """No more is recorded; its files are being closed."""
    _become(conn, recording, state=STOPPING, stopped_by=by, stopped_at=seconds(now))


def settle(conn: Connection, recording: str, state: str) -> None:
    """Its files are closed."""
    _become(conn, recording, state=state)


def get(conn: Connection, session: str, recording: str) -> Recording:
    """One of a session; NotFound("no-recording")."""
    rows = _where(conn, (recordings.c.id == recording) & (recordings.c.session_id == session))
    if not rows:
        raise NotFound("no-recording", recording=recording)
    return rows[0]


def find(conn: Connection, recording: str) -> Recording | None:
    """One of whatever session."""
    rows = _where(conn, recordings.c.id == recording)
    return rows[0] if rows else None


def of_session(conn: Connection, session: str) -> list[Recording]:
    """Those of a session, in order."""
    return _where(conn, recordings.c.session_id == session)


def running(conn: Connection, session: str) -> Recording | None:
    """The one that runs now."""
    rows = _where(conn, (recordings.c.session_id == session) & (recordings.c.state == RECORDING))
    return rows[0] if rows else None


def open_ones(conn: Connection) -> list[Recording]:
    """All whose files may be open."""
    return _where(conn, recordings.c.state.in_(OPEN))


def everything(conn: Connection) -> list[Recording]:
    """All there are."""
    return _where(conn, recordings.c.id.is_not(None))


def forget(conn: Connection, recording: str) -> None:
    """Delete it, and all that is known of its files."""
    conn.execute(delete(recordings).where(recordings.c.id == recording))


def index(conn: Connection, recording: str, found: Sequence[Found]) -> None:
    """The parts that lie in its folder are those, and no others."""
    conn.execute(delete(recording_parts).where(recording_parts.c.recording_id == recording))
    for one in found:
        conn.execute(
            insert(recording_parts).values(
                recording_id=recording,
                number=one.number,
                file=one.file,
                participant_id=one.participant,
                room_id=one.room,
                name=one.name,
                source=one.of,
                kind=one.kind,
                began=one.began,
                ended=one.ended,
                size=one.size,
                frames=one.frames,
                lost=one.lost,
            )
        )


def parts(conn: Connection, recording: str) -> list[Found]:
    """As indexed last."""
    query = select(recording_parts).where(recording_parts.c.recording_id == recording)
    return [
        Found(
            number=row.number,
            file=row.file,
            participant=row.participant_id,
            room=row.room_id,
            name=row.name,
            of=row.source,
            kind=row.kind,
            began=row.began,
            ended=row.ended,
            size=row.size,
            frames=row.frames,
            lost=row.lost,
        )
        for row in conn.execute(query.order_by(recording_parts.c.number))
    ]


# --- the mix


def ask_mix(conn: Connection, now: datetime, recording: str, by: str) -> None:
    """It is to be made, (again) from the beginning."""
    conn.execute(delete(recording_mixes).where(recording_mixes.c.recording_id == recording))
    conn.execute(
        insert(recording_mixes).values(
            recording_id=recording, state=WAITING, progress=0.0, asked_by=by, asked_at=seconds(now)
        )
    )


def mix(conn: Connection, recording: str) -> Mix | None:
    """The one asked for last."""
    found = _mixes(conn, recording_mixes.c.recording_id == recording)
    return found[0] if found else None


def open_mixes(conn: Connection) -> list[Mix]:
    """Those to be made, the oldest wish first."""
    return _mixes(conn, recording_mixes.c.state.in_((WAITING, RUNNING)))


def note_mix(conn: Connection, recording: str, **values: Any) -> None:
    """How far it is."""
    mine = recording_mixes.c.recording_id == recording
    conn.execute(update(recording_mixes).where(mine).values(**values))


def approve_mix(conn: Connection, now: datetime, recording: str, by: str) -> None:
    """It may be shown to everybody."""
    note_mix(conn, recording, approved_by=by, approved_at=seconds(now))


def withdraw_mix(conn: Connection, recording: str) -> None:
    """It may not be shown any more."""
    note_mix(conn, recording, approved_by=None, approved_at=None)


def replay(conn: Connection, session: str) -> Mix | None:
    """The mix of a session that was approved last."""
    query = (
        select(recording_mixes.c.recording_id)
        .join(recordings, recordings.c.id == recording_mixes.c.recording_id)
        .where(
            recordings.c.session_id == session,
            recording_mixes.c.state == DONE,
            recording_mixes.c.approved_at.is_not(None),
        )
        .order_by(recording_mixes.c.approved_at.desc())
    )
    found = conn.execute(query).scalars().first()
    return None if found is None else mix(conn, found)


def _mixes(conn: Connection, condition: ColumnElement[bool]) -> list[Mix]:
    query = select(recording_mixes).where(condition).order_by(recording_mixes.c.asked_at)
    return [
        Mix(
            recording=row.recording_id,
            state=row.state,
            progress=row.progress,
            asked_by=row.asked_by,
            asked_at=instant(row.asked_at),
            why=row.why,
            size=row.size,
            approved_by=row.approved_by,
            approved_at=instant(row.approved_at),
        )
        for row in conn.execute(query)
    ]


def _become(conn: Connection, recording: str, **values: Any) -> None:
    conn.execute(update(recordings).where(recordings.c.id == recording).values(**values))


def _where(conn: Connection, condition: ColumnElement[bool]) -> list[Recording]:
    rows = conn.execute(
        select(recordings).where(condition).order_by(recordings.c.started_at, recordings.c.id)
    )
    return [
        Recording(
            id=row.id,
            session=SessionId(row.session_id),
            state=row.state,
            participant=ParticipantId(row.participant_id),
            terms=Terms.from_json(row.terms),
            started_by=row.started_by,
            started_at=instant(row.started_at),
            delete_at=instant(row.delete_at),
            stopped_by=row.stopped_by,
            stopped_at=instant(row.stopped_at),
        )
        for row in rows
    ]
