"""Bookings by REST: the same judge as for every calendar, the answer in the response."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from orchestrator.api.endpoint import PREFIX, Answer, Body, Call, Route
from orchestrator.api.interval import Instant, Interval
from orchestrator.api.once import once_of, replayed_if
from orchestrator.booking import Booking
from orchestrator.keys import BOOKINGS
from orchestrator.store import idempotency
from orchestrator.store.instants import iso


class BookingIn(Body):
    """What is to be held, when, in which rooms: all of them or none."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    title: Annotated[str, Field(min_length=1, max_length=200)]
    kind: Literal["meeting", "training", "ceremony", "reception"] = "meeting"
    rooms: Annotated[list[Annotated[str, Field(max_length=63)]], Field(min_length=1, max_length=20)]
    start: Annotated[Instant, Field(alias="from")]
    end: Annotated[Instant, Field(alias="to")]


class BookingOut(BaseModel):
    """A booking; without title, session and link for those who may not see them."""

    id: str
    title: str
    kind: str
    rooms: list[str]
    start: Annotated[AwareDatetime, Field(alias="from")]
    end: Annotated[AwareDatetime, Field(alias="to")]
    state: str
    organiser: str
    session: str | None
    join_url: str | None


class BookingAnswer(BaseModel):
    """One booking."""

    booking: BookingOut


class BookingsAnswer(BaseModel):
    """Several bookings."""

    bookings: list[BookingOut]


def shown(booking: Booking) -> dict[str, Any]:
    """A booking as the API shows it."""
    return {
        "id": booking.id,
        "title": booking.title,
        "kind": booking.kind,
        "rooms": list(booking.rooms),
        "from": iso(booking.start),
        "to": iso(booking.end),
        "state": booking.state,
        "organiser": booking.organiser,
        "session": booking.session,
        "join_url": booking.join_url,
    }


async def create(call: Call) -> Answer:
    """Book rooms. Sent twice at once, the second one finds them taken."""
    sent = call.body(BookingIn)
    once = once_of(call, "bookings", sent)
    if once is not None:
        key = once
        known = await call.database.read(lambda conn: idempotency.find(conn, key, call.now))
        if known is not None:
            return _created(known, replayed=True)
    made = await call.app[BOOKINGS].create(
        call.person, sent.title, sent.kind, sent.rooms, sent.start, sent.end, call.now
    )
    document = shown(made)
    if once is not None:
        key = once
        await call.database.write(
            lambda conn: idempotency.keep(conn, key, call.now, document, status=201)
        )
    return _created(document, replayed=False)


def _created(document: dict[str, Any], *, replayed: bool) -> Answer:
    headers = {"Location": f"{PREFIX}/bookings/{document['id']}", **replayed_if(replayed)}
    return Answer(status=201, headers=headers, body={"booking": document})


async def every(call: Call) -> Answer:
    """What is held in an interval."""
    asked = call.query(Interval).checked()
    found = await call.app[BOOKINGS].list(call.person, asked.start, asked.end)
    return Answer(body={"bookings": [shown(booking) for booking in found]})


async def one(call: Call) -> Answer:
    """One booking."""
    found = await call.app[BOOKINGS].get(call.person, call.path("booking"))
    return Answer(body={"booking": shown(found)})


async def cancel(call: Call) -> Answer:
    """Free the rooms."""
    await call.app[BOOKINGS].cancel(call.person, call.path("booking"), call.now)
    return Answer(status=204)


ROUTES = (
    Route(
        method="POST",
        path="/bookings",
        handler=create,
        summary="Book rooms",
        person=True,
        body=BookingIn,
        ok=201,
        answer=BookingAnswer,
        errors=(403, 404, 409, 422),
        idempotent=True,
    ),
    Route(
        method="GET",
        path="/bookings",
        handler=every,
        summary="What is held",
        person=True,
        query=Interval,
        answer=BookingsAnswer,
        errors=(422,),
    ),
    Route(
        method="GET",
        path="/bookings/{booking}",
        handler=one,
        summary="One booking",
        person=True,
        answer=BookingAnswer,
        errors=(404,),
    ),
    Route(
        method="DELETE",
        path="/bookings/{booking}",
        handler=cancel,
        summary="Cancel a booking",
        person=True,
        ok=204,
        errors=(403, 404),
    ),
)
