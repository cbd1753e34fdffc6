"""docs/asyncapi.yaml says of every message what the program reads and writes, and no more."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from orchestrator.api import events
from orchestrator.events import Event
from rooms.agent import messages as agent
from rooms.agent.plan import Plan
from rooms.agent.report import parse_report
from rooms.errors import Invalid
from signalling import messages as wire
from tests.fakes.service import running_service
from tests.tools import asyncapi

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
REPORT: dict[str, Any] = {
    "power": "ready",
    "devices": [],
    "commands": ["camera.home"],
    "scene": None,
    "kiosk": "here",
    "machine": {
        "agent": "0.1.0", "uptime_s": 86400, "disk_free_mb": 21400, "disk_used_percent": 31,
        "temperature_c": 52, "clock_offset_ms": -3,
    },
    "link": {"rtt_ms": 41},
    "health": [],
}  # fmt: skip
FROM_AGENT: list[agent.FromAgent] = [
    agent.Hello(agent="0.1", now=NOW, plan=3),
    agent.Reported(version=1, report=parse_report(REPORT)),
    agent.Accepted("cm-1"),
    agent.Done("cm-1", {"pan": 0}),
    agent.Failed("cm-1", "timeout", "no answer"),
    agent.Superseded("cm-1"),
    agent.Rotated(),
    agent.Ping(1),
    agent.Pong(1),
]
TO_AGENT: list[agent.FromService] = [
    agent.Welcome(room="villefort-visio", now=NOW),
    agent.Do(id="cm-1", command="camera.home", arguments={}, deadline=NOW, steps=({"x": 1},)),
    agent.Cancel("cm-1"),
    agent.Planned(Plan(version=1)),
    agent.Rotate("secret"),
    agent.Screen("online"),
    agent.Refused("bad-frame"),
    agent.Ping(1),
    agent.Pong(1),
]
LIKE = {
    "^(?:lg-[0-9a-f]{20})$": "lg-" + "0" * 20,
    "^(?:cu-[0-9a-z-]{1,40})$": "cu-ruban",
    "^(?:[0-9a-f]{64})$": "0" * 64,
    r"^(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z)$": "2026-11-22T20:00:00Z",
}


@pytest.fixture(scope="module")
def page() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(asyncapi.PAGE.read_text(encoding="utf-8"))
    return found


def payloads(page: dict[str, Any], start: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, message in page["components"]["messages"].items():
        if name.startswith(start):
            whole = {**message["payload"], "components": page["components"]}
            yield message["name"], whole


def holds(payload: dict[str, Any], said: object) -> bool:
    return bool(jsonschema_rs.Draft7Validator(payload).is_valid(said))


def sample(page: dict[str, Any], schema: dict[str, Any]) -> Any:
    """The least that a schema lets pass, its optional members included."""
    if "$ref" in schema:
        return sample(page, page["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        return sample(page, schema["anyOf"][0])
    if "const" in schema or "enum" in schema:
        return schema.get("const", (schema.get("enum") or [None])[0])
    match schema.get("type"):
        case "object":
            members = schema.get("properties", {})
            return {name: sample(page, inner) for name, inner in members.items()}
        case "array":
            return [sample(page, schema["items"])]
        case "string":
            return LIKE.get(schema.get("pattern", ""), "x")
        case "boolean":
            return True
        case _:
            return None if "null" in schema.get("type", "null") else int(schema.get("minimum", 0))


def spoiled(said: dict[str, Any], needed: list[str]) -> Iterator[dict[str, Any]]:
    """Each needed member left out, each member of a wrong type, and one too many."""
    for name in needed:
        yield {other: value for other, value in said.items() if other != name}
    for name in said:
        yield {**said, name: [[]]}
    yield {**said, "unheard-of": 1}


def test_the_page_is_what_the_program_says() -> None:
    written = asyncapi.PAGE.read_text(encoding="utf-8")
    assert written == asyncapi.text(), "python -m tests.tools.asyncapi writes it anew"
    assert asyncapi.SERVED.read_bytes() == asyncapi.PAGE.read_bytes()


async def test_the_service_serves_it(tmp_path: Path) -> None:
    async with (
        running_service(tmp_path) as service,
        service.browser().get("/api/v1/asyncapi.yaml") as answer,
    ):
        assert answer.status == 200
        assert answer.content_type == "application/yaml"
        assert await answer.read() == await asyncio.to_thread(asyncapi.PAGE.read_bytes)


def test_every_reference_leads_somewhere(page: dict[str, Any]) -> None:
    def look(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                yield value["$ref"]
            for inner in value.values():
                yield from look(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from look(inner)

    found = list(look(page))
    assert len(found) > 100
    for reference in found:
        place: Any = page
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_no_message_and_no_fact_is_left_out() -> None:
    assert set(asyncapi.FROM_AGENT) == set(agent._AGENT)
    assert set(asyncapi.TO_AGENT) == set(agent._SERVICE)
    assert set(asyncapi.FACT_SCHEMAS) == events.FACTS


@pytest.mark.parametrize(
    ("way", "samples", "read"),
    [
        ("agents.fromAgent", FROM_AGENT, agent.read_agent),
        ("agents.fromService", TO_AGENT, agent.read_service),
    ],
)
def test_what_an_agent_says_and_hears_is_as_described(
    page: dict[str, Any], way: str, samples: list[Any], read: Any
) -> None:
    known = dict(payloads(page, way))
    assert {json.loads(agent.write(one))["type"] for one in samples} == set(known)
    for one in samples:
        said = json.loads(agent.write(one))
        payload = known[said["type"]]
        assert holds(payload, said), said
        assert read(json.dumps(said)) == one
        for wrong in spoiled(said, payload["required"]):
            assert not holds(payload, wrong), wrong
            with pytest.raises(Invalid):
                read(json.dumps(wrong))


def test_what_a_client_says_is_read_as_described(page: dict[str, Any]) -> None:
    known = dict(payloads(page, "wire.fromClient"))
    assert set(known) == set(wire.CLIENT)
    for payload in known.values():
        said = sample(page, payload)
        assert holds(payload, said), said
        wire.hear(json.dumps(said))
        for wrong in spoiled(said, payload["required"]):
            assert not holds(payload, wrong), wrong
            with pytest.raises(Invalid):
                wire.hear(json.dumps(wrong))


def test_what_the_service_says_is_written_as_described(page: dict[str, Any]) -> None:
    known = dict(payloads(page, "wire.fromService"))
    assert set(known) == set(wire.SERVER)
    for payload in known.values():
        seq, message = wire.understand(json.dumps(sample(page, payload)))
        assert message is not None
        assert seq == 0
        said = json.loads(wire.numbered(7, wire.body(message)))
        assert holds(payload, said), said
        for name in payload["required"]:
            assert not holds(payload, {k: v for k, v in said.items() if k != name})


@pytest.mark.parametrize("kind", ["room.command.done", "booking.made", "desk.call.changed"])
def test_an_event_is_told_as_described(page: dict[str, Any], kind: str) -> None:
    [(_, hello), (_, event)] = payloads(page, "events.")
    facts = {name: sample(page, schema) for name, schema in asyncapi.FACT_SCHEMAS.items()}
    facts = {
        name: "x" if value == 0 and name != "version" else value for name, value in facts.items()
    }
    told = events.text_of(Event(seq=7, at=NOW, kind=kind, facts={**facts, "title": "Dupont"}))
    assert told is not None
    assert holds(event, json.loads(told))
    assert not holds(event, {**json.loads(told), "title": "Dupont"})
    assert not holds(event, {**json.loads(told), "kind": "store.secret"})
    assert holds(hello, json.loads(events._hello(7, True)))
    assert not holds(hello, {"kind": "hello", "seq": 7})
