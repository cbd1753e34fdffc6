"""How media flowed in a session, for each participant and quarter of a minute."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from orchestrator.store.instants import instant, seconds
from orchestrator.store.tables import sessions
from orchestrator.store.tables_lines import session_quality
from rooms.ids import ParticipantId, SessionId

KEPT = timedelta(days=30)
Figures = dict[str, Any]
"""Of one leg: kbps, loss, rtt_ms, fps, frozen, available_kbps, and `why` (tracks by reason)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One participant at one instant; `legs` by role."""

    session: SessionId
    participant: ParticipantId
    at: datetime
    legs: Mapping[str, Figures]


def keep(conn: Connection, samples: Sequence[Sample]) -> None:
    """Keep them; those of sessions that are no more are passed over."""
    wanted = {sample.session for sample in samples}
    rows = conn.execute(select(sessions.c.id).where(sessions.c.id.in_(wanted)))
    known = set(rows.scalars())
    values = [
        {
            "session_id": sample.session,
            "participant_id": sample.participant,
            "at": seconds(sample.at),
            "legs": dict(sample.legs),
        }
        for sample in samples
        if sample.session in known
    ]
    if values:
        conn.execute(insert(session_quality).on_conflict_do_nothing(), values)


def timeline(conn: Connection, session: SessionId, most: int) -> list[Sample]:
    """Of a session, in order; the last ones when there are more than `most`."""
    query = select(session_quality).where(session_quality.c.session_id == session)
    last = query.order_by(session_quality.c.at.desc(), session_quality.c.participant_id)
    rows = conn.execute(last.limit(most)).all()
    return [
        Sample(
            session=session,
            participant=ParticipantId(row.participant_id),
            at=instant(row.at),
            legs=row.legs,
        )
        for row in reversed(rows)
    ]


def drop(conn: Connection, now: datetime) -> int:
    """Forget what is too old; how many rows."""
    old = session_quality.c.at < seconds(now - KEPT)
    return conn.execute(delete(session_quality).where(old)).rowcount
