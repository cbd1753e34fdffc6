"""The line of a centre: what it carries, its history, and tests of it (docs/media.md)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field
from sqlalchemy import Connection

from orchestrator.api.endpoint import Answer, Body, Call, Route, Shape
from orchestrator.cases.line_tests import LONGEST, MOST_RECEIVERS, LineTests, Tester
from orchestrator.keys import HOUSE, RELAYS
from orchestrator.store import line_tests
from orchestrator.store.instants import iso
from orchestrator.store.line_tests import Kept
from rooms.centre import Centre
from rooms.ids import CentreId
from rooms.line import LineTest, PathName, Profile
from signalling.codec import write

LINE_TESTS: web.AppKey[LineTests] = web.AppKey("line_tests", LineTests)
MOST_SHOWN = 100
LONGEST_SDP = 60_000
Kbps = Annotated[int, Field(ge=0, le=1_000_000)]
Millis = Annotated[int, Field(ge=0, le=60_000)]


class BeginIn(Body):
    """Which line, by which path."""

    centre: Annotated[str, Field(max_length=64)]
    path: PathName


class OfferIn(Body):
    """An offer of the page."""

    sdp: Annotated[str, Field(max_length=LONGEST_SDP)]


class MeasuredIn(Body):
    """What the page measured; `…_at_least` when the line carried all that was sent."""

    down_kbps: Kbps
    up_kbps: Kbps
    down_at_least: bool
    up_at_least: bool
    rtt_ms: Millis
    jitter_ms: Millis
    loss: Annotated[float, Field(ge=0, le=1, strict=False)]


class BegunOut(Shape):
    """A test that runs: for `seconds` at most, with `receivers` legs down at most."""

    id: str
    seconds: int
    receivers: int
    ice: list[dict[str, Any]]


class AnswerOut(Shape):
    """The worker's answer."""

    sdp: str


class TestOut(Shape):
    """A test that was made; `room` is the one whose screen made it, null: a person did."""

    path: str
    down_kbps: int
    up_kbps: int
    down_at_least: bool
    up_at_least: bool
    rtt_ms: int
    jitter_ms: int
    loss: float
    taken_at: datetime
    room: str | None


class LineOut(Shape):
    """What the line carries; `path` and `tested_at` are null while nobody has tested it; `rooms`:
    the names of those of the centre, by id."""

    centre: str
    name: str
    down_kbps: int
    up_kbps: int
    rtt_ms: int
    path: str | None
    tested_at: datetime | None
    relay: bool
    rooms: dict[str, str]
    tests: list[TestOut]


async def line(call: Call) -> Answer:
    """What a line carries, and its last tests, the newest first."""
    centre = call.app[HOUSE].means.network.centre(CentreId(call.path("centre")))

    def find(conn: Connection) -> tuple[Profile, list[Kept]]:
        carries = line_tests.profiles(conn, [centre], call.now)[centre.id]
        return carries, line_tests.history(conn, centre.id, MOST_SHOWN)

    carries, history = await call.database.read(find)
    return Answer(
        body={
            "centre": centre.id,
            "name": centre.name,
            "down_kbps": carries.down_kbps,
            "up_kbps": carries.up_kbps,
            "rtt_ms": carries.rtt_ms,
            "path": carries.path,
            "tested_at": carries.tested_at and iso(carries.tested_at),
            "relay": RELAYS in call.app and call.app[RELAYS] is not None,
            "rooms": {room.id: room.name for room in centre.rooms},
            "tests": [_shown(one, centre) for one in history],
        }
    )


def _shown(kept: Kept, centre: Centre) -> dict[str, Any]:
    """A person is not named."""
    shown: dict[str, Any] = write(kept.test)
    room = next((room.id for room in centre.rooms if room.id == kept.by), None)
    return {**shown, "taken_at": iso(kept.test.taken_at), "room": room}


async def begin(call: Call) -> Answer:
    """Begin a test."""
    sent = call.body(BeginIn)
    test = await _tests(call).begin(_who(call), CentreId(sent.centre), sent.path)
    return Answer(
        status=201,
        body={
            "id": test.id,
            "seconds": int(LONGEST.total_seconds()),
            "receivers": MOST_RECEIVERS,
            "ice": [write(server) for server in test.ice],
        },
    )


async def publish(call: Call) -> Answer:
    """Send."""
    offer = call.body(OfferIn).sdp
    return Answer(body={"sdp": await _tests(call).publish(_who(call), call.path("test"), offer)})


async def receive(call: Call) -> Answer:
    """Receive what is sent, once more."""
    offer = call.body(OfferIn).sdp
    return Answer(body={"sdp": await _tests(call).receive(_who(call), call.path("test"), offer)})


async def finish(call: Call) -> Answer:
    """Keep the result; the test is over."""
    sent = call.body(MeasuredIn)
    measured = LineTest(path="udp", taken_at=call.now, **sent.model_dump())
    kept = await _tests(call).finish(_who(call), call.path("test"), measured)
    centre = call.app[HOUSE].means.network.centre(kept.centre)
    return Answer(status=201, body=_shown(kept, centre))


async def abandon(call: Call) -> Answer:
    """End a test without a result."""
    await _tests(call).abandon(_who(call), call.path("test"))
    return Answer(status=204)


def _who(call: Call) -> Tester:
    device = call.caller.device
    return Tester(person=call.caller.person, room=device.room if device is not None else None)


def _tests(call: Call) -> LineTests:
    return call.app[LINE_TESTS]


@asynccontextmanager
async def _open(app: web.Application) -> AsyncIterator[None]:
    app[LINE_TESTS] = tests = LineTests(app[HOUSE].means, lambda: app[RELAYS])
    yield
    await tests.stop()


def setup(app: web.Application) -> None:
    """Let tests be made while the service runs, and end them with it."""
    app.cleanup_ctx.append(_open)


def _step(name: str, handler: Any, summary: str) -> Route:
    return Route(
        method="POST",
        path=f"/line-tests/{{test}}/{name}",
        handler=handler,
        summary=summary,
        body=OfferIn,
        answer=AnswerOut,
        errors=(404, 409, 422),
    )


ROUTES = (
    Route(
        method="GET",
        path="/centres/{centre}/line",
        handler=line,
        summary="What the line of a centre carries, and its tests",
        answer=LineOut,
        errors=(404,),
    ),
    Route(
        method="POST",
        path="/line-tests",
        handler=begin,
        summary="Begin a test of a centre's line",
        body=BeginIn,
        ok=201,
        answer=BegunOut,
        errors=(401, 403, 404, 409, 422),
    ),
    _step("publish", publish, "Send through the line"),
    _step("receive", receive, "Receive what is sent, once more"),
    Route(
        method="POST",
        path="/line-tests/{test}/result",
        handler=finish,
        summary="Keep what was measured",
        body=MeasuredIn,
        ok=201,
        answer=TestOut,
        errors=(404, 422),
    ),
    Route(
        method="DELETE",
        path="/line-tests/{test}",
        handler=abandon,
        summary="End a test without a result",
        ok=204,
        errors=(404,),
    ),
)
