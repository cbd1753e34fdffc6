"""docs/asyncapi.yaml, written from the messages the program itself reads and writes.

    python -m tests.tools.asyncapi        writes it anew, and its twin, which the service serves

The messages of `/ws/v1` are the dataclasses of `signalling.messages`, those of the agents the
dataclasses of `rooms.agent.messages`, the facts of an event the table of `orchestrator.api.events`.
"""

import inspect
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from io import StringIO
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import yaml

from orchestrator.api.events import FACTS, KINDS
from rooms.agent import messages as agent
from signalling import messages as wire
from signalling.codec import Limit

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "asyncapi.yaml"
SERVED = ROOT / "orchestrator" / "api" / "asyncapi.yaml"
HEAD = "# Made by `python -m tests.tools.asyncapi` from the program's own messages; not by hand.\n"
BLOCKS = 3  # levels of the page that have a line for each member
Schema = dict[str, Any]

FROM_AGENT: dict[str, type[Any]] = {
    "hello": agent.Hello, "report": agent.Reported, "accepted": agent.Accepted,
    "done": agent.Done, "failed": agent.Failed, "superseded": agent.Superseded,
    "rotated": agent.Rotated, "ping": agent.Ping, "pong": agent.Pong,
}  # fmt: skip
TO_AGENT: dict[str, type[Any]] = {
    "welcome": agent.Welcome, "command": agent.Do, "cancel": agent.Cancel, "plan": agent.Planned,
    "rotate": agent.Rotate, "screen": agent.Screen, "refused": agent.Refused,
    "ping": agent.Ping, "pong": agent.Pong,
}  # fmt: skip
OPTIONAL = {("hello", "plan"), ("failed", "detail"), ("command", "steps")}
WORD, WORDS = {"type": ["string", "null"]}, {"type": "array", "items": {"type": "string"}}
FACT_SCHEMAS: dict[str, Schema] = {
    **{name: WORD for name in sorted(FACTS)},
    "rooms": WORDS,
    "alerts": WORDS,
    "health": WORDS,
    "version": {"type": "integer"},
    "sites": {"type": "object", "additionalProperties": {"type": "string"}},
}
SCALARS: dict[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    datetime: {"type": "string", "format": "date-time"},
    Any: {},
}


class Catalogue:
    """The schemas of the shapes met so far, by name."""

    def __init__(self) -> None:
        self.schemas: dict[str, Schema] = {}

    def of(self, hint: Any) -> Schema:
        """What a value of this type looks like."""
        origin, parts = get_origin(hint), get_args(hint)
        if hint in SCALARS:
            return dict(SCALARS[hint])
        if origin is Annotated:
            return self._limited(self.of(parts[0]), parts[1])
        if origin is UnionType or NoneType in parts:
            inner = [self.of(part) for part in parts if part is not NoneType]
            return {"anyOf": [*inner, {"type": "null"}]}
        if origin is tuple:
            return {"type": "array", "items": self.of(parts[0])}
        if hasattr(hint, "__supertype__"):
            return self.of(hint.__supertype__)
        if is_dataclass(hint) and hasattr(hint, "to_json"):
            return {"type": "object", "description": _first_line(hint)}
        if is_dataclass(hint):
            return self._ref(hint)
        if inspect.isclass(hint) and issubclass(hint, StrEnum):
            return {"enum": [str(word) for word in hint]}
        return {"type": "object", **({"additionalProperties": self.of(parts[1])} if parts else {})}

    def _ref(self, shape: Any) -> Schema:
        if shape.__name__ not in self.schemas:
            self.schemas[shape.__name__] = {}
            self.schemas[shape.__name__] = self.members(shape)
        return {"$ref": f"#/components/schemas/{shape.__name__}"}

    def _limited(self, schema: Schema, limit: Limit) -> Schema:
        most = "maxItems" if schema.get("type") == "array" else "maxLength"
        found: Schema = {most: limit.most, "minimum": limit.low, "maximum": limit.high}
        if limit.pattern is not None:
            found["pattern"] = f"^(?:{limit.pattern})$"
        return schema | {name: value for name, value in found.items() if value is not None}

    def members(self, shape: Any) -> Schema:
        """An object with the members of a dataclass."""
        hints = get_type_hints(shape, include_extras=True)
        own = [field for field in fields(shape)]
        needed = [f.name for f in own if f.default is MISSING and f.default_factory is MISSING]
        properties = {field.name: self.of(hints[field.name]) for field in own}
        return {"type": "object", "properties": properties, "required": needed}

    def message(self, kind: str, shape: Any, *, strict: bool, numbered: bool = False) -> Schema:
        """A message, known by its `type`."""
        schema = self.members(shape)
        seq = {"seq": {"type": "integer"}} if numbered else {}
        schema["properties"] = {"type": {"const": kind}, **seq, **schema["properties"]}
        schema["required"] = ["type", *schema["required"]]
        if strict:
            schema["additionalProperties"] = False
        return {"name": kind, "summary": _first_line(shape), "payload": schema}

    def agent_message(self, kind: str, shape: Any) -> Schema:
        """One of the agents' messages: all members are said, whatever their default, but a few."""
        found = self.message(kind, shape, strict=True)
        properties = found["payload"]["properties"]
        if kind == "report":
            properties["document"] = properties.pop("report")
        if kind == "plan":
            del properties["plan"]
            entries = {"type": "array", "items": {"type": "object"}}
            properties |= {"version": {"type": "integer"}, "entries": entries}
            properties |= {"scenes": {"type": "object"}}
        needed = [name for name in properties if (kind, name) not in OPTIONAL]
        found["payload"]["required"] = needed
        return found


