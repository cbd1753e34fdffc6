"""How media flowed in a session, for whoever runs it (docs/media.md)."""

from datetime import datetime
from typing import Any

from orchestrator import roles
from orchestrator.api.endpoint import Answer, Call, Route, Shape
from orchestrator.keys import HOUSE
from orchestrator.store import quality
from orchestrator.store.instants import iso
from rooms.errors import NotFound
from rooms.ids import SessionId

MOST = 20_000


class LegOut(Shape):
    """A leg at one instant; `why` counts its pictures by the reason they are no better."""

    kbps: float
    loss: float
    rtt_ms: float | None
    fps: float | None
    frozen: float | None
    concealed: float | None = None
    available_kbps: float | None
    why: dict[str, int]
    path: str | None


class SampleOut(Shape):
    """A participant at one instant; `legs` by role."""

    participant: str
    at: datetime
    legs: dict[str, LegOut]


class QualityOut(Shape):
    """In the order of time."""

    samples: list[SampleOut]


async def timeline(call: Call) -> Answer:
    """Every quarter of a minute of everybody."""
    stored = await call.app[HOUSE].stored(SessionId(call.path("session")))
    if not roles.may_see_session(call.person, stored.facts):
        raise NotFound("no-session", session=stored.id)
    found = await call.database.read(lambda conn: quality.timeline(conn, stored.id, MOST))
    samples: list[dict[str, Any]] = [
        {"participant": one.participant, "at": iso(one.at), "legs": one.legs} for one in found
    ]
    return Answer(body={"samples": samples})


ROUTES = (
    Route(
        method="GET",
        path="/sessions/{session}/quality",
        handler=timeline,
        summary="How media flowed in a session",
        person=True,
        answer=QualityOut,
        errors=(404,),
    ),
)
