"""The stage and the floor of a ceremony, by whoever runs the session (docs/stage.md)."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from orchestrator.api.endpoint import Answer, Body, Call, Route, Shape
from orchestrator.cases import desk_places, stage_views, stagings
from orchestrator.cases.stagings import Shown
from orchestrator.direction import MOST_DEPUTIES
from orchestrator.floor import Mode, Seat
from orchestrator.keys import HOUSE
from orchestrator.stage_table import PLACES, Layout
from orchestrator.staging import Act, Word
from rooms.ids import SessionId

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Name = Annotated[str, Field(max_length=60, pattern=r"^[^\x00-\x1f\x7f]*$")]
LayoutIn = Literal["slate", "one", "two", "four", "speaker_and_sites", "slides_and_speaker"]
MOST_PLACES = max(PLACES.values())


class SpotOut(Shape):
    """A place in the program; `slate` when that is what everybody sees there."""

    owner: str
    source: str
    rung: str
    slate: bool
    silent_since: datetime | None


class ProgramOut(Shape):
    """What everybody sees."""

    layout: str
    spots: list[SpotOut]


class TalkOut(Shape):
    """Whom the desk speaks to; `hear` are those who hear it now."""

    to: list[str]
    wings: bool
    hear: list[str]


class SceneOut(Shape):
    """What is taken next."""

    layout: str
    sources: list[str]


class SourceOut(Shape):
    """A site or a person; `by` is who brought it on air the last time, `signal` what comes."""

    id: str
    name: str
    room: str | None
    participant: str | None
    state: str
    signal: str
    substitute: str | None
    armed: bool
    by: str


class DeskOut(Shape):
    """Who directs; `holder` is the one whose acts count now."""

    director: str
    deputies: list[str]
    here: list[str]
    holder: str | None


class StageOut(Shape):
    """The stage."""

    version: int
    program: ProgramOut
    preview: SceneOut
    sources: list[SourceOut]
    proposals: dict[str, str | None]
    desk: DeskOut
    talk: TalkOut | None


class StageAnswer(Shape):
    """The stage of a ceremony."""

    stage: StageOut


class SeatOut(Shape):
    """A person at a source, since when he asks or speaks."""

    source: str
    name: str
    since: datetime


class FloorOut(Shape):
    """Who speaks, who asks, and whose sound is forwarded."""

    version: int
    mode: str
    holders: list[SeatOut]
    queue: list[SeatOut]
    heard: list[str]


class PlaceOut(Shape):
    """A place for the desk: say `hello` with the token on `/ws/v1`."""

    token: str
    participant: str


class FloorAnswer(Shape):
    """The floor of a ceremony."""

    floor: FloorOut


class StageAct(Body):
    """One act of the director's; what each needs is in docs/stage.md."""

    act: Literal[
        "here",
        "hand_over",
        "deputies",
        "prepare",
        "take",
        "hold",
        "resume",
        "release",
        "accept",
        "arm",
        "substitute",
        "restore",
        "slate",
        "talk",
    ]
    source: Id | None = None
    substitute: Id | None = None
    armed: bool = False
    layout: LayoutIn | None = None
    sources: Annotated[list[Id], Field(max_length=MOST_PLACES)] = []
    wings: bool = False
    person: Id | None = None
    deputies: Annotated[list[Id], Field(max_length=MOST_DEPUTIES)] = []


class SeatIn(Body):
    """A person at a source; without a name the whole of it."""

    source: Id
    name: Name = ""


class FloorAct(Body):
    """A hand, a grant, or another way of giving the floor."""

    act: Literal["mode", "raise", "lower", "grant", "withdraw", "pass"]
    source: Id | None = None
    name: Name = ""
    mode: Literal["free", "director", "queue"] | None = None
    to: SeatIn | None = None


async def see(call: Call) -> Answer:
    """The stage as it is."""
    return _stage(call, await stagings.see(call.app[HOUSE].conductor, _session(call), call.person))


