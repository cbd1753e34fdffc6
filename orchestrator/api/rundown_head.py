"""What stands above the run of show when it is printed."""

from dataclasses import asdict
from datetime import datetime

from orchestrator.api.endpoint import Answer, Call, Route, Shape
from orchestrator.api.rundown import RUNDOWN, session_of
from orchestrator.cases import rundown_heads
from orchestrator.keys import HOUSE
from orchestrator.store.instants import iso


class PlaceOut(Shape):
    """A site; `phone` is empty when the network does not say it."""

    room: str
    name: str
    role: str
    address: str
    phone: str


class HeadOut(Shape):
    """The head; its hours are read in `zone`."""

    session: str
    title: str
    zone: str
    starts_at: datetime
    ends_at: datetime
    director: str
    deputies: list[str]
    sites: list[PlaceOut]


async def read(call: Call) -> Answer:
    """The head, for who runs the ceremony."""
    found = await rundown_heads.head(call.app[HOUSE].conductor, call.person, session_of(call))
    hours = {"starts_at": iso(found.starts_at), "ends_at": iso(found.ends_at)}
    return Answer(body=asdict(found) | hours)


ROUTES = (
    Route(
        method="GET",
        path=f"{RUNDOWN}/head",
        handler=read,
        summary="What stands above the run of show when it is printed",
        person=True,
        answer=HeadOut,
        errors=(404,),
    ),
)
