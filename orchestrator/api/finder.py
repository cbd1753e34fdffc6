"""When one room is held, and when several are free together."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field
from sqlalchemy import Connection

from orchestrator.api.endpoint import Answer, Call, Query, Route, Shape
from orchestrator.api.interval import Instant, Interval
from orchestrator.api.rooms import AvailabilityOut, held_of
from orchestrator.cases.finding import Search, finder
from orchestrator.keys import SETTINGS
from orchestrator.store.busy import busy_between
from orchestrator.store.instants import iso

MANY = Annotated[str, Field(max_length=400)]


class Finder(Query):
    """Four rooms, 90 minutes, next week, mornings. Lists are separated by commas."""

    rooms: Annotated[int, Field(ge=1, le=20)] = 1
    minutes: Annotated[int, Field(ge=5, le=24 * 60)] = 60
    start: Annotated[Instant, Field(alias="from")]
    end: Annotated[Instant, Field(alias="to")]
    part: Literal["any", "morning", "afternoon", "evening"] = "any"
    equipment: MANY = ""
    among: MANY = ""
    seats: Annotated[int, Field(ge=0, le=5000)] = 0


class ProposalOut(Shape):
    """A slot: the rooms that are proposed, and every one that is free then.

    `asks` are those of the proposed ones whose animateur would have to answer first.
    """

    start: Annotated[AwareDatetime, Field(alias="from")]
    end: Annotated[AwareDatetime, Field(alias="to")]
    rooms: list[str]
    free: list[str]
    asks: list[str]


class ProposalsOut(Shape):
    """The best slots, the first one first."""

    slots: list[ProposalOut]


async def find(call: Call) -> Answer:
    """When enough rooms are free together."""
    asked = call.query(Finder)
    search = Search(
        rooms=asked.rooms,
        length=timedelta(minutes=asked.minutes),
        start=asked.start,
        end=asked.end,
        part=asked.part,
        seats=asked.seats,
        equipment=_words(asked.equipment),
        among=_words(asked.among),
    )
    look = finder(call.app[SETTINGS].network, call.person, search, call.now)
    slots: list[dict[str, Any]] = [
        {
            "from": iso(one.slot.start),
            "to": iso(one.slot.end),
            "rooms": list(one.rooms),
            "free": list(one.free),
            "asks": list(one.asks),
        }
        for one in await call.database.read(look)
    ]
    return Answer(body={"slots": slots})


async def of_room(call: Call) -> Answer:
    """When one room is held."""
    asked = call.query(Interval).checked()
    room = call.app[SETTINGS].network.room(call.path("room"))

    def held(conn: Connection) -> list[Any]:
        found = busy_between(conn, asked.start, asked.end)
        return [one for one in found if one.room == room.id]

    return Answer(
        body={
            "from": iso(asked.start),
            "to": iso(asked.end),
            "busy": held_of(call, await call.database.read(held)),
        }
    )


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


ROUTES = (
    Route(
        method="GET",
        path="/rooms/finder",
        handler=find,
        summary="When enough rooms are free together",
        person=True,
        query=Finder,
        answer=ProposalsOut,
        errors=(422,),
    ),
    Route(
        method="GET",
        path="/rooms/{room}/availability",
        handler=of_room,
        summary="When a room is held",
        query=Interval,
        answer=AvailabilityOut,
        errors=(404, 422),
    ),
)
