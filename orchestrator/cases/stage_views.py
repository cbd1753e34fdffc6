"""The stage and the floor as JSON for the desk, and what of them the media worker lets through."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from orchestrator.cases.stagings import Shown, people_of
from orchestrator.floor import Claim, SeatState
from orchestrator.means import Means
from orchestrator.session import State
from orchestrator.stage_table import Source, SourceState, Spot, Stage
from orchestrator.staging import Staging
from orchestrator.store import participants, sessions, stagings
from orchestrator.store.instants import iso
from orchestrator.store.participants import Participant
from rooms.ids import ParticipantId, RoomId, SessionId
from signalling.engine import Air
from signalling.ports import DESK


def stage(means: Means, shown: Shown) -> dict[str, Any]:
    """For the desk."""
    one, direction = shown.staging.stage, shown.staging.direction
    return {
        "version": shown.version,
        "program": {"layout": one.layout.value, "spots": [_spot(one, spot) for spot in one.spots]},
        "preview": {"layout": one.preview.layout.value, "sources": list(one.preview.sources)},
        "sources": [_source(means, shown, source) for source in one.sources],
        "proposals": dict(one.proposals),
        "desk": {
            "director": direction.director,
            "deputies": list(direction.deputies),
            "here": list(direction.here),
            "holder": direction.holder,
        },
        "talk": _talk(shown.staging),
    }


def floor(shown: Shown) -> dict[str, Any]:
    """For the desk and the sites."""
    one = shown.staging.floor
    return {
        "version": shown.version,
        "mode": one.mode.value,
        "holders": [_claim(claim) for claim in one.claims if claim.state is SeatState.SPEAKING],
        "queue": [_claim(claim) for claim in one.claims if claim.state is SeatState.ASKING],
        "heard": sorted(shown.staging.heard),
    }


async def air(means: Means, session: SessionId) -> Air | None:
    """Whose sound and whose pictures are forwarded; None where there is no stage.

    The directors' own pages see everybody, in the wings too. During a pause nothing is on air.
    """

    def look(conn: Connection) -> Air | None:
        found = stagings.find(conn, session)
        if found is None:
            return None
        people, desks = people_of(conn, session), _desks(conn, session, found[1])
        return _air(found[1], people, desks, paused=_paused(conn, session))

    return await means.database.read(look)


def _paused(conn: Connection, session: SessionId) -> bool:
    return sessions.get(conn, session).session.state is State.PAUSED


def _desks(
    conn: Connection, session: SessionId, staging: Staging
) -> tuple[frozenset[ParticipantId], ParticipantId | None]:
    """The directors' desks and pages, and the desk that speaks to somebody."""
    let_in, people = participants.of_session(conn, session), staging.direction.people
    by = staging.talk.by if staging.talk else None
    speaks = (one.id for one in let_in if one.kind == DESK and one.person == by)
    return frozenset(one.id for one in let_in if one.person in people), next(speaks, None)


def _air(
    staging: Staging,
    people: Mapping[str, Participant],
    seen_by: tuple[frozenset[ParticipantId], ParticipantId | None],
    *,
    paused: bool,
) -> Air:
    desks, speaks = seen_by
    to = (people[name].id for name in staging.spoken_to if name in people)
    talks = frozenset((speaks, one) for one in to) if speaks and staging.talk else frozenset()
    if paused:
        return Air(desks=desks, talks=talks)
    return Air(
        heard=frozenset(people[name].id for name in staging.heard if name in people),
        seen=frozenset(people[name].id for name in staging.stage.on_air if name in people),
        desks=desks,
        talks=talks,
    )


def _talk(staging: Staging) -> dict[str, Any] | None:
    talk = staging.talk
    if talk is None:
        return None
    return {"to": list(talk.to), "wings": talk.wings, "hear": sorted(staging.spoken_to)}


def _room(one: Participant | None) -> RoomId | None:
    return None if one is None else one.room


def _spot(of: Stage, spot: Spot) -> dict[str, Any]:
    return {
        "owner": spot.owner,
        "source": spot.source,
        "rung": spot.rung.value,
        "slate": of.source(spot.source).state is not SourceState.ON_AIR,
        "silent_since": None if spot.silent_since is None else iso(spot.silent_since),
    }


def _source(means: Means, shown: Shown, source: Source) -> dict[str, Any]:
    one = shown.people.get(source.id)
    room = RoomId(source.id) if source.id in shown.stored.centres else _room(one)
    named = "" if one is None else one.name
    return {
        "id": source.id,
        "name": named if room is None else means.label(room, frozenset(shown.stored.centres)),
        "room": room,
        "participant": None if one is None else one.id,
        "state": source.state.value,
        "signal": source.signal.value,
        "substitute": source.substitute,
        "armed": source.armed,
        "by": source.by,
    }


def _claim(claim: Claim) -> dict[str, Any]:
    return {"source": claim.seat.source, "name": claim.seat.name, "since": iso(claim.since)}
