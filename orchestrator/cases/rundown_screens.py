"""What the cues of a run of show have on screens: loaded as they are written, in one transaction.

Each is loaded under the name of its cue with the version of the rundown, which only grows: whoever
has an older one fetches the new one. What is skipped or taken out is recalled.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from orchestrator.cases import cues
from orchestrator.cases.conductor import Conductor
from orchestrator.cue import BEGUN, MOMENTARY, Cue, CueId, State
from orchestrator.cue_screens import loaded, waits_for_contents
from orchestrator.cues import Cue as OnScreen
from orchestrator.cues import Standing
from orchestrator.rundown import Rundown
from orchestrator.store import cues as rows
from orchestrator.store import participants, rundowns
from orchestrator.store.sessions import Stored
from rooms.ids import ParticipantId, RoomId, SessionId

Types = dict[str, str]
HELD = (Standing.READY, Standing.FIRED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is to be told once it is kept."""

    loaded: tuple[OnScreen, ...] = ()
    recalled: tuple[OnScreen, ...] = ()


def types_of(conn: Connection, session: SessionId) -> Types:
    """The types of the contents a session has, by hash."""
    return {sha256: one.type for sha256, one in rows.contents(conn, session).items()}


def keep(
    conn: Connection, session: SessionId, before: Rundown, after: Rundown, version: int
) -> Kept:
    """Load what is different now, forget what is not to be shown any more."""
    types = types_of(conn, session)
    return _kept(conn, session, loaded(before, types), after, types, version)


def keep_brought(conn: Connection, stored: Stored, sha256: str, before: Types) -> Kept:
    """Contents were brought that some cues have waited for."""
    version, rundown = rundowns.get(conn, stored.session)
    if sha256 not in {cue.plan.contents for cue in rundown.cues}:
        return Kept()
    types = types_of(conn, stored.id)
    return _kept(conn, stored.id, loaded(rundown, before), rundown, types, version)


def _kept(
    conn: Connection,
    session: SessionId,
    was: dict[str, OnScreen],
    after: Rundown,
    types: Types,
    version: int,
) -> Kept:
    now = loaded(after, types)
    known = {one.id: one for one in rows.of_session(conn, session)}
    made = []
    for id, one in now.items():
        if one != was.get(id):
            newer = 1 + known[id].version if id in known else version
            made.append(replace(one, version=max(version, newer)))
            rows.keep(conn, session, made[-1])
    ran = {cue.id for cue in after.cues if cue.state in BEGUN}
    gone = [known[id] for id in was if id in known and id not in now and CueId(id) not in ran]
    return Kept(loaded=tuple(made), recalled=forget(conn, session, gone))


def forget(conn: Connection, session: SessionId, gone: Iterable[OnScreen]) -> tuple[OnScreen, ...]:
    """These are shown no more; their contents stay with the run of show."""
    gone = tuple(gone)
    for one in gone:
        rows.forget(conn, session, one.id)
    return gone


def over(conn: Connection, session: SessionId, rundown: Rundown, by: Cue) -> tuple[OnScreen, ...]:
    """What earlier cues show still when this one takes effect; it is forgotten."""
    if by.plan.kind in MOMENTARY:
        return ()
    past = {
        cue.id
        for cue in rundown.cues
        if cue.state is State.DONE and not cue.due and cue.plan.kind not in MOMENTARY
    }
    known = rows.of_session(conn, session)
    return forget(conn, session, (one for one in known if CueId(one.id) in past))


def held(
    conn: Connection, conductor: Conductor, session: SessionId, rundown: Rundown
) -> dict[CueId, frozenset[RoomId]]:
    """Which rooms have what each cue asks of them, as far as they have said so: they keep what it
    shows, or where it shows nothing they are there."""
    screens, types = screens_in(conn, session), types_of(conn, session)
    known = {one.id: one for one in rows.of_session(conn, session)}
    reports = cues.reports_of(conductor, session)

    def keeping(cue: Cue) -> frozenset[RoomId]:
        one = known.get(cue.id)
        if waits_for_contents(cue.plan, types):
            return frozenset()
        if one is None:
            return frozenset(screens)
        return frozenset(r for r, who in screens.items() if reports.kept(one, who).standing in HELD)

    return {cue.id: keeping(cue) for cue in rundown.cues}


def screens_in(conn: Connection, session: SessionId) -> dict[RoomId, ParticipantId]:
    """The screens that are in, by their room."""
    return {
        one.room: one.id
        for one in participants.of_session(conn, session)
        if one.room is not None and one.state == participants.JOINED
    }


async def tell(conductor: Conductor, session: SessionId, kept: Kept) -> None:
    """Everybody whom it concerns and who is there; who joins later is told by what is stored."""
    for one in kept.recalled:
        await cues.tell_recalled(conductor, session, one)
    for one in kept.loaded:
        await cues.tell_loaded(conductor, session, one)
