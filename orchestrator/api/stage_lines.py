"""How each source of a stage comes in, for the desk: its line and its microphone, now."""

from typing import Any

from sqlalchemy import Connection

from orchestrator.api.endpoint import Answer, Call, Route, Shape
from orchestrator.api.problems import locale_of
from orchestrator.cases import stagings
from orchestrator.cases.stagings import Shown
from orchestrator.keys import HOUSE, WORDS
from orchestrator.quality import QUALITY
from orchestrator.store import rooms
from rooms.ids import ParticipantId, RoomId, SessionId
from signalling.ports import Json


class SourceLineOut(Shape):
    """`level` is how loud its microphone was lately, 0 no sound to 4 loud; None: nobody says so.

    The rest is of its line, at the last look: None where nothing flows. `trouble` in words.
    """

    source: str
    level: int | None
    kbps: float | None
    loss: float | None
    rtt_ms: float | None
    trouble: str | None


class StageLinesOut(Shape):
    """One for each source, in the order of the stage."""

    lines: list[SourceLineOut]


async def see(call: Call) -> Answer:
    """How they come in now."""
    session = SessionId(call.path("session"))
    shown = await stagings.see(call.app[HOUSE].conductor, session, call.person)
    levels = await call.database.read(lambda conn: _levels(conn, shown))
    lines = [_line(call, shown, one.id, levels) for one in shown.staging.stage.sources]
    return Answer(body={"lines": lines})


def _levels(conn: Connection, shown: Shown) -> dict[str, int]:
    """What the screens of rooms say of their microphones."""
    found = {room: rooms.state_of(conn, RoomId(room)) for room in shown.stored.centres}
    told = {room: report.document["audio"] for room, report in found.items() if report is not None}
    return {room: audio["mic_level"] for room, audio in told.items() if "mic_level" in audio}


def _line(call: Call, shown: Shown, source: str, levels: dict[str, int]) -> dict[str, Any]:
    one = shown.people.get(source)
    leg = {} if one is None else _sent(call, one.id)
    ill = None if one is None or not leg else call.app[QUALITY].ails(one.id)
    return {
        "source": source,
        "level": levels.get(source),
        "kbps": leg.get("kbps"),
        "loss": leg.get("loss"),
        "rtt_ms": leg.get("rtt_ms"),
        "trouble": None
        if ill is None
        else call.app[WORDS](ill[0], locale_of(call.request), ill[1]),
    }


def _sent(call: Call, participant: ParticipantId) -> Json:
    """What was last known of the leg on which he sends."""
    sample = call.app[QUALITY].last().get(participant)
    found: Json = {} if sample is None else sample.legs.get("publish", {})
    return found


ROUTES = (
    Route(
        method="GET",
        path="/sessions/{session}/stage/lines",
        handler=see,
        summary="How each source of a stage comes in",
        person=True,
        answer=StageLinesOut,
        errors=(404,),
    ),
)
