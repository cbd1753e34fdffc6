"""The plan of a room's day, for its agent: what holds it, and the scenes that begin and end that.

A session that runs past its hour holds the room for the overtime; one that ended early lets it rest
at once, one that was put on air early wakes it then. A rehearsal holds its rooms as a session does.
"""

import hashlib
import json
from datetime import datetime, timedelta

from sqlalchemy import Connection

from orchestrator.means import Means
from orchestrator.session import RUNNING, State
from orchestrator.store import rehearsals, scenes, sessions
from orchestrator.store.sessions import Stored
from orchestrator.timetable import OVERTIME
from rooms.agent.plan import LATE, MOST_ENTRIES, Entry, Plan
from rooms.ids import RoomId

AHEAD = timedelta(hours=36)
NOT_HELD = (State.DRAFT,)


async def plan_of(means: Means, room: RoomId) -> Plan:
    """What the room has to do until tomorrow night. Its version names its content."""
    now = means.clock()

    def find(conn: Connection) -> Plan:
        found = sessions.between(conn, now - LATE - OVERTIME, now + AHEAD)
        held = [one for one in found if room in one.centres]
        _, kept = scenes.of_room(conn, room)
        before = timedelta(minutes=kept.before_minutes)
        entries = [_entry(one, before) for one in held if one.session.state not in NOT_HELD]
        entries += _rehearsed(conn, room, now)
        return Plan(entries=tuple(entries[:MOST_ENTRIES]), scenes=kept)

    return named(await means.database.read(find))


def named(plan: Plan) -> Plan:
    """The plan under a number that is the same for the same content, whoever makes it."""
    content = json.dumps(plan.to_json() | {"version": 0}, sort_keys=True)
    number = int.from_bytes(hashlib.sha256(content.encode()).digest()[:6], "big")
    return Plan(version=number, entries=plan.entries, scenes=plan.scenes)


def _entry(stored: Stored, before: timedelta) -> Entry:
    one = stored.session
    start, end = one.starts_at, one.ends_at
    if one.ended_at is not None:
        end = min(end, one.ended_at) if one.ended_at > one.starts_at else one.starts_at
    elif one.state in RUNNING:
        end += OVERTIME
    if one.started_at is not None and one.started_at < start - before:
        # Its devices do not wait for an hour that is still to come; else they are awake already.
        start, end = one.started_at, end if one.ended_at is None else one.ended_at
    return Entry(id=one.id, start=start, end=end, kind=stored.kind)


def _rehearsed(conn: Connection, room: RoomId, now: datetime) -> list[Entry]:
    """Rehearsals of sessions with that room, which may be days before their hour."""
    found = []
    for one in rehearsals.since(conn, now - LATE):
        stored = sessions.get(conn, one.session)
        if room in stored.centres:
            end = one.until if one.ended_at is None else one.ended_at
            found.append(Entry(id=one.id, start=one.began_at, end=end, kind=stored.kind))
    return found
