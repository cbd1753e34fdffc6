"""The plan of a room's day, for its agent: what holds it, and the scenes that begin and end that.

A session that runs past its hour holds the room for the overtime; one that ended early lets it rest
at once.
"""

import hashlib
import json
from datetime import timedelta

from sqlalchemy import Connection

from orchestrator.means import Means
from orchestrator.session import RUNNING, State
from orchestrator.store import scenes, sessions
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
        entries = [_entry(one) for one in held if one.session.state not in NOT_HELD]
        _, kept = scenes.of_room(conn, room)
        return Plan(entries=tuple(entries[:MOST_ENTRIES]), scenes=kept)

    return named(await means.database.read(find))


def named(plan: Plan) -> Plan:
    """The plan under a number that is the same for the same content, whoever makes it."""
    content = json.dumps(plan.to_json() | {"version": 0}, sort_keys=True)
    number = int.from_bytes(hashlib.sha256(content.encode()).digest()[:6], "big")
    return Plan(version=number, entries=plan.entries, scenes=plan.scenes)


def _entry(stored: Stored) -> Entry:
    one = stored.session
    end = one.ends_at
    if one.ended_at is not None:
        end = min(end, one.ended_at) if one.ended_at > one.starts_at else one.starts_at
    elif one.state in RUNNING:
        end += OVERTIME
    return Entry(id=one.id, start=one.starts_at, end=end, kind=stored.kind)
