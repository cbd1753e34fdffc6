"""Bookings by REST: the same judge as for every calendar, the answer in the response."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, ConfigDict, Field

from calendars import edit
from calendars.content import Line
from orchestrator.api.endpoint import PREFIX, Answer, Body, Call, Query, Route, Shape
from orchestrator.api.interval import Instant, Interval
from orchestrator.api.once import once_of, replayed_if
from orchestrator.booking import Booking
from orchestrator.booking.decide import decide as answer
from orchestrator.booking.ledger import Entry
from orchestrator.cases import attendance, changes
from orchestrator.cases.changes import Change
from orchestrator.keys import BOOKINGS, SETTINGS
from orchestrator.store import attendance as store
from orchestrator.store import idempotency
from orchestrator.store.instants import iso
from rooms.errors import Unauthenticated

Kind = Literal["meeting", "training", "ceremony", "reception"]
Title = Annotated[str, Field(min_length=1, max_length=200)]
Rooms = Annotated[list[Annotated[str, Field(max_length=63)]], Field(min_length=1, max_length=20)]
Seats = Annotated[int, Field(ge=0, le=5000)]


class RepeatIn(Body):
    """A series: until this civil day at the latest, the day itself included."""

    frequency: edit.Frequency
    until: Annotated[date, Field(strict=False)]


class BookingIn(Body):
    """What is to be held, when, in which rooms: all of them or none."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    title: Title
    kind: Kind = "meeting"
    rooms: Rooms
    start: Annotated[Instant, Field(alias="from")]
    end: Annotated[Instant, Field(alias="to")]
    seats: Seats = 0
    repeat: RepeatIn | None = None


class ChangeIn(Body):
    """What is to be different. With `occurrence`, the start of one date, only that date moves."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    title: Title | None = None
    kind: Kind | None = None
    rooms: Rooms | None = None
    start: Annotated[Instant | None, Field(alias="from")] = None
    end: Annotated[Instant | None, Field(alias="to")] = None
    seats: Seats | None = None
    occurrence: Instant | None = None


class WholeIn(Body):
    """All that a booking says, its repetition apart, which stays."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    title: Title
    kind: Kind
    rooms: Rooms
    start: Annotated[Instant, Field(alias="from")]
    end: Annotated[Instant, Field(alias="to")]
    seats: Seats = 0


class ExtendIn(Body):
    """So many minutes more."""

    minutes: Annotated[int, Field(ge=5, le=480)]


class DecisionIn(Body):
    """What an animateur answers to a request, and why."""

    decision: Literal["approve", "refuse"]
    note: Annotated[str, Field(max_length=280)] = ""


class Which(Query):
    """One date of a series, by its start; all of it without."""

    occurrence: Instant | None = None


class BookingOut(Shape):
    """A booking; without title, organiser's name, session and link for who may not see them."""

    id: str
    title: str
    kind: str
    rooms: list[str]
    start: Annotated[AwareDatetime, Field(alias="from")]
    end: Annotated[AwareDatetime, Field(alias="to")]
    state: str
    organiser: str
    organiser_name: str
    session: str | None
    join_url: str | None
    seats: int
    recurring: bool
    checked_in_at: AwareDatetime | None
    released_at: AwareDatetime | None


class BookingAnswer(Shape):
    """One booking."""

    booking: BookingOut


class MadeAnswer(BookingAnswer):
    """A new booking, and the dates of the series that could not be had."""

    left_out: list[AwareDatetime]


class BookingsAnswer(Shape):
    """Several bookings."""

    bookings: list[BookingOut]


def shown(booking: Booking, more: store.More) -> dict[str, Any]:
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
        "organiser_name": more.organiser if booking.title else "",
        "session": booking.session,
        "join_url": booking.join_url,
        "seats": more.seats,
        "recurring": more.recurring,
        "checked_in_at": iso(more.checked_in_at) if more.checked_in_at else None,
        "released_at": iso(more.released_at) if more.released_at else None,
    }


async def _documents(call: Call, found: Sequence[Booking]) -> list[dict[str, Any]]:
    ids = [booking.id for booking in found]
    more = await call.database.read(lambda conn: store.more(conn, ids))
    return [shown(booking, more[booking.id]) for booking in found if booking.id in more]


async def _answered(call: Call, booking: Booking) -> Answer:
    return Answer(body={"booking": (await _documents(call, [booking]))[0]})


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
        call.person, sent.title, sent.kind, sent.rooms, sent.start, sent.end, call.now,
        lines=_lines(call, sent),
    )  # fmt: skip
    left_out = await changes.left_out(call.app[BOOKINGS], made) if sent.repeat else []
    more = store.More(
        organiser=call.person.name, seats=sent.seats, recurring=sent.repeat is not None
    )
    document = {
        "booking": shown(made, more),
        "left_out": [iso(date) for date in left_out],
    }
    if once is not None:
        key = once
        await call.database.write(
            lambda conn: idempotency.keep(conn, key, call.now, document, status=201)
        )
    return _created(document, replayed=False)


