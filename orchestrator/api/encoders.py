"""Tokens for encoders and plain receivers of a session (docs/whip.md)."""

from typing import Annotated, Literal

from pydantic import Field

from orchestrator.api.endpoint import Answer, Body, Call, Route, Shape
from orchestrator.cases import encoders
from orchestrator.cases.encoders import Way
from orchestrator.keys import HOUSE, PUBLIC_URL
from rooms.ids import ParticipantId, SessionId

DOORS = {Way.PUBLISH: "whip", Way.RECEIVE: "whep"}


class EncoderIn(Body):
    """The name to be shown, and whether it sends or receives."""

    name: Annotated[str, Field(min_length=1, max_length=240)]
    way: Literal["publish", "receive"]


class EncoderOut(Shape):
    """Where it speaks to, and the token it shows: once, here."""

    participant: str
    url: str
    token: str


async def give(call: Call) -> Answer:
    """Give a place."""
    sent, session = call.body(EncoderIn), SessionId(call.path("session"))
    way = Way.PUBLISH if sent.way == "publish" else Way.RECEIVE
    participant, token = await encoders.give_place(
        call.app[HOUSE].conductor, call.person, session, sent.name, way
    )
    url = f"{call.app[PUBLIC_URL]}/{DOORS[way]}/{session}"
    return Answer(status=201, body={"participant": participant, "url": url, "token": token})


async def take(call: Call) -> Answer:
    """Take it back."""
    await encoders.take_place(
        call.app[HOUSE].conductor,
        call.person,
        SessionId(call.path("session")),
        ParticipantId(call.path("participant")),
    )
    return Answer(status=204)


ROUTES = (
    Route(
        method="POST",
        path="/sessions/{session}/encoders",
        handler=give,
        summary="A place for an encoder (WHIP) or a plain receiver (WHEP)",
        person=True,
        body=EncoderIn,
        ok=201,
        answer=EncoderOut,
        errors=(404, 410, 422, 429),
    ),
    Route(
        method="DELETE",
        path="/sessions/{session}/encoders/{participant}",
        handler=take,
        summary="Put an encoder or receiver out, for good",
        person=True,
        ok=204,
        errors=(404,),
    ),
)
