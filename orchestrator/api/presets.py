"""The scenes of a room: read by people of the house, changed by the animateur of its centre."""

from typing import Annotated, Any, Literal, Union, cast

from pydantic import Field, create_model
from sqlalchemy import Connection

from orchestrator import roles
from orchestrator.api.command_models import ARGUMENTS, Step, whole_number_up_to
from orchestrator.api.endpoint import Answer, Body, Call, Route, Shape
from orchestrator.api.if_match import version_of
from orchestrator.keys import BUS, HOUSE, SETTINGS
from orchestrator.store import audit, scenes
from rooms.control import COMMANDS
from rooms.errors import Forbidden
from rooms.scenes import (
    ALLOWED,
    DEFAULT_SCENES,
    EARLIEST_MINUTES,
    LONGEST_LABEL,
    MOST_SCENES,
    MOST_STEPS,
    Scenes,
    parse_scenes,
)


def _step(name: str) -> Any:
    words = "".join(part.title() for part in name.split("."))
    fields: dict[str, Any] = {"command": (cast(Any, Literal)[name], ...), **ARGUMENTS[name]}
    return create_model(f"{words}Step", __base__=Step, __doc__=COMMANDS[name].__doc__, **fields)


_MODELS = tuple(_step(name) for name in sorted(ALLOWED))
_STEP: Any = Annotated[cast(Any, Union)[_MODELS], Field(discriminator="command")]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class SceneIn(Body):
    """One scene: `id` for programs, `label` for people, and what it sets."""

    id: Name
    label: Annotated[str, Field(min_length=1, max_length=LONGEST_LABEL)]
    steps: Annotated[list[_STEP], Field(max_length=MOST_STEPS)]


class BeginsWith(Body):
    """By kind of session, the scene that makes the room ready; null: none."""

    meeting: Name | None = None
    training: Name | None = None
    ceremony: Name | None = None
    reception: Name | None = None


class ScenesIn(Body):
    """All scenes of a room, which of them begin a booking, and which one ends it."""

    scenes: Annotated[list[SceneIn], Field(max_length=MOST_SCENES)]
    start: BeginsWith
    end: Name | None = None
    before_minutes: whole_number_up_to(EARLIEST_MINUTES) = 5  # type: ignore[valid-type]


class SceneOut(Shape):
    """One scene."""

    id: str
    label: str
    steps: list[dict[str, Any]]


class ScenesOut(Shape):
    """All scenes of a room."""

    room: str
    scenes: list[SceneOut]
    start: dict[str, str | None]
    end: str | None
    before_minutes: int


class StandardOut(Shape):
    """The scenes of the house, as every room has them until its animateur changes them."""

    scenes: list[SceneOut]
    start: dict[str, str | None]
    end: str | None
    before_minutes: int


class OfferOut(Shape):
    """What scenes may set in a room: what it said it can, and what it began with."""

    room: str
    commands: list[str]
    standard: StandardOut


def _answer(room: str, version: int, kept: Scenes) -> Answer:
    return Answer(headers={"ETag": f'"{version}"'}, body={"room": room, **kept.to_json()})


async def read(call: Call) -> Answer:
    """The scenes now."""
    room = call.app[SETTINGS].network.room(call.path("room"))
    return _answer(room.id, *await call.database.read(lambda conn: scenes.of_room(conn, room.id)))


async def offer(call: Call) -> Answer:
    """What the animateur may choose from."""
    room = call.app[SETTINGS].network.room(call.path("room"))
    if not roles.may_pair(call.person, room.centre):
        raise Forbidden("not-your-room", room=room.id)
    control = call.app[HOUSE].conductor.control
    able = await call.database.read(lambda conn: control.able(conn, room.id))
    return Answer(
        body={
            "room": room.id,
            "commands": sorted(able & ALLOWED),
            "standard": DEFAULT_SCENES.to_json(),
        }
    )


async def write(call: Call) -> Answer:
    """Change them, if nobody else did since they were read."""
    room = call.app[SETTINGS].network.room(call.path("room"))
    if not roles.may_pair(call.person, room.centre):
        raise Forbidden("not-your-room", room=room.id)
    version = version_of(call, "scenes-changed", room=room.id)
    sent = call.body(ScenesIn).model_dump(mode="json", exclude_none=True)
    kept = parse_scenes(sent)

    def work(conn: Connection) -> int:
        made = scenes.save(conn, call.now, room.id, kept, call.person.id, version)
        audit.record(conn, call.now, call.person.id, "scenes.changed", room.id)
        return made

    made = await call.database.write(work)
    call.app[BUS].publish("room.scenes.changed", room=room.id)
    return _answer(room.id, made, kept)


ROUTES = (
    Route(
        method="GET",
        path="/rooms/{room}/presets/offer",
        handler=offer,
        summary="What the scenes of a room may set",
        person=True,
        answer=OfferOut,
        errors=(403, 404),
    ),
    Route(
        method="GET",
        path="/rooms/{room}/presets",
        handler=read,
        summary="The scenes of a room",
        person=True,
        answer=ScenesOut,
        errors=(404,),
    ),
    Route(
        method="PUT",
        path="/rooms/{room}/presets",
        handler=write,
        summary="Change the scenes of a room",
        person=True,
        body=ScenesIn,
        answer=ScenesOut,
        errors=(403, 404, 412, 422, 428),
        if_match=True,
    ),
)
