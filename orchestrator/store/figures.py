"""How many of what the store holds, for the figures of the service: numbers, never names."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Connection, func, select

from orchestrator.store.instants import seconds
from orchestrator.store.tables import commands, outbox, sessions, sites


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Rows by state, and what waits in the outbox."""

    sessions: dict[str, int]
    sites: dict[str, int]
    commands: dict[str, int]
    outbox: int
    outbox_age: int  # seconds the oldest has waited


def counts(conn: Connection, now: datetime, under_way: frozenset[str]) -> Counts:
    """All of them, in one snapshot. Sites are those of the sessions under way."""
    there = select(sites.c.state, func.count()).join(sessions, sessions.c.id == sites.c.session_id)
    rows = conn.execute(there.where(sessions.c.state.in_(under_way)).group_by(sites.c.state))
    waiting, oldest = conn.execute(
        select(func.count(), func.min(outbox.c.at)).where(outbox.c.done_at.is_(None))
    ).one()
    return Counts(
        sessions=_by_state(conn, sessions.c.state),
        sites={row[0]: row[1] for row in rows},
        commands=_by_state(conn, commands.c.state),
        outbox=waiting,
        outbox_age=max(0, seconds(now) - oldest) if waiting else 0,
    )


def _by_state(conn: Connection, state: Column[str]) -> dict[str, int]:
    return {row[0]: row[1] for row in conn.execute(select(state, func.count()).group_by(state))}
