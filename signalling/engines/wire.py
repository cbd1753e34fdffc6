"""The engine port as JSON: one object a line, both ways, between a service and its worker.

worker  {"hello": {"protocol": 1, "pid": …, "port": …}}
service {"id": 7, "call": "mute", "with": ["se-…", "pa-…", "audio", true]}
worker  {"id": 7, "result": null}
        {"id": 7, "error": {"class": "NotFound", "key": "no-leg", "fields": {}}}
        {"event": {"type": "LegChanged", …}}
        {"replaced": true}      another service is attached now; this connection ends
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from rooms import errors
from rooms.errors import MargerideError, Unavailable
from rooms.ids import LegId, ParticipantId, SessionId, TrackId
from signalling.engine import (
    EngineBack,
    EngineEvent,
    EngineLost,
    EngineState,
    Kind,
    Leg,
    LegChanged,
    LegState,
    Member,
    Placed,
    PublishAnswer,
    Role,
    SubscribeOffer,
    Track,
    TrackStarted,
)

PROTOCOL = 1
LONGEST_LINE = 4 << 20
Json = dict[str, Any]


def encode(message: Json) -> bytes:
    """One line."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def decode(line: bytes) -> Json:
    """The object of a line; `ValueError` when it is none."""
    message = json.loads(line)
    if not isinstance(message, dict):
        raise ValueError("not an object")
    return message


def error_to_json(error: MargerideError) -> Json:
    """A refusal with its class."""
    return {"class": type(error).__name__, "key": error.key, "fields": error.fields}


def error_from_json(data: Json) -> MargerideError:
    """The same refusal on the other side."""
    kind = getattr(errors, str(data["class"]), Unavailable)
    if not (isinstance(kind, type) and issubclass(kind, MargerideError)):
        kind = Unavailable
    return kind(str(data["key"]), **data.get("fields", {}))


def result_to_json(result: object) -> Any:
    """What a call gave."""
    if isinstance(result, PublishAnswer | SubscribeOffer | EngineState):
        return asdict(result)
    return None


def publish_answer(data: Json) -> PublishAnswer:
    """From its JSON."""
    return PublishAnswer(sdp=data["sdp"], tracks=tuple(map(_track, data["tracks"])))


def subscribe_offer(data: Json) -> SubscribeOffer:
    """From its JSON."""
    return SubscribeOffer(
        leg=LegId(data["leg"]),
        serial=data["serial"],
        sdp=data["sdp"],
        tracks=tuple(map(_placed, data["tracks"])),
    )


def engine_state(data: Json) -> EngineState:
    """From its JSON."""
    return EngineState(
        sessions={
            SessionId(session): tuple(map(_member, members))
            for session, members in data["sessions"].items()
        }
    )


def _track(data: Json) -> Track:
    return Track(
        id=TrackId(data["id"]),
        participant=ParticipantId(data["participant"]),
        kind=Kind(data["kind"]),
        source=data["source"],
        muted=data["muted"],
    )


def _placed(data: Json) -> Placed:
    return Placed(mid=data["mid"], track=TrackId(data["track"]))


def _leg(data: Json) -> Leg:
    return Leg(
        id=LegId(data["id"]),
        role=Role(data["role"]),
        state=LegState(data["state"]),
        serial=data["serial"],
        tracks=tuple(map(_placed, data["tracks"])),
        kbps=data["kbps"],
        loss=data["loss"],
        rtt_ms=data["rtt_ms"],
        profile=data["profile"],
    )


def _member(data: Json) -> Member:
    return Member(
        participant=ParticipantId(data["participant"]),
        tracks=tuple(map(_track, data["tracks"])),
        legs=tuple(map(_leg, data["legs"])),
    )


def event_to_json(event: EngineEvent) -> Json:
    """An event with its type."""
    return {"type": type(event).__name__, **asdict(event)}


def _leg_changed(data: Json) -> EngineEvent:
    return LegChanged(
        session=SessionId(data["session"]),
        participant=ParticipantId(data["participant"]),
        leg=LegId(data["leg"]),
        role=Role(data["role"]),
        state=LegState(data["state"]),
    )


def _track_started(data: Json) -> EngineEvent:
    return TrackStarted(
        session=SessionId(data["session"]),
        participant=ParticipantId(data["participant"]),
        track=TrackId(data["track"]),
    )


EVENTS: dict[str, Callable[[Json], EngineEvent]] = {
    "LegChanged": _leg_changed,
    "TrackStarted": _track_started,
    "EngineLost": lambda _: EngineLost(),
    "EngineBack": lambda data: EngineBack(fresh=data["fresh"]),
}


def event_from_json(data: Json) -> EngineEvent:
    """The same event on the other side; `KeyError` for a type we do not know."""
    return EVENTS[data["type"]](data)