async def set_up(call: Call) -> Answer:
    """Set it up; who does is the director."""
    return _stage(
        call, await stagings.set_up(call.app[HOUSE].conductor, _session(call), call.person)
    )


async def strike(call: Call) -> Answer:
    """Take it down."""
    await stagings.strike(call.app[HOUSE].conductor, _session(call), call.person)
    return Answer(status=204)


async def direct(call: Call) -> Answer:
    """Do something at the desk."""
    sent = call.body(StageAct)
    wanted = Act(
        word=Word(sent.act),
        source=sent.source,
        substitute=sent.substitute,
        armed=sent.armed,
        layout=None if sent.layout is None else Layout(sent.layout),
        sources=tuple(sent.sources),
        wings=sent.wings,
        person=sent.person,
        deputies=tuple(sent.deputies),
    )
    return _stage(call, await _act(call, wanted))


async def sit(call: Call) -> Answer:
    """A place for his desk."""
    conductor = call.app[HOUSE].conductor
    participant, token = await desk_places.give(conductor, _session(call), call.person)
    return Answer(status=201, body={"token": token, "participant": participant})


async def see_floor(call: Call) -> Answer:
    """The floor as it is."""
    return _floor(await stagings.see(call.app[HOUSE].conductor, _session(call), call.person))


async def speak(call: Call) -> Answer:
    """Raise a hand, or give the floor."""
    sent = call.body(FloorAct)
    wanted = Act(
        word=Word(sent.act),
        source=sent.source,
        name=sent.name.strip(),
        mode=None if sent.mode is None else Mode(sent.mode),
        to=None if sent.to is None else Seat(source=sent.to.source, name=sent.to.name.strip()),
    )
    return _floor(await _act(call, wanted))


async def _act(call: Call, wanted: Act) -> Shown:
    return await stagings.act(call.app[HOUSE].conductor, _session(call), call.person, wanted)


def _session(call: Call) -> SessionId:
    return SessionId(call.path("session"))


def _stage(call: Call, shown: Shown) -> Answer:
    return Answer(body={"stage": stage_views.stage(call.app[HOUSE].means, shown)})


def _floor(shown: Shown) -> Answer:
    return Answer(body={"floor": stage_views.floor(shown)})


STAGE, FLOOR = "/sessions/{session}/stage", "/sessions/{session}/floor"
ROUTES = (
    Route(
        method="GET",
        path=STAGE,
        handler=see,
        summary="The stage of a ceremony",
        person=True,
        answer=StageAnswer,
        errors=(404,),
    ),
    Route(
        method="PUT",
        path=STAGE,
        handler=set_up,
        summary="Set the stage up; who does is the director",
        person=True,
        answer=StageAnswer,
        errors=(404, 409),
    ),
    Route(
        method="DELETE",
        path=STAGE,
        handler=strike,
        summary="Take the stage down",
        person=True,
        ok=204,
        errors=(403, 404),
    ),
    Route(
        method="POST",
        path=STAGE,
        handler=direct,
        summary="An act of the director's",
        person=True,
        body=StageAct,
        answer=StageAnswer,
        errors=(403, 404, 409, 422),
    ),
    Route(
        method="POST",
        path=f"{STAGE}/place",
        handler=sit,
        summary="A place for one's desk, which sees the wings and hears the air",
        person=True,
        ok=201,
        answer=PlaceOut,
        errors=(404, 409),
    ),
    Route(
        method="GET",
        path=FLOOR,
        handler=see_floor,
        summary="The floor of a ceremony",
        person=True,
        answer=FloorAnswer,
        errors=(404,),
    ),
    Route(
        method="POST",
        path=FLOOR,
        handler=speak,
        summary="A raised hand, or the floor given",
        person=True,
        body=FloorAct,
        answer=FloorAnswer,
        errors=(403, 404, 409, 422, 429),
    ),
)
