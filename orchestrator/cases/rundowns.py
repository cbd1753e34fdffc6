"""The rundown of a ceremony: read, written, reordered and run by whoever runs the session.

Every change is one transaction: the right, the rule, the document with its next version, and the
line on record. What becomes of it is told on the bus afterwards.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from orchestrator import rundown as rules
from orchestrator.auth.people import Person
from orchestrator.cases import cues, outward, rights
from orchestrator.cases.conductor import Conductor
from orchestrator.cue import Act, Cue, CueId, in_time
from orchestrator.cues import Cue as Loaded
from orchestrator.rundown import GOES, Entry, Rundown
from orchestrator.rundown_document import instant
from orchestrator.rundown_times import Times, times
from orchestrator.session import AIRING, OVER, Session
from orchestrator.store import audit, rundowns, sessions
from orchestrator.store import cues as cue_rows
from orchestrator.store.sessions import Stored
from rooms.errors import Conflict, NotFound, Stale
from rooms.ids import RoomId, SessionId, new_id

CEREMONY = "ceremony"
MEANWHILE = timedelta(milliseconds=250)
"""Passes at most between a GO and its being told to the endpoints."""
Work = Callable[[Session, Rundown], Rundown]
Also = Callable[[Connection, Session, Rundown], None]
"""What is kept beside, in the same transaction: of the session, and of its rundown as it is now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A rundown as it is at `now`."""

    stored: Stored
    rundown: Rundown
    version: int
    now: datetime

    @property
    def times(self) -> Times:
        """Its hours."""
        return times(self.rundown.cues, self.stored.session.starts_at, self.now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is done, as the record and the bus tell it; `version`: the one that was read, if any."""

    action: str
    detail: dict[str, Any]
    cue: str | None = None
    version: int | None = None
    now: datetime | None = None


async def read(conductor: Conductor, person: Person, session: SessionId) -> Shown:
    """The rundown of a session one runs."""
    now = conductor.means.clock()
    return await conductor.means.database.read(lambda conn: _shown(conn, person, session, now))


async def write(
    conductor: Conductor,
    person: Person,
    session: SessionId,
    entries: Sequence[Entry],
    version: int | None,
) -> Shown:
    """Replace all that is written in it; what has begun stays."""
    change = Change(action="written", detail={"cues": len(entries)}, version=version)

    def work(of: Session, rundown: Rundown) -> Rundown:
        for entry in entries:
            in_time(entry.plan, of.starts_at)
        return rules.edited(rundown, entries, _new_cue)

    return await _change(conductor, person, session, change, work)


async def reorder(
    conductor: Conductor, person: Person, session: SessionId, order: Sequence[str]
) -> Shown:
    """The same cues in another order."""
    change = Change(action="reordered", detail={"order": list(order)})
    return await _change(
        conductor, person, session, change, lambda _, rundown: rules.reordered(rundown, order)
    )


async def act(
    conductor: Conductor,
    person: Person,
    session: SessionId,
    cue: str,
    act: Act,
    ahead: timedelta = timedelta(),
) -> Shown:
    """The director's act on one cue; a GO takes effect so much later, everywhere at once.

    What is loaded under the name of the cue is fired at that instant, which is put off to where it
    reaches everybody; it is recalled when the cue is aborted.
    """
    now = conductor.means.clock()
    loaded = await conductor.means.database.read(lambda conn: _of_cue_rows(conn, session, cue))
    at = now + ahead if act in GOES else now
    if act in GOES and loaded is not None:
        at = max(at, cues.reports_of(conductor, session).earliest(loaded, now) + MEANWHILE)
    change = Change(action=f"cue-{act.value}", detail={"at": instant(at)}, cue=cue, now=now)

    def work(of: Session, rundown: Rundown) -> Rundown:
        if act in GOES and not of.running:
            raise Conflict("session-not-running", state=of.state.value)
        return rules.done(rundown, cue, act, at)

    shown_by: list[Loaded] = []

    def also(conn: Connection, of: Session, after: Rundown) -> None:
        # In the transaction of the act: a GO that is kept is fired, whatever is killed after it.
        found = _of_cue_rows(conn, session, cue)
        if found is not None and act in GOES:
            shown_by.append(cues.keep_fired(conn, conductor, found, session, at, now))
        elif found is not None and act is Act.ABORT:
            shown_by.append(cues.keep_recalled(conn, session, found))
        if act in GOES:
            outward.keep(conn, now, of, after.cue(cue), person.id)

    shown = await _change(conductor, person, session, change, work, also)
    tell = cues.tell_fired if act in GOES else cues.tell_recalled
    for made in shown_by:
        await tell(conductor, session, made)
    conductor.means.hurry()
    return shown


