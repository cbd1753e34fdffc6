"""Appointments of reception desks: when somebody is free, taken, and given back."""

from datetime import datetime
from typing import Annotated, Any

from aiohttp import web
from pydantic import AfterValidator, AwareDatetime, Field

from calendars.addresses import mail_address
from orchestrator.api.desks import caller_of
from orchestrator.api.desks_screens import Line
from orchestrator.api.endpoint import Answer, Body, Call, Route, Shape
from orchestrator.booking.appointment import Appointment
from orchestrator.cases.desks_appointments import Appointments, Visitor
from orchestrator.keys import BOOKINGS, HOUSE
from orchestrator.store.instants import iso

Mail = Annotated[
    str, Field(max_length=254), AfterValidator(lambda text: text and mail_address(text))
]


class SlotOut(Shape):
    """Half an hour with an animateur."""

    start: datetime
    end: datetime


class SlotsOut(Shape):
    """The nearest ones."""

    slots: list[SlotOut]


class AppointmentIn(Body):
    """The slot, and who comes; `mail` is written to when it is given."""

    start: Annotated[AwareDatetime, Field(strict=False)]
    name: Annotated[str, Field(min_length=1, max_length=60, pattern=Line)]
    phone: Annotated[str, Field(pattern=r"^\+?[0-9][0-9 .()/-]{4,28}[0-9]$")]
    mail: Mail = ""


class AppointmentOut(Shape):
    """An appointment."""

    id: str
    desk: str
    start: datetime
    end: datetime
    name: str
    phone: str


class AppointmentsOut(Shape):
    """Those to come, the nearest first."""

    appointments: list[AppointmentOut]


def appointments(app: web.Application) -> Appointments:
    """The use cases."""
    return Appointments(means=app[HOUSE].means, bookings=app[BOOKINGS])


async def slots(call: Call) -> Answer:
    """When one may come."""
    found = await appointments(call.app).offered(await caller_of(call), call.path("desk"))
    return Answer(body={"slots": [{"start": iso(one.start), "end": iso(one.end)} for one in found]})


async def book(call: Call) -> Answer:
    """Take one."""
    caller, sent = await caller_of(call), call.body(AppointmentIn)
    visitor = Visitor(name=" ".join(sent.name.split()), phone=sent.phone, mail=sent.mail)
    made = await appointments(call.app).book(caller, call.path("desk"), sent.start, visitor)
    return Answer(status=201, body=_appointment(made))


async def cancel(call: Call) -> Answer:
    """Give it back."""
    caller = await caller_of(call)
    await appointments(call.app).cancel(caller, call.path("desk"), call.path("appointment"))
    return Answer(status=204)


async def coming(call: Call) -> Answer:
    """Those of one's centres."""
    found = await appointments(call.app).coming(call.person)
    return Answer(body={"appointments": [_appointment(one) for one in found]})


def _appointment(one: Appointment) -> dict[str, Any]:
    return {
        "id": one.id,
        "desk": one.desk,
        "start": iso(one.slot.start),
        "end": iso(one.slot.end),
        "name": one.name,
        "phone": one.phone,
    }


ROUTES = (
    Route(
        method="GET",
        path="/desks/{desk}/slots",
        handler=slots,
        summary="When a visitor of a desk may have an appointment",
        answer=SlotsOut,
        errors=(401, 403, 404),
    ),
    Route(
        method="POST",
        path="/desks/{desk}/appointments",
        handler=book,
        summary="Take an appointment at a desk",
        body=AppointmentIn,
        ok=201,
        answer=AppointmentOut,
        errors=(401, 403, 404, 409, 422, 429),
    ),
    Route(
        method="DELETE",
        path="/desks/{desk}/appointments/{appointment}",
        handler=cancel,
        summary="Cancel an appointment at a desk",
        ok=204,
        errors=(401, 403, 404),
    ),
    Route(
        method="GET",
        path="/desk-appointments",
        handler=coming,
        summary="The appointments to come at the desks of one's centres",
        person=True,
        answer=AppointmentsOut,
        errors=(403,),
    ),
)
