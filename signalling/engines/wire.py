"""The engine port as JSON: one object a line, both ways, between a service and its worker.

worker  {"hello": {"protocol": 2, "pid": …, "port": …}}
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
    Air,
    Arrival,
    Budget,
    Choice,
    EngineBack,
    EngineEvent,
    EngineLost,
    EngineState,
    Kind,
    LayersWanted,
    Leg,
    LegChanged,
    LegChose,
    LegState,
    Member,
    Path,
    Placed,
    PublishAnswer,
    Role,
    Spoke,
    SubscribeOffer,
    Track,
    TrackStarted,
    Transport,
    Why,
    Wish,
)

PROTOCOL = 2
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
        available_kbps=data["available_kbps"],
        choices=tuple(map(_choice, data["choices"])),
        counts=dict(data["counts"]),
        path=_path(data["path"]),
        arrivals=tuple(map(_arrival, data.get("arrivals", ()))),  # an older worker says none
        quiet_ms=data.get("quiet_ms"),
    )


def _arrival(data: Json) -> Arrival:
    return Arrival(
        track=TrackId(data["track"]),
        kind=Kind(data["kind"]),
        source=data["source"],
        layers=data["layers"],
        asked=data["asked"],
    )


def _path(data: Json | None) -> Path | None:
    if data is None:
        return None
    return Path(transport=Transport(data["transport"]), family=data["family"])


def _choice(data: Json) -> Choice:
    return Choice(
        track=TrackId(data["track"]),
        layer=data["layer"],
        temporal=data["temporal"],
        kbps=data["kbps"],
        why=Why(data["why"]),
    )


def _member(data: Json) -> Member:
    return Member(
        participant=ParticipantId(data["participant"]),
        tracks=tuple(map(_track, data["tracks"])),
        legs=tuple(map(_leg, data["legs"])),
    )


def wish(data: Json) -> Wish:
    """From its JSON."""
    return Wish(track=TrackId(data["track"]), height=int(data["height"]), stage=bool(data["stage"]))


def air_to_json(told: Air) -> Json:
    """What is on air."""
    sets = {"heard": told.heard, "seen": told.seen, "desks": told.desks, "talks": told.talks}
    return {name: sorted(of) for name, of in sets.items()}


def air(data: Json) -> Air:
    """From its JSON."""
    heard, seen, desks = (
        frozenset(map(ParticipantId, data[name])) for name in ("heard", "seen", "desks")
    )
    talks = frozenset((ParticipantId(a), ParticipantId(b)) for a, b in data.get("talks", ()))
    return Air(heard=heard, seen=seen, desks=desks, talks=talks)


def budget(data: Json) -> Budget:
    """From its JSON."""
    rates = (data[name] for name in ("up_kbps", "down_kbps", "rtt_ms"))
    up, down, rtt = (None if rate is None else int(rate) for rate in rates)
    return Budget(line=str(data["line"]), up_kbps=up, down_kbps=down, rtt_ms=rtt)


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


def _leg_chose(data: Json) -> EngineEvent:
    return LegChose(
        session=SessionId(data["session"]),
        participant=ParticipantId(data["participant"]),
        leg=LegId(data["leg"]),
        available_kbps=data["available_kbps"],
        choices=tuple(map(_choice, data["choices"])),
    )


def _layers_wanted(data: Json) -> EngineEvent:
    return LayersWanted(
        session=SessionId(data["session"]),
        participant=ParticipantId(data["participant"]),
        leg=LegId(data["leg"]),
        track=TrackId(data["track"]),
        rids=tuple(data["rids"]),
        kbps=data["kbps"],
    )


def _spoke(data: Json) -> EngineEvent:
    return Spoke(
        session=SessionId(data["session"]),
        participants=tuple(map(ParticipantId, data["participants"])),
    )


def _engine_lost(data: Json) -> EngineEvent:
    sessions = data["sessions"]
    return EngineLost(sessions=None if sessions is None else tuple(map(SessionId, sessions)))


EVENTS: dict[str, Callable[[Json], EngineEvent]] = {
    "LegChanged": _leg_changed,
    "TrackStarted": _track_started,
    "LegChose": _leg_chose,
    "LayersWanted": _layers_wanted,
    "Spoke": _spoke,
    "EngineLost": _engine_lost,
    "EngineBack": lambda data: EngineBack(fresh=data["fresh"]),
}


def event_from_json(data: Json) -> EngineEvent:
    """The same event on the other side; `KeyError` for a type we do not know."""
    return EVENTS[data["type"]](data)
