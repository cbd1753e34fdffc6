"""Rooms in action: what their screens report, and when they are held."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field
from sqlalchemy import Connection

from orchestrator import roles
from orchestrator.api.callers import Caller
from orchestrator.api.endpoint import Answer, Call, Route
from orchestrator.api.interval import Interval
from orchestrator.cases import rights
from orchestrator.keys import HOUSE, SETTINGS
from orchestrator.store import bookings, rooms
from orchestrator.store.busy import Busy, busy_between
from orchestrator.store.instants import iso
from rooms.control import DEFAULT_STATE
from rooms.ids import CentreId


class StateOut(BaseModel):
    """The document a room reported last; version 0 when it never did."""

    version: int
    document: dict[str, Any]
    presence: str
    at: datetime | None


class BusyOut(BaseModel):
    """A time a room is held; what for, only for those who may see it."""

    room: str
    start: Annotated[datetime, Field(alias="from")]
    end: Annotated[datetime, Field(alias="to")]
    state: str
    title: str | None = None
    session: str | None = None
    booking: str | None = None


class AvailabilityOut(BaseModel):
    """When the rooms are held, within the interval asked for."""

    start: Annotated[datetime, Field(alias="from")]
    end: Annotated[datetime, Field(alias="to")]
    busy: list[BusyOut]


async def state(call: Call) -> Answer:
    """How a room is, for its own screen and for whoever may command it."""
    house = call.app[HOUSE]
    room = house.means.network.room(call.path("room")).id
    device = call.caller.device
    if device is None or device.room != room:
        check = rights.commands(house.conductor, call.person, room)
        await call.database.read(check)
    report = await call.database.read(lambda conn: rooms.state_of(conn, room))
    return Answer(
        body={
            "version": 0 if report is None else report.version,
            "document": DEFAULT_STATE.to_json() if report is None else report.document,
            "presence": house.screens.of(room).value,
            "at": None if report is None else iso(report.at),
        }
    )


async def availability(call: Call) -> Answer:
    """When the rooms are held."""
    asked = call.query(Interval).checked()
    network = call.app[SETTINGS].network
    centres = {room.id: room.centre for room in network.rooms}

    def find(conn: Connection) -> list[Busy]:
        return busy_between(conn, asked.start, asked.end)

    held = [one for one in await call.database.read(find) if one.room in centres]
    return Answer(
        body={
            "from": iso(asked.start),
            "to": iso(asked.end),
            "busy": [_shown(one, call.caller, centres[one.room]) for one in held],
        }
    )


def _shown(one: Busy, caller: Caller, centre: CentreId) -> dict[str, Any]:
    busy: dict[str, Any] = {
        "room": one.room,
        "from": iso(one.start),
        "to": iso(one.end),
        "state": bookings.CONFIRMED,
    }
    if roles.may_see_title(caller.person, one.organiser, centre):
        busy |= {"title": one.title, "session": one.session, "booking": one.booking}
    elif roles.screen_may_see_title(caller.device.room if caller.device else None, one.room):
        busy["title"] = one.title
    return busy


ROUTES = (
    Route(
        method="GET",
        path="/rooms/availability",
        handler=availability,
        summary="When the rooms are held",
        query=Interval,
        answer=AvailabilityOut,
        errors=(422,),
    ),
    Route(
        method="GET",
        path="/rooms/{room}/state",
        handler=state,
        summary="How a room is",
        answer=StateOut,
        errors=(401, 403, 404),
    ),
)
