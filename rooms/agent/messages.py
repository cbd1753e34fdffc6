"""The frames between an agent and the service; docs/agent.md is their page.

Both ends read with `read_agent` or `read_service` and write with `write`. A frame that is not one
is Invalid: "frame-too-big", "bad-frame", or the key of the member that is wrong.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from rooms.agent.plan import Plan, iso, parse_instant, parse_plan
from rooms.agent.report import Report, parse_report
from rooms.errors import Invalid
from rooms.fields import LONGEST_WORD, Fields
from rooms.scenes import MOST_STEPS

LARGEST_FRAME = 65_536
LARGEST_RESULT = 8_192
LONGEST_DETAIL, LONGEST_TOKEN = 200, 128
VERSION = 1
PRESENCES = ("online", "stale", "offline")
HIGHEST = 2**53
Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """First words of an agent."""

    agent: str
    now: datetime
    plan: int | None = None
    versions: tuple[int, ...] = (VERSION,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """The whole state of the room."""

    version: int
    report: Report


@dataclass(frozen=True, slots=True)
class Accepted:
    """The command is taken."""

    id: str


@dataclass(frozen=True, slots=True)
class Done:
    """It is so."""

    id: str
    result: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Failed:
    """It is not, and why."""

    id: str
    error: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Superseded:
    """A newer one came first."""

    id: str


@dataclass(frozen=True, slots=True)
class Rotated:
    """The new token is on the disk."""


@dataclass(frozen=True, slots=True)
class Ping:
    """Are you there?"""

    n: int


@dataclass(frozen=True, slots=True)
class Pong:
    """Yes."""

    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """The answer to hello."""

    room: str
    now: datetime
    version: int = VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Do:
    """A command; `steps` for a scene."""

    id: str
    command: str
    arguments: Mapping[str, Any]
    deadline: datetime
    steps: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Cancel:
    """Give it up."""

    id: str


@dataclass(frozen=True, slots=True)
class Planned:
    """What the room has to do until tomorrow night."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class Rotate:
    """A new token."""

    token: str


@dataclass(frozen=True, slots=True)
class Screen:
    """How the service sees the page of the room's screen."""

    presence: str


@dataclass(frozen=True, slots=True)
class Refused:
    """What was wrong, before the end."""

    code: str


FromAgent = Hello | Reported | Accepted | Done | Failed | Superseded | Rotated | Ping | Pong
FromService = Welcome | Do | Cancel | Planned | Rotate | Screen | Refused | Ping | Pong
Message = FromAgent | FromService
Kind = TypeVar("Kind")


def write(message: Message) -> str:
    """The frame of a message."""
    return json.dumps(_members(message), ensure_ascii=False, separators=(",", ":"))


def read_agent(text: str) -> FromAgent:
    """What an agent said."""
    return _read(text, _AGENT)


def read_service(text: str) -> FromService:
    """What the service said."""
    return _read(text, _SERVICE)


def _read(text: str, readers: "Mapping[str, Callable[[Fields], Kind]]") -> Kind:
    if len(text) > LARGEST_FRAME or len(text.encode(errors="replace")) > LARGEST_FRAME:
        raise Invalid("frame-too-big", limit=LARGEST_FRAME)
    try:
        fields = Fields(json.loads(text, parse_constant=_no_number), key="bad-frame")
    except (ValueError, RecursionError):
        raise Invalid("bad-frame", argument="", expected="{…}") from None
    message = readers[fields.choice("type", readers)](fields)
    fields.end()
    return message


def _no_number(word: str) -> object:
    raise ValueError(word)


def _id(fields: Fields) -> str:
    return fields.slug("id")


def _instant(fields: Fields, name: str) -> datetime:
    return parse_instant(fields.text(name, 40))


def _object(fields: Fields, name: str, largest: int) -> Json:
    value = fields.raw(name)
    if not isinstance(value, dict) or len(json.dumps(value)) > largest:
        raise fields.refuse(name, f"{{…}} ≤ {largest} B")
    return value


