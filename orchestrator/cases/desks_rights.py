"""Who may do what at a reception desk, checked inside the transaction that acts."""

import contextlib
from dataclasses import dataclass

from sqlalchemy import Connection

from orchestrator import roles
from orchestrator.auth import accounts
from orchestrator.auth.people import Person
from orchestrator.desk import WAITING, Call, CallId, Hall
from orchestrator.session import OVER
from orchestrator.settings.model import Network
from orchestrator.store import desks as store
from orchestrator.store import sessions
from orchestrator.store.desks import Meeting
from rooms.errors import Conflict, Forbidden, NotFound
from rooms.room import Desk, DeskId


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who acts: the device of a desk, or a person."""

    desk: DeskId | None = None
    person: Person | None = None


def desk_at(network: Network, desk: str) -> Desk:
    """The desk of this id; NotFound("no-desk")."""
    for place in network.desks:
        if place.id == desk:
            return place
    raise NotFound("no-desk", desk=desk)


def attending(conn: Connection, person: Person) -> Person:
    """The person as he is now, who may be rung; Forbidden("not-on-duty") for anybody else."""
    known = accounts.by_id(conn, person.id)
    if known is None or not roles.may_attend(known):
        raise Forbidden("not-on-duty")
    return known


def own(conn: Connection, caller: Caller, call: str) -> tuple[Call, Meeting | None]:
    """A call of the desk's own, or that the person answered; for others there is none."""
    known, meeting = store.get(conn, call)
    if caller.person is not None:
        attending(conn, caller.person)
        mine = known.by == caller.person.id
    else:
        mine = known.desk == caller.desk
    if not mine:
        raise NotFound("no-desk-call", call=call)
    return known, meeting


def open_or_over(conn: Connection, hall: Hall, call: str, person: Person) -> Call:
    """The call in the hall; one that is over is refused as its end says."""
    with contextlib.suppress(NotFound):
        return hall.call(CallId(call))
    over, _ = store.get(conn, call)
    taken = over.by is not None and over.by != person.id
    raise Conflict("already-answered" if taken else "not-ringing", call=call)


def session_is_over(conn: Connection, call: Call) -> bool:
    """The session of an answered call was ended elsewhere, or is forgotten."""
    if call.state in WAITING:
        return False
    _, meeting = store.get(conn, call.id)
    if meeting is None:
        return True
    try:
        return sessions.get(conn, meeting.session).session.state in OVER
    except NotFound:
        return True
