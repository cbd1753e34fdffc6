"""What a GO brings with it, done at the instant it takes effect: the stage, the screens, wishes.

All of it is kept in one transaction with its being done, and told afterwards. A GO that is still
due after a start is carried out at once.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, select

from orchestrator import rundown as rules
from orchestrator import show
from orchestrator import stage as place
from orchestrator import staging as ceremony
from orchestrator.cases import outward, rundown_screens, stagings
from orchestrator.cases.conductor import Conductor
from orchestrator.cases.rundown_screens import Kept
from orchestrator.cue import Cue
from orchestrator.rundown import Rundown
from orchestrator.session import CEREMONY, RUNNING
from orchestrator.store import audit, rundowns, sessions
from orchestrator.store import stagings as stages
from orchestrator.store.sessions import Stored
from orchestrator.store.tables import sessions as session_rows
from orchestrator.store.tables_rundowns import rundowns as rundown_rows
from rooms.errors import Conflict
from rooms.ids import RoomId, SessionId


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What is to be told: the version of the stage, where it has changed."""

    kept: Kept
    stage: int = 0
    wished: bool = False


def check(conn: Connection, session: SessionId, cue: Cue, by: str) -> tuple[RoomId, ...]:
    """Who of those to be on air cannot come; none where no stage is set up. Forbidden for somebody
    who has not got the desk of a stage."""
    found = stages.find(conn, session)
    if found is None:
        return ()
    ceremony.may_go(found[1], by)
    return show.missing(cue.plan, found[1].stage)


def preview(conn: Connection, session: SessionId, cue: Cue, by: str, now: datetime) -> int:
    """What is armed is prepared, where he who arms it has the desk; the next version of the stage,
    0 where it stays as it is."""
    found = stages.find(conn, session)
    wanted = None if found is None else show.cast(cue.plan, found[1].stage)
    if found is None or wanted is None or found[1].direction.holder != by:
        return 0
    version, before = found
    stage = place.prepare(before.stage, wanted.layout, wanted.sources)
    if stage == before.stage:
        return 0
    detail = {"cue": cue.id, "layout": wanted.layout.value, "sources": list(wanted.sources)}
    audit.record(conn, now, by, "stage.prepare", session, detail)
    return stages.keep(conn, now, session, version, replace(before, stage=stage))


async def carry_out(conductor: Conductor) -> datetime | None:
    """Carry out every GO whose instant has come; when the next one comes, if any is known."""
    now, coming = conductor.means.clock(), []
    for session, cue in await conductor.means.database.read(_due):
        at = rules.takes_effect(cue)
        if at <= now:
            await _carry_out(conductor, session, cue, now)
        else:
            coming.append(at)
    return min(coming, default=None)


async def _carry_out(conductor: Conductor, session: SessionId, cue: Cue, now: datetime) -> None:
    def step(conn: Connection) -> Done | None:
        stored = sessions.get(conn, session)
        version, rundown = rundowns.get(conn, stored.session)
        if cue not in rules.due(rundown):
            return None
        rundown = rules.carried_out(rundown, cue.id)
        rundowns.keep(conn, now, stored.session, rundown, version, cue.by)
        return _done(conn, stored, rundown, cue, now)

    done = await conductor.means.database.write(step)
    if done is None:
        return
    if done.stage:
        await stagings.tell(conductor, session, done.stage)
    await rundown_screens.tell(conductor, session, done.kept)
    if done.wished:
        conductor.means.hurry()


def _done(conn: Connection, stored: Stored, rundown: Rundown, cue: Cue, now: datetime) -> Done:
    recalled = rundown_screens.over(conn, stored.id, rundown, cue)
    return Done(
        kept=Kept(recalled=recalled),
        stage=_staged(conn, stored.id, cue, now),
        wished=outward.keep(conn, now, stored.session, cue, cue.by),
    )


def _staged(conn: Connection, session: SessionId, cue: Cue, now: datetime) -> int:
    """The next version of the stage; 0 where the cue leaves it as it is."""
    found = stages.find(conn, session)
    if found is None:
        return 0
    version, before = found
    wanted = show.cast(cue.plan, before.stage)
    if wanted is None:
        return 0
    detail: dict[str, object] = {"cue": cue.id, "layout": wanted.layout.value}
    try:
        after = ceremony.put_on(before, wanted, cue.by, now)
    except Conflict as refusal:  # who was there at the GO has just been lost
        audit.record(conn, now, cue.by, "stage.cue-refused", session, detail | {"why": refusal.key})
        return 0
    detail |= {"sources": list(wanted.sources)}
    audit.record(conn, now, cue.by, "stage.cue", session, detail)
    return stages.keep(conn, now, session, version, after)


def _due(conn: Connection) -> list[tuple[SessionId, Cue]]:
    running = (
        select(rundown_rows.c.session_id)
        .join(session_rows, session_rows.c.id == rundown_rows.c.session_id)
        .where(session_rows.c.state.in_(RUNNING), session_rows.c.kind == CEREMONY)
    )
    found = []
    for row in conn.execute(running).all():
        session = SessionId(row.session_id)
        _, rundown = rundowns.get(conn, sessions.get(conn, session).session)
        found += [(session, cue) for cue in rules.due(rundown)]
    return sorted(found, key=lambda each: rules.takes_effect(each[1]))