def _lines(call: Call, sent: BookingIn) -> list[Line]:
    network, lines = call.app[SETTINGS].network, []
    if sent.seats:
        lines.append(Line(edit.SEATS, str(sent.seats)))
    if sent.repeat:
        zone = network.centre_of(network.room(sent.rooms[0])).zone
        lines.append(edit.repeat(sent.repeat.frequency, sent.start, sent.repeat.until, zone))
    return lines


def _created(document: dict[str, Any], *, replayed: bool) -> Answer:
    where = f"{PREFIX}/bookings/{document['booking']['id']}"
    headers = {"Location": where, **replayed_if(replayed)}
    return Answer(status=201, headers=headers, body=document)


async def every(call: Call) -> Answer:
    """What is held in an interval."""
    asked = call.query(Interval).checked()
    found = await call.app[BOOKINGS].list(call.person, asked.start, asked.end)
    return Answer(body={"bookings": await _documents(call, found)})


async def one(call: Call) -> Answer:
    """One booking."""
    return await _answered(call, await call.app[BOOKINGS].get(call.person, call.path("booking")))


async def change(call: Call) -> Answer:
    """Move, rename, announce: what is not said stays."""
    sent = call.body(ChangeIn)
    wanted = Change(**{name: getattr(sent, name) for name in ChangeIn.model_fields})
    return await _changed(call, wanted)


async def replace(call: Call) -> Answer:
    """The booking as it is to be."""
    sent = call.body(WholeIn)
    return await _changed(
        call, Change(**{name: getattr(sent, name) for name in WholeIn.model_fields})
    )


async def _changed(call: Call, wanted: Change) -> Answer:
    bookings, booking = call.app[BOOKINGS], call.path("booking")
    return await _answered(
        call, await changes.change(bookings, call.person, booking, wanted, call.now)
    )


async def check_in(call: Call) -> Answer:
    """Say that people are here: a person, or the screen of one of the rooms."""
    who = call.caller.person or call.caller.device
    if who is None:
        raise Unauthenticated("login-required")
    await attendance.check_in(call.app[BOOKINGS], who, call.path("booking"), call.now)
    return Answer(status=204)


async def extend(call: Call) -> Answer:
    """Keep the rooms longer."""
    length = timedelta(minutes=call.body(ExtendIn).minutes)
    booking = call.path("booking")
    return await _answered(
        call,
        await attendance.extend(call.app[BOOKINGS], call.person, booking, length, call.now),
    )


async def decide(call: Call) -> Answer:
    """Give or refuse what was asked for."""
    sent, booking = call.body(DecisionIn), call.path("booking")

    def work(entry: Entry) -> None:
        answer(entry, booking, approve=sent.decision == "approve", note=sent.note)

    await call.app[BOOKINGS].write(call.person, call.now, work)
    return await _answered(call, await call.app[BOOKINGS].get(call.person, booking))


async def release(call: Call) -> Answer:
    """Give back what is left of it."""
    await attendance.release(call.app[BOOKINGS], call.person, call.path("booking"), call.now)
    return Answer(status=204)


async def cancel(call: Call) -> Answer:
    """Free the rooms: on every date, or on one of a series."""
    bookings, booking, date = call.app[BOOKINGS], call.path("booking"), call.query(Which).occurrence
    if date is None:
        await bookings.cancel(call.person, booking, call.now)
    else:
        await changes.drop_date(bookings, call.person, booking, date, call.now)
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
        answer=MadeAnswer,
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
        summary="Cancel a booking, or one date of a series",
        person=True,
        query=Which,
        ok=204,
        errors=(403, 404, 409),
    ),
    Route(
        method="PATCH",
        path="/bookings/{booking}",
        handler=change,
        summary="Move or change a booking, or one date of a series",
        person=True,
        body=ChangeIn,
        answer=BookingAnswer,
        errors=(403, 404, 409, 422),
    ),
    Route(
        method="PUT",
        path="/bookings/{booking}",
        handler=replace,
        summary="Say all of a booking anew",
        person=True,
        body=WholeIn,
        answer=BookingAnswer,
        errors=(403, 404, 409, 422),
    ),
    Route(
        method="POST",
        path="/bookings/{booking}/check-in",
        handler=check_in,
        summary="Say that people are here",
        ok=204,
        errors=(401, 403, 404, 409),
    ),
    Route(
        method="POST",
        path="/bookings/{booking}/extend",
        handler=extend,
        summary="Keep the rooms longer",
        person=True,
        body=ExtendIn,
        answer=BookingAnswer,
        errors=(403, 404, 409, 422),
    ),
    Route(
        method="POST",
        path="/bookings/{booking}/decide",
        handler=decide,
        summary="Give or refuse what was asked for",
        person=True,
        body=DecisionIn,
        answer=BookingAnswer,
        errors=(403, 404, 409, 422),
    ),
    Route(
        method="POST",
        path="/bookings/{booking}/release",
        handler=release,
        summary="Give back what is left of a booking",
        person=True,
        ok=204,
        errors=(403, 404, 409),
    ),
)
