"""Every frame survives the wire both ways, and what is none is refused by name."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rooms.agent.messages import (
    LARGEST_FRAME,
    Accepted,
    Cancel,
    Do,
    Done,
    Failed,
    FromAgent,
    FromService,
    Hello,
    Ping,
    Planned,
    Pong,
    Refused,
    Reported,
    Rotate,
    Rotated,
    Screen,
    Superseded,
    Welcome,
    read_agent,
    read_service,
    write,
)
from rooms.agent.plan import Entry, Plan
from rooms.agent.report import Machine, Report
from rooms.errors import Invalid

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ENTRY = Entry(id="se-1", start=NOON, end=NOON + timedelta(hours=1), kind="training")
FROM_AGENT: list[FromAgent] = [
    Hello(agent="0.1.0", now=NOON),
    Hello(agent="0.1.0", now=NOON, plan=7),
    Reported(version=3, report=Report(machine=Machine(agent="0"))),
    Accepted("cm-1"),
    Done("cm-1", {"power": "on"}),
    Failed("cm-1", "device_busy"),
    Failed("cm-1", "device_busy", "warming"),
    Superseded("cm-1"),
    Rotated(),
    Ping(4),
    Pong(4),
]
STEPS = ({"command": "room.wake"},)
FROM_SERVICE: list[FromService] = [
    Welcome(room="villefort-visio", now=NOON),
    Do(id="cm-1", command="camera.home", arguments={}, deadline=NOON),
    Do(id="cm-1", command="room.preset.apply", arguments={}, deadline=NOON, steps=STEPS),
    Cancel("cm-1"),
    Planned(Plan(version=2, entries=(ENTRY,))),
    Rotate("x" * 43),
    Screen("stale"),
    Refused("bad-frame"),
    Ping(4),
    Pong(4),
]  # fmt: skip


@pytest.mark.parametrize("message", FROM_AGENT, ids=lambda one: type(one).__name__)
def test_what_an_agent_says_survives_the_wire(message: FromAgent) -> None:
    assert read_agent(write(message)) == message


@pytest.mark.parametrize("message", FROM_SERVICE, ids=lambda one: type(one).__name__)
def test_what_the_service_says_survives_the_wire(message: FromService) -> None:
    assert read_service(write(message)) == message


def framed(**members: Any) -> str:
    return json.dumps(members)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "7",
        "{",
        "[" * 100_000,
        framed(type="cancel", id="cm-1"),  # the service's word
        framed(type="hello", versions=[1], agent="x", now="yesterday"),
        framed(type="hello", versions=[1], agent="x", now="2026-11-24T12:00:00"),
        framed(type="hello", versions=[2], agent="x", now="2026-11-24T12:00:00Z"),
        framed(type="hello", versions=1, agent="x", now="2026-11-24T12:00:00Z"),
        framed(type="hello", versions=[1] * 9, agent="x", now="2026-11-24T12:00:00Z"),
        framed(type="accepted"),
        framed(type="accepted", id="../x"),
        framed(type="accepted", id="cm-1", more=1),
        framed(type="done", id="cm-1"),
        framed(type="done", id="cm-1", result={"log": "x" * 9000}),
        '{"type":"done","id":"cm-1","result":{"t":NaN}}',
        framed(type="failed", id="cm-1", error=""),
        framed(type="failed", id="cm-1", error="timeout", detail="x" * 201),
        framed(type="ping", n=-1),
        framed(type="report", version=1, document={}),
        framed(type=["ping"], n=1),
    ],
)
def test_what_is_no_frame_of_an_agent_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        read_agent(text)


@pytest.mark.parametrize(
    "text",
    [
        framed(type="rotated"),  # the agent's word
        framed(type="welcome", version=2, room="a", now="2026-11-24T12:00:00Z"),
        framed(type="plan", version=1, entries=[{}], scenes={}),
        framed(type="plan", version=1, entries=[], scenes=7),
        framed(type="rotate", token=""),
        framed(type="rotate", token="x" * 129),
        framed(type="screen", presence="there"),
        framed(type="command", id="cm-1", command="camera.home", arguments=[], deadline="x"),
    ],
)
def test_what_is_no_frame_of_the_service_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        read_service(text)


@pytest.mark.parametrize("character", ["x", "é"])
def test_a_frame_that_is_too_big_is_not_even_read(character: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_agent(character * (LARGEST_FRAME // len(character.encode()) + 1))
    assert refused.value.key == "frame-too-big"