def _hello(fields: Fields) -> Hello:
    versions = fields.raw("versions")
    if not isinstance(versions, list) or VERSION not in versions or len(versions) > 8:
        raise fields.refuse("versions", f"[{VERSION}]")
    return Hello(
        agent=fields.text("agent", LONGEST_WORD),
        now=_instant(fields, "now"),
        plan=fields.whole("plan", 0, HIGHEST) if fields.has("plan") else None,
    )


def _reported(fields: Fields) -> Reported:
    version = fields.whole("version", 0, HIGHEST)
    return Reported(version=version, report=parse_report(fields.raw("document")))


def _failed(fields: Fields) -> Failed:
    detail = fields.text("detail", LONGEST_DETAIL) if fields.has("detail") else ""
    return Failed(_id(fields), fields.text("error", LONGEST_WORD), detail)


def _do(fields: Fields) -> Do:
    return Do(
        id=_id(fields),
        command=fields.text("command", LONGEST_WORD),
        arguments=_object(fields, "arguments", LARGEST_RESULT),
        deadline=_instant(fields, "deadline"),
        steps=tuple(fields.objects("steps", MOST_STEPS)) if fields.has("steps") else (),
    )


def _welcome(fields: Fields) -> Welcome:
    version = fields.whole("version", VERSION, VERSION)
    return Welcome(room=fields.slug("room"), now=_instant(fields, "now"), version=version)


_BOTH: dict[str, Callable[[Fields], Ping | Pong]] = {
    "ping": lambda fields: Ping(fields.whole("n", 0, HIGHEST)),
    "pong": lambda fields: Pong(fields.whole("n", 0, HIGHEST)),
}
_AGENT: dict[str, Callable[[Fields], FromAgent]] = {
    **_BOTH,
    "hello": _hello,
    "report": _reported,
    "accepted": lambda fields: Accepted(_id(fields)),
    "done": lambda fields: Done(_id(fields), _object(fields, "result", LARGEST_RESULT)),
    "failed": _failed,
    "superseded": lambda fields: Superseded(_id(fields)),
    "rotated": lambda fields: Rotated(),
}
_SERVICE: dict[str, Callable[[Fields], FromService]] = {
    **_BOTH,
    "welcome": _welcome,
    "command": _do,
    "cancel": lambda fields: Cancel(_id(fields)),
    "plan": lambda fields: Planned(parse_plan(fields)),
    "rotate": lambda fields: Rotate(fields.text("token", LONGEST_TOKEN)),
    "screen": lambda fields: Screen(fields.choice("presence", PRESENCES)),
    "refused": lambda fields: Refused(fields.text("code", LONGEST_WORD)),
}


def _members(message: Message) -> Json:
    match message:
        case Hello():
            said = {"versions": list(message.versions), "agent": message.agent}
            return {"type": "hello", **said, "now": iso(message.now), "plan": message.plan}
        case Reported():
            document = message.report.to_json()
            return {"type": "report", "version": message.version, "document": document}
        case Accepted(id):
            return {"type": "accepted", "id": id}
        case Done(id, result):
            return {"type": "done", "id": id, "result": dict(result)}
        case Failed(id, error, detail):
            why = {"detail": detail} if detail else {}
            return {"type": "failed", "id": id, "error": error, **why}
        case Superseded(id):
            return {"type": "superseded", "id": id}
        case Rotated():
            return {"type": "rotated"}
        case Ping(n):
            return {"type": "ping", "n": n}
        case Pong(n):
            return {"type": "pong", "n": n}
        case _:
            return _service_members(message)


def _service_members(message: Welcome | Do | Cancel | Planned | Rotate | Screen | Refused) -> Json:
    match message:
        case Welcome():
            said = {"version": message.version, "room": message.room}
            return {"type": "welcome", **said, "now": iso(message.now)}
        case Do():
            steps = {"steps": [dict(one) for one in message.steps]} if message.steps else {}
            return {
                "type": "command",
                "id": message.id,
                "command": message.command,
                "arguments": dict(message.arguments),
                "deadline": iso(message.deadline),
                **steps,
            }
        case Cancel(id):
            return {"type": "cancel", "id": id}
        case Planned(plan):
            return {"type": "plan", **plan.to_json()}
        case Rotate(token):
            return {"type": "rotate", "token": token}
        case Screen(presence):
            return {"type": "screen", "presence": presence}
        case _:
            return {"type": "refused", "code": message.code}
