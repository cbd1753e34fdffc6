"""The agents of rooms, for whoever runs their centres: which there are, and how each room is."""

from datetime import datetime
from typing import Any

from orchestrator import roles
from orchestrator.api.agent_socket import AGENTS
from orchestrator.api.endpoint import Answer, Call, Route, Shape
from orchestrator.cases import rights
from orchestrator.keys import HOUSE, SETTINGS
from orchestrator.store import agents
from orchestrator.store.instants import iso


class AgentOut(Shape):
    """The agent of a room; `device` is the id by which it is put out."""

    device: str
    room: str
    presence: str
    rotated_at: datetime
    seen_at: datetime | None
    health: list[str]


class AgentsOut(Shape):
    """All that one may see."""

    agents: list[AgentOut]


class ReportOut(Shape):
    """What the room's agent reported last; version 0 when it never did."""

    version: int
    document: dict[str, Any] | None
    presence: str
    at: datetime | None


async def every(call: Call) -> Answer:
    """The agents of the rooms one may pair."""
    network, hub = call.app[SETTINGS].network, call.app[AGENTS]
    centres = {room.id: room.centre for room in network.rooms}
    found = await call.database.read(agents.every)
    seen = [
        one
        for one in found
        if one.room in centres and roles.may_pair(call.person, centres[one.room])
    ]
    body = []
    for one in seen:
        report = hub.report_of(one.room)
        body.append(
            {
                "device": one.id,
                "room": one.room,
                "presence": hub.presence.of(one.room).value,
                "rotated_at": iso(one.rotated_at),
                "seen_at": None if one.seen_at is None else iso(one.seen_at),
                "health": [] if report is None else [ill.key for ill in report.health],
            }
        )
    return Answer(body={"agents": body})


async def devices(call: Call) -> Answer:
    """The devices of a room and how its machine is, for whoever may command it."""
    house = call.app[HOUSE]
    room = house.means.network.room(call.path("room")).id
    await call.database.read(rights.commands(house.conductor, call.person, room))
    told = await call.database.read(lambda conn: agents.report_of(conn, room))
    return Answer(
        body={
            "version": 0 if told is None else told.version,
            "document": None if told is None else told.document,
            "presence": call.app[AGENTS].presence.of(room).value,
            "at": None if told is None else iso(told.at),
        }
    )


ROUTES = (
    Route(
        method="GET",
        path="/agents",
        handler=every,
        summary="The agents of rooms",
        person=True,
        answer=AgentsOut,
    ),
    Route(
        method="GET",
        path="/rooms/{room}/devices",
        handler=devices,
        summary="The devices of a room",
        person=True,
        answer=ReportOut,
        errors=(403, 404),
    ),
)