def _of_cue_rows(conn: Connection, session: SessionId, cue: str) -> Loaded | None:
    """What is loaded under the name of a cue of the rundown."""
    return next((one for one in cue_rows.of_session(conn, session) if one.id == cue), None)


async def acknowledge(
    conductor: Conductor,
    person: Person,
    session: SessionId,
    cue: str,
    room: RoomId,
    edition: int | None,
) -> Shown:
    """A site has this edition of a cue, or (None) has it no more: whoever runs it says so."""
    word = "cue-site-unready" if edition is None else "cue-site-ready"
    change = Change(action=word, detail={"room": room}, cue=cue)

    def work(of: Session, rundown: Rundown) -> Rundown:
        if edition is None:
            return rules.site_unready(rundown, cue, room)
        return rules.site_ready(rundown, cue, room, edition)

    return await _change(conductor, person, session, change, work)


async def reset(conductor: Conductor, person: Person, session: SessionId) -> Shown:
    """As it was before the rehearsal; not while the session is on air."""

    def work(of: Session, rundown: Rundown) -> Rundown:
        if of.state in AIRING:
            raise Conflict("rundown-on-air")
        return rules.reset(rundown)

    return await _change(conductor, person, session, Change(action="reset", detail={}), work)


async def _change(
    conductor: Conductor,
    person: Person,
    session: SessionId,
    change: Change,
    work: Work,
    also: Also = lambda *_: None,
) -> Shown:
    now = change.now or conductor.means.clock()

    def step(conn: Connection) -> tuple[bool, Shown]:
        before = _shown(conn, person, session, now)
        _may_change(before, change)
        rundown = work(before.stored.session, before.rundown)
        if rundown == before.rundown and before.version:
            return False, before
        also(conn, before.stored.session, rundown)
        return True, _kept(conn, person, before, rundown, change)

    changed, shown = await conductor.means.database.write(step)
    if changed:
        _tell(conductor, shown, change)
    return shown


def _may_change(shown: Shown, change: Change) -> None:
    if shown.stored.session.state in OVER:
        raise Conflict("session-over", session=shown.stored.id)
    if change.version is not None and change.version != shown.version:
        raise Stale("rundown-changed", session=shown.stored.id)


def _kept(
    conn: Connection, person: Person, before: Shown, rundown: Rundown, change: Change
) -> Shown:
    stored, version = before.stored, before.version + 1
    rundowns.keep(conn, before.now, stored.session, rundown, version, person.id)
    detail = change.detail | ({} if change.cue is None else _of_cue(rundown.cue(change.cue)))
    action = f"rundown.{change.action}"
    audit.record(conn, before.now, person.id, action, stored.id, detail)
    return Shown(stored=stored, rundown=rundown, version=version, now=before.now)


def _of_cue(cue: Cue) -> dict[str, Any]:
    without = {"without": [*cue.without]} if cue.without else {}
    return {"cue": cue.id, "title": cue.plan.title, "state": cue.state.value, **without}


def _tell(conductor: Conductor, shown: Shown, change: Change) -> None:
    of_cue = {}
    if change.cue is not None:
        of_cue = {"cue": change.cue, "state": shown.rundown.cue(change.cue).state.value}
    conductor.means.bus.publish(
        "session.rundown.changed", session=shown.stored.id, version=shown.version, **of_cue
    )


def _shown(conn: Connection, person: Person, session: SessionId, now: datetime) -> Shown:
    stored = sessions.get(conn, session)
    rights.runs(person)(conn, stored)
    if stored.kind != CEREMONY:
        raise NotFound("no-rundown", session=session)
    version, rundown = rundowns.get(conn, stored.session)
    return Shown(stored=stored, rundown=rundown, version=version, now=now)


def _new_cue() -> CueId:
    return CueId(new_id("cu"))