def _first_line(shape: Any) -> str:
    return (inspect.getdoc(shape) or "").partition("\n")[0]


def _events() -> dict[str, Schema]:
    hello = {"kind": {"const": "hello"}, "seq": {"type": "integer"}, "gap": {"type": "boolean"}}
    kinds = "|".join(kind.rstrip(".") for kind in KINDS)
    event = {
        "seq": {"type": "integer"},
        "at": SCALARS[datetime],
        "kind": {"type": "string", "pattern": rf"^(?:{kinds})\."},
        **FACT_SCHEMAS,
    }
    return {
        "hello": _event("hello", "The number reached; after a gap, read anew by REST.", hello, 3),
        "event": _event("event", "What changed: ids and states, never a title.", event, 3),
    }


def _event(name: str, summary: str, members: Schema, needed: int) -> Schema:
    payload = {
        "type": "object",
        "properties": members,
        "required": list(members)[:needed],
        "additionalProperties": False,
    }
    return {"name": name, "summary": summary, "payload": payload}


def document() -> Schema:
    """The whole description."""
    known = Catalogue()
    said = {
        ("wire", "fromClient"): {
            kind: known.message(kind, shape, strict=True) for kind, shape in wire.CLIENT.items()
        },
        ("wire", "fromService"): {
            kind: known.message(kind, shape, strict=False, numbered=True)
            for kind, shape in wire.SERVER.items()
        },
        ("agents", "fromAgent"): {
            kind: known.agent_message(kind, shape) for kind, shape in FROM_AGENT.items()
        },
        ("agents", "fromService"): {
            kind: known.agent_message(kind, shape) for kind, shape in TO_AGENT.items()
        },
        ("events", "fromService"): _events(),
    }
    addresses = {
        "wire": ("/ws/v1", "A page, a room's screen or a program and the service: protocol.md."),
        "agents": ("/ws/agent/v1", "The agent of a room and the service: agent.md."),
        "events": ("/api/v1/events", "What changes, for whoever is logged in: api.md."),
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Margeride",
            "version": "1",
            "description": "The WebSockets of the service: one JSON object in each text frame.",
        },
        "defaultContentType": "application/json",
        "servers": {"service": {"host": "localhost:8080", "protocol": "ws"}},
        "channels": {
            name: {
                "address": address,
                "description": description,
                "messages": {
                    f"{way}.{kind}": {"$ref": f"#/components/messages/{name}.{way}.{kind}"}
                    for (channel, way), messages in said.items()
                    if channel == name
                    for kind in messages
                },
            }
            for name, (address, description) in addresses.items()
        },
        "operations": {
            f"{channel}.{way}": {
                "action": "send" if way == "fromService" else "receive",
                "channel": {"$ref": f"#/channels/{channel}"},
                "messages": [
                    {"$ref": f"#/channels/{channel}/messages/{way}.{kind}"} for kind in messages
                ],
            }
            for (channel, way), messages in said.items()
        },
        "components": {
            "messages": {
                f"{channel}.{way}.{kind}": message
                for (channel, way), messages in said.items()
                for kind, message in messages.items()
            },
            "schemas": known.schemas,
        },
    }


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _flow(node: yaml.Node, depth: int = 0) -> None:
    """What lies deep goes on one line."""
    if not isinstance(node, yaml.CollectionNode):
        return
    node.flow_style = depth >= BLOCKS
    parts = node.value if isinstance(node, yaml.SequenceNode) else [v for _, v in node.value]
    for part in parts:
        _flow(part, depth + 1)


def text() -> str:
    """The page as it stands in docs/."""
    out = StringIO()
    dumper = _Plain(out, sort_keys=False, allow_unicode=True, width=140)
    node = dumper.represent_data(document())
    _flow(node)
    dumper.open()
    dumper.serialize(node)
    dumper.close()
    return HEAD + out.getvalue()


if __name__ == "__main__":
    for place in (PAGE, SERVED):
        place.write_text(text(), encoding="utf-8")
