"""The panel at a door: one device, one room, and the verbs of bookings. Nothing else opens to it,
and its own token is the only one that opens this."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from orchestrator.api.endpoint import Answer, Body, Call, Route, Shape
from orchestrator.cases import panel as cases
from orchestrator.cases.panel import Held
from orchestrator.gate import known
from orchestrator.keys import BOOKINGS, SETTINGS
from orchestrator.store import devices
from orchestrator.store.devices import Device
from orchestrator.store.instants import iso
from rooms.errors import Forbidden, Unauthenticated


class HeldOut(Shape):
    """A time the room is held; `own` may be made longer and ended at this door."""

    booking: str | None
    title: str
    start: Annotated[datetime, Field(alias="from")]
    end: Annotated[datetime, Field(alias="to")]
    confirmed: bool
    checked_in: bool
    own: bool


class PlanOut(Shape):
    """What the panel shows, and goes on showing when the service is away."""

    room: str
    name: str
    centre: str
    zone: str
    now: datetime
    lengths: list[int]
    held: list[HeldOut]


class BookIn(Body):
    """Hold the room from now on, so many minutes."""

    minutes: Literal[15, 30, 60]


class MoreIn(Body):
    """So many minutes more."""

    minutes: Literal[15, 30, 60]


class MadeOut(PlanOut):
    """The plan with the new booking in it."""

    booking: str


async def show(call: Call) -> Answer:
    """The plan of the room, a day ahead."""
    return Answer(body=await _plan(call, await _panel(call)))


async def book(call: Call) -> Answer:
    """Hold the room now."""
    panel, minutes = await _panel(call), call.body(BookIn).minutes
    made = await cases.book(call.app[BOOKINGS], panel, minutes, call.now)
    return Answer(status=201, body={"booking": made, **await _plan(call, panel)})


async def check_in(call: Call) -> Answer:
    """Say that people are here."""
    panel = await _panel(call)
    await cases.check_in(call.app[BOOKINGS], panel, call.path("booking"), call.now)
    return Answer(body=await _plan(call, panel))


async def extend(call: Call) -> Answer:
    """Keep the room longer."""
    panel, length = await _panel(call), timedelta(minutes=call.body(MoreIn).minutes)
    await cases.extend(call.app[BOOKINGS], panel, call.path("booking"), length, call.now)
    return Answer(body=await _plan(call, panel))


async def release(call: Call) -> Answer:
    """End what is going on."""
    panel = await _panel(call)
    await cases.end(call.app[BOOKINGS], panel, call.path("booking"), call.now)
    return Answer(body=await _plan(call, panel))


async def _panel(call: Call) -> Device:
    token = call.caller.bearer
    found = await call.database.read(lambda conn: devices.panel_of(conn, token))
    if found is None:
        raise Unauthenticated("login-required")
    known(call.request)
    if found.room != call.path("room"):
        raise Forbidden("not-your-room", room=call.path("room"))
    return found


async def _plan(call: Call, panel: Device) -> dict[str, Any]:
    network, bookings = call.app[SETTINGS].network, call.app[BOOKINGS]
    room, centre = network.room(panel.room), network.centre_of(panel.room)
    held = await call.database.read(lambda conn: cases.plan(conn, bookings, panel, call.now))
    return {
        "room": room.id,
        "name": room.name,
        "centre": centre.name,
        "zone": centre.zone.key,
        "now": iso(call.now),
        "lengths": list(cases.LENGTHS),
        "held": [_shown(one) for one in held],
    }


def _shown(one: Held) -> dict[str, Any]:
    return {
        "booking": one.booking,
        "title": one.title,
        "from": iso(one.start),
        "to": iso(one.end),
        "confirmed": one.confirmed,
        "checked_in": one.checked_in,
        "own": one.own,
    }


_OF_BOOKING = "/rooms/{room}/panel/bookings/{booking}"
ROUTES = (
    Route(
        method="GET",
        path="/rooms/{room}/panel",
        handler=show,
        summary="The plan of a door panel",
        answer=PlanOut,
        errors=(401, 403),
    ),
    Route(
        method="POST",
        path="/rooms/{room}/panel/bookings",
        handler=book,
        summary="Book at the door",
        body=BookIn,
        ok=201,
        answer=MadeOut,
        errors=(401, 403, 409, 422),
    ),
    Route(
        method="POST",
        path=f"{_OF_BOOKING}/check-in",
        handler=check_in,
        summary="Say at the door that people are here",
        answer=PlanOut,
        errors=(401, 403, 404, 409),
    ),
    Route(
        method="POST",
        path=f"{_OF_BOOKING}/extend",
        handler=extend,
        summary="Keep the room longer, at the door",
        body=MoreIn,
        answer=PlanOut,
        errors=(401, 403, 404, 409, 422),
    ),
    Route(
        method="POST",
        path=f"{_OF_BOOKING}/release",
        handler=release,
        summary="End at the door what is going on",
        answer=PlanOut,
        errors=(401, 403, 404, 409),
    ),
)
