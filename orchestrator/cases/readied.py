"""The acknowledgements of endpoints reach the run of show: a cue becomes ready by itself.

They come in crowds, as when everybody joins: those of a moment are kept in one transaction. One
that is lost with the service is no loss, since each endpoint joins again and says it again.
"""

from collections.abc import Mapping

from sqlalchemy import Connection

from orchestrator import rundown as rules
from orchestrator.cases import rundown_screens
from orchestrator.cases.conductor import CLOCK, Conductor
from orchestrator.cue import CueId
from orchestrator.rundown import Rundown
from orchestrator.session import CEREMONY, OVER
from orchestrator.store import audit, rundowns, sessions
from rooms.errors import NotFound
from rooms.ids import RoomId, SessionId

Said = Mapping[tuple[RoomId, str], bool]


async def keep(conductor: Conductor) -> None:
    """Keep all that was said meanwhile."""
    while conductor.stirred:
        session, said = conductor.stirred.popitem()
        await _keep(conductor, session, said)


async def _keep(conductor: Conductor, session: SessionId, said: Said) -> None:
    now = conductor.means.clock()

    def look(conn: Connection) -> tuple[int, Rundown, Rundown] | None:
        stored = sessions.get(conn, session)
        if stored.kind != CEREMONY or stored.session.state in OVER:
            return None
        version, before = rundowns.get(conn, stored.session)
        after = _heard(conn, conductor, session, before, said)
        return None if after == before else (version + 1, before, after)

    def step(conn: Connection) -> int:
        found = look(conn)
        if found is None:
            return 0
        version, before, after = found
        rundowns.keep(conn, now, sessions.get(conn, session).session, after, version, CLOCK)
        for row in _lines(before, after):
            audit.record(conn, now, CLOCK, "rundown.cue-sites", session, row)
        return version

    try:
        if await conductor.means.database.read(look) is None:
            return
        version = await conductor.means.database.write(step)
    except NotFound:  # its booking was cancelled meanwhile
        return
    if version:
        publish = conductor.means.bus.publish
        publish("session.rundown.changed", session=session, version=version)


def _heard(
    conn: Connection, conductor: Conductor, session: SessionId, rundown: Rundown, said: Said
) -> Rundown:
    held = rundown_screens.held(conn, conductor, session, rundown)
    has = {cue: _of(said, cue, ready=True) & keeping for cue, keeping in held.items()}
    lacks = {cue: _of(said, cue, ready=False) - keeping for cue, keeping in held.items()}
    return rules.found_ready(rules.found_unready(rundown, lacks), has)


def _of(said: Said, cue: CueId, *, ready: bool) -> frozenset[RoomId]:
    """Who has said this of the cue, or of all of them."""
    return frozenset(r for (r, about), so in said.items() if so is ready and about in ("", cue))


def _lines(before: Rundown, after: Rundown) -> list[dict[str, object]]:
    """For the record: one line for each cue whose sites are others now."""
    lines: list[dict[str, object]] = []
    for cue in after.cues:
        former = before.cue(cue.id)
        if cue.acknowledged != former.acknowledged:
            ready = sorted(cue.acknowledged)
            lines.append({"cue": cue.id, "state": cue.state.value, "ready": ready})
    return lines
