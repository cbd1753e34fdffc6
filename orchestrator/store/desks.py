"""Rows of reception desks: the hall of `orchestrator.desk` as it is kept, and call-backs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from orchestrator.desk import OPEN, Agent, Call, CallId, Hall, Ring, State
from orchestrator.session import State as SessionState
from orchestrator.store.hashed import token_hash
from orchestrator.store.instants import instant, seconds
from orchestrator.store.tables import devices, sessions
from orchestrator.store.tables_desks import desk_agents, desk_callbacks, desk_calls
from rooms.errors import NotFound
from rooms.ids import CentreId, ParticipantId, PersonId, RoomId, SessionId, new_id, new_secret
from rooms.room import DeskId

DESK = "desk"
KEPT = timedelta(days=90)
"""Calls that are over, and numbers that were asked for."""
DONE_KEPT = timedelta(days=7)
"""Numbers that were called back."""
LONGEST_CALL = timedelta(hours=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """The session of an answered call, and the places of the two in it."""

    session: SessionId
    visitor: ParticipantId
    animateur: ParticipantId


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBack:
    """Somebody who wants to be called."""

    id: str
    desk: DeskId
    centre: CentreId
    name: str
    phone: str
    at: datetime
    done_at: datetime | None = None


def place_of(desk: DeskId) -> RoomId:
    """What its device is paired with, as no room can be called."""
    return RoomId(f"{DESK}:{desk}")


def desk_of(conn: Connection, token: str) -> DeskId | None:
    """The desk of a device token, unless it was revoked."""
    place = conn.execute(
        select(devices.c.room_id).where(
            devices.c.token_hash == token_hash(token),
            devices.c.revoked_at.is_(None),
            devices.c.kind == DESK,
        )
    ).scalar_one_or_none()
    return None if place is None else DeskId(place.removeprefix(f"{DESK}:"))


def put_out_others(conn: Connection, desk: DeskId, device: str, now: datetime) -> None:
    """A desk has one device: the former ones are out."""
    conn.execute(
        update(devices)
        .where(
            devices.c.room_id == place_of(desk),
            devices.c.id != device,
            devices.c.revoked_at.is_(None),
        )
        .values(revoked_at=seconds(now))
    )


# --- the hall ---------------------------------------------------------------


def open_calls(conn: Connection) -> tuple[Call, ...]:
    """Every call that is not over, oldest first."""
    rows = conn.execute(
        select(desk_calls)
        .where(desk_calls.c.state.in_([state.value for state in OPEN]))
        .order_by(desk_calls.c.asked_at, desk_calls.c.id)
    )
    return tuple(_call(row) for row in rows)


def get(conn: Connection, call: str) -> tuple[Call, Meeting | None]:
    """One call, over or not; NotFound("no-desk-call")."""
    row = conn.execute(select(desk_calls).where(desk_calls.c.id == call)).one_or_none()
    if row is None:
        raise NotFound("no-desk-call", call=call)
    return _call(row), _meeting(row)


def last_of(conn: Connection, desk: DeskId) -> Call | None:
    """The last call of a desk."""
    row = conn.execute(
        select(desk_calls)
        .where(desk_calls.c.desk_id == desk)
        .order_by(desk_calls.c.asked_at.desc(), desk_calls.c.id)
        .limit(1)
    ).one_or_none()
    return None if row is None else _call(row)


def agents(conn: Connection) -> dict[PersonId, tuple[bool, int, datetime]]:
    """Of everybody who was on duty once: away, misses, idle since."""
    return {
        PersonId(row.person_id): (row.away, row.misses, instant(row.free_at))
        for row in conn.execute(select(desk_agents))
    }


def keep(conn: Connection, before: Hall, after: Hall) -> None:
    """Write what has changed."""
    known = {call.id: call for call in before.calls}
    for call in after.calls:
        if call.id not in known:
            conn.execute(insert(desk_calls).values(id=call.id, **_values(call)))
        elif call != known[call.id]:
            conn.execute(
                update(desk_calls).where(desk_calls.c.id == call.id).values(**_values(call))
            )
    for agent in set(after.agents) - set(before.agents):
        _keep_agent(conn, agent)


def _keep_agent(conn: Connection, agent: Agent) -> None:
    values = {"away": agent.away, "misses": agent.misses, "free_at": seconds(agent.free_at)}
    known = upsert(desk_agents).values(person_id=agent.person, **values)
    conn.execute(known.on_conflict_do_update(index_elements=["person_id"], set_=values))


def meet(conn: Connection, call: CallId, meeting: Meeting) -> None:
    """The call has its session."""
    conn.execute(
        update(desk_calls)
        .where(desk_calls.c.id == call)
        .values(
            session_id=meeting.session,
            visitor_id=meeting.visitor,
            animateur_id=meeting.animateur,
        )
    )


def add_session(conn: Connection, now: datetime, organiser: PersonId, title: str) -> SessionId:
    """A session of two that no booking made; its link is told to nobody."""
    session = SessionId(new_id("se"))
    conn.execute(
        insert(sessions).values(
            id=session,
            booking_id=None,
            recurrence_id="",
            kind="reception",
            title=title,
            state=SessionState.BOOKED.value,
            organiser_id=organiser,
            join_code=new_secret(),
            starts_at=seconds(now),
            ends_at=seconds(now + LONGEST_CALL),
        )
    )
    return session


def forget(conn: Connection, now: datetime) -> None:
    """Drop what need not be known any more."""
    old = seconds(now - KEPT)
    conn.execute(delete(desk_calls).where(desk_calls.c.ended_at < old))
    conn.execute(
        delete(desk_callbacks).where(
            or_(
                desk_callbacks.c.at < old,
                desk_callbacks.c.done_at < seconds(now - DONE_KEPT),
            )
        )
    )


# --- call-backs -------------------------------------------------------------


def add_callback(conn: Connection, wish: CallBack) -> None:
    """Keep a number."""
    conn.execute(
        insert(desk_callbacks).values(
            id=wish.id,
            desk_id=wish.desk,
            centre_id=wish.centre,
            name=wish.name,
            phone=wish.phone,
            at=seconds(wish.at),
        )
    )


def callbacks(conn: Connection) -> list[CallBack]:
    """Those that nobody has called yet, oldest first."""
    query = select(desk_callbacks).where(desk_callbacks.c.done_at.is_(None))
    return [_callback(row) for row in conn.execute(query.order_by(desk_callbacks.c.at))]


def callback(conn: Connection, wish: str) -> CallBack:
    """One of them; NotFound("no-desk-callback")."""
    row = conn.execute(select(desk_callbacks).where(desk_callbacks.c.id == wish)).one_or_none()
    if row is None:
        raise NotFound("no-desk-callback", callback=wish)
    return _callback(row)


def callback_done(conn: Connection, wish: str, by: PersonId, now: datetime) -> None:
    """He was called."""
    conn.execute(
        update(desk_callbacks)
        .where(desk_callbacks.c.id == wish, desk_callbacks.c.done_at.is_(None))
        .values(done_at=seconds(now), done_by=by)
    )


# --- rows -------------------------------------------------------------------


def _values(call: Call) -> Mapping[str, Any]:
    return {
        "desk_id": call.desk,
        "centre_id": call.centre,
        "state": call.state.value,
        "asked_at": seconds(call.asked_at),
        "tier": call.tier,
        "tier_at": seconds(call.tier_at),
        "rings": [[ring.person, seconds(ring.since)] for ring in call.rings],
        "declined": sorted(call.declined),
        "missed": sorted(call.missed),
        "answered_by": call.by,
        "answered_at": seconds(call.answered_at),
        "ended_at": seconds(call.ended_at),
    }


def _call(row: Any) -> Call:
    return Call(
        id=CallId(row.id),
        desk=DeskId(row.desk_id),
        centre=CentreId(row.centre_id),
        asked_at=instant(row.asked_at),
        state=State(row.state),
        tier=row.tier,
        tier_at=instant(row.tier_at),
        rings=tuple(Ring(person=PersonId(who), since=instant(at)) for who, at in row.rings),
        declined=frozenset(map(PersonId, row.declined)),
        missed=frozenset(map(PersonId, row.missed)),
        by=None if row.answered_by is None else PersonId(row.answered_by),
        answered_at=instant(row.answered_at),
        ended_at=instant(row.ended_at),
    )


def _meeting(row: Any) -> Meeting | None:
    if row.session_id is None:
        return None
    return Meeting(
        session=SessionId(row.session_id),
        visitor=ParticipantId(row.visitor_id),
        animateur=ParticipantId(row.animateur_id),
    )


def _callback(row: Any) -> CallBack:
    return CallBack(
        id=row.id,
        desk=DeskId(row.desk_id),
        centre=CentreId(row.centre_id),
        name=row.name,
        phone=row.phone,
        at=instant(row.at),
        done_at=instant(row.done_at),
    )
