"""The rundown of a ceremony: read, written, reordered and run by whoever runs the session.

Every change is one transaction: the right, the rule, the document with its next version, and the
line on record. What becomes of it is told on the bus afterwards.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from orchestrator import rundown as rules
from orchestrator.auth.people import Person
from orchestrator.cases import cues, rights, rundown_screens, stagings, takes
from orchestrator.cases.conductor import Conductor
from orchestrator.cases.rundown_screens import Kept
from orchestrator.cue import Act, Cue, CueId, in_time
from orchestrator.cues import Cue as Loaded
from orchestrator.rundown import GOES, Entry, Rundown
from orchestrator.rundown_document import instant
from orchestrator.rundown_times import Times, times
from orchestrator.session import AIRING, CEREMONY, OVER, Session
from orchestrator.store import audit, rundowns, sessions
from orchestrator.store import cues as cue_rows
from orchestrator.store.sessions import Stored
from rooms.errors import Conflict, NotFound, Stale
from rooms.ids import RoomId, SessionId, new_id

MEANWHILE = timedelta(milliseconds=250)
"""Passes at most between a GO and its being told to the endpoints."""
Work = Callable[[Session, Rundown], Rundown]
Also = Callable[[Connection, Rundown], Rundown]
"""What is kept beside, in the same transaction, and the rundown with what is found there."""


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
    prepared = [0]

    def also(conn: Connection, after: Rundown) -> Rundown:
        # In the transaction of the act: a GO that is kept is fired, whatever is killed after it.
        found = _of_cue_rows(conn, session, cue)
        if act in GOES:
            after = _gone(conn, session, after, after.cue(cue), act, person.id)
            if found is not None:
                shown_by.append(cues.keep_fired(conn, conductor, found, session, at, now))
        elif found is not None and act in (Act.ABORT, Act.FINISH):
            shown_by.append(cues.keep_recalled(conn, session, found))
        elif act in (Act.ARM, Act.ARM_ANYWAY):
            prepared.append(takes.preview(conn, session, after.cue(cue), person.id, now))
        return after

    shown = await _change(conductor, person, session, change, work, also)
    tell = cues.tell_fired if act in GOES else cues.tell_recalled
    for made in shown_by:
        await tell(conductor, session, made)
    if prepared[-1]:
        await stagings.tell(conductor, session, prepared[-1])
    conductor.gone.set()
    return shown


def _gone(
    conn: Connection, session: SessionId, after: Rundown, cue: Cue, act: Act, by: str
) -> Rundown:
    """Who says GO has the desk, and those who are to be on air can come, or he said "anyway"."""
    lost = takes.check(conn, session, cue, by)
    if lost and act is Act.GO:
        raise Conflict("cue-sources-missing", cue=cue.id, missing=[*lost])
    without = tuple(dict.fromkeys((*cue.without, *lost)))
    return after.with_cue(replace(cue, by=by, without=without))


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
    also: Also = lambda _, rundown: rundown,
) -> Shown:
    now = change.now or conductor.means.clock()

    def step(conn: Connection) -> tuple[Kept | None, Shown]:
        before = _shown(conn, person, session, now)
        _may_change(before, change)
        rundown = work(before.stored.session, before.rundown)
        if rundown == before.rundown and before.version:
            return None, before
        rundown = also(conn, rundown)
        kept = rundown_screens.keep(conn, session, before.rundown, rundown, before.version + 1)
        rundown = _anew(conn, conductor, before, rundown)
        return kept, _kept(conn, person, before, rundown, change)

    kept, shown = await conductor.means.database.write(step)
    if kept is not None:
        _tell(conductor, shown, change)
        await rundown_screens.tell(conductor, session, kept)
    return shown


def _anew(conn: Connection, conductor: Conductor, before: Shown, after: Rundown) -> Rundown:
    """What the sites have already they need not say again, though it is to be acknowledged anew."""
    known = {cue.id: cue.edition for cue in before.rundown.cues}
    new = {cue.id for cue in after.cues if known.get(cue.id) != cue.edition}
    if not new:
        return after
    held = rundown_screens.held(conn, conductor, before.stored.id, after)
    return rules.found_ready(after, {cue: rooms for cue, rooms in held.items() if cue in new})


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
