"""The `stage` of docs/protocol.md: what every screen of a ceremony draws, one for everybody."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from orchestrator.cases.stagings import people_of
from orchestrator.cue import MOMENTARY, WAITING, Cue, CueId, concerned, missing
from orchestrator.floor import Seat
from orchestrator.means import Means
from orchestrator.rundown import Rundown
from orchestrator.rundown_document import instant
from orchestrator.rundown_times import times
from orchestrator.session import State
from orchestrator.stage_table import Layout, Spot
from orchestrator.staging import Staging
from orchestrator.store import rundowns, sessions, stagings
from orchestrator.store.participants import Participant
from orchestrator.store.sessions import Stored
from rooms.ids import RoomId, SessionId
from signalling.ports import Json

NamedBy = Callable[[str], str]
NOBODY: Json = {"layout": Layout.SLATE.value, "spots": [], "heard": []}


async def of_session(means: Means, session: SessionId) -> Json | None:
    """What is told now; None where no stage is set up. In a pause it is the slate."""
    now = means.clock()

    def look(conn: Connection) -> Json | None:
        found = stagings.find(conn, session)
        if found is None:
            return None
        stored, people = sessions.get(conn, session), people_of(conn, session)
        _, rundown = rundowns.get(conn, stored.session)
        told = on_the_wire(found[1], people, _names(means, stored, people))
        told |= running(rundown, found[1], people, stored.session.starts_at, now)
        return told | NOBODY if stored.session.state is State.PAUSED else told

    return await means.database.read(look)


def on_the_wire(staging: Staging, people: Mapping[str, Participant], name: NamedBy) -> Json:
    """The program and the floor, by participant; `name` says how people call a source."""
    ids = {source: one.id for source, one in people.items()}
    floor = staging.floor
    return {
        "layout": staging.stage.layout.value,
        "spots": [_spot(staging, spot, people, name) for spot in staging.stage.spots],
        "heard": sorted(ids[source] for source in staging.heard if source in ids),
        "mode": floor.mode.value,
        "talk": sorted(ids[source] for source in staging.spoken_to if source in ids),
        "holders": [_seat(seat, ids, name) for seat in floor.holders],
        "queue": [_seat(seat, ids, name) for seat in floor.queue],
    }


def running(
    rundown: Rundown,
    staging: Staging,
    people: Mapping[str, Participant],
    starts_at: datetime,
    now: datetime,
) -> Json:
    """What is on by the run of show, what comes, and who goes on air next: by a GO whose instant
    is still to come (`at`), else by the preview."""
    cue = rundown.live
    going = cue is not None and cue.started_at is not None and cue.started_at > now
    names: Iterable[str] = cue.plan.on_air if going and cue else staging.stage.preview.sources
    ids = [people[one].id for one in names if one in people]
    found = times(rundown.cues, starts_at, now)
    coming = next((one for one in rundown.cues if one.id == found.next), None)
    at = {one.id: one.expected_start for one in found.cues}
    return {
        "next": {"participants": ids, "at": instant(cue.started_at) if going and cue else None},
        "cue": None if cue is None else _cue(cue, cue.started_at),
        "then": None if coming is None else _cue(coming, at[coming.id]),
        "sites": {room: _of_site(rundown, room, at) for room in rundown.sites},
        "slate": "" if cue is None or cue.plan.kind in MOMENTARY else cue.plan.slate,
    }


def _of_site(rundown: Rundown, room: RoomId, at: Mapping[CueId, datetime | None]) -> Json | None:
    """The next cue that concerns a site, and whether it is ready for it."""
    for cue in rundown.cues:
        plan = cue.plan
        named = {*concerned(plan, rundown.sites), *plan.on_air, *plan.sites}
        if cue.state in WAITING and room in named:
            ready = room not in missing(cue, rundown.sites)
            return {**_cue(cue, at[cue.id]), "kind": plan.kind.value, "ready": ready}
    return None


def _cue(cue: Cue, at: datetime | None) -> Json:
    plan = cue.plan
    return {
        "title": plan.title,
        "people": plan.people,
        "at": instant(at),
        "duration": plan.duration,
        "rooms": list(plan.on_air),
    }


def _names(means: Means, stored: Stored, people: Mapping[str, Participant]) -> NamedBy:
    among = frozenset(stored.centres)

    def name(source: str) -> str:
        one = people.get(source)
        if source in among:
            return means.label(RoomId(source), among)
        if one is not None and one.room is not None:
            return means.label(one.room, among)
        return "" if one is None else one.name

    return name


def _spot(staging: Staging, spot: Spot, people: Mapping[str, Participant], name: NamedBy) -> Json:
    one = people.get(spot.source)
    return {
        "source": spot.source,
        "name": name(spot.source),
        "participant": None if one is None else one.id,
        "room": None if one is None else one.room,
        "slate": spot.source not in staging.stage.on_air,
        "rung": spot.rung.value,
        "signal": staging.stage.source(spot.source).signal.value,
    }


def _seat(seat: Seat, ids: Mapping[str, str], name: NamedBy) -> Json:
    return {"participant": ids.get(seat.source), "name": seat.name, "place": name(seat.source)}
