"""Commands of rooms: asked (202), followed, given up."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from orchestrator import conduct
from orchestrator.api.endpoint import PREFIX, Answer, Body, Call, Route
from orchestrator.api.once import once_of, replayed_if
from orchestrator.cases import rights
from orchestrator.keys import HOUSE
from orchestrator.store import commands
from orchestrator.store.commands import Order
from rooms.control import parse_command
from rooms.errors import Forbidden, NotFound
from rooms.ids import CommandId, RoomId


class CommandIn(Body):
    """`command` and, beside it, its arguments."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    command: Annotated[str, Field(max_length=64)]

    @property
    def arguments(self) -> dict[str, Any]:
        """Everything else."""
        return self.model_extra or {}


class Taken(BaseModel):
    """A command on its way."""

    id: str
    state: str
    error: str | None


class CommandOut(BaseModel):
    """A command and what became of it."""

    id: str
    room: str
    command: str
    arguments: dict[str, Any]
    state: str
    error: str | None
    created_at: datetime
    updated_at: datetime


async def submit(call: Call) -> Answer:
    """Ask something of a room."""
    house, sent = call.app[HOUSE], call.body(CommandIn)
    room = house.means.network.room(call.path("room")).id
    command = parse_command(sent.command, sent.arguments)
    once = once_of(call, f"room {room}", sent)
    order, replayed = await conduct.command_room(house.conductor, call.person, room, command, once)
    headers = {"Location": f"{PREFIX}/commands/{order.id}", **replayed_if(replayed)}
    taken = {"id": order.id, "state": order.state.value, "error": order.error}
    return Answer(status=202, headers=headers, body=taken)


async def follow(call: Call) -> Answer:
    """What became of a command."""
    return Answer(body=(await _known(call)).as_json())


async def give_up(call: Call) -> Answer:
    """Cancel a command that has not ended."""
    order = await _known(call)
    conductor = call.app[HOUSE].conductor
    cancelled = await conduct.cancel_command(conductor, call.person, order.room, order.id)
    return Answer(body=cancelled.as_json())


async def _known(call: Call) -> Order:
    """The command, for whoever asked it or may command its room; for nobody else is there one."""
    house, command = call.app[HOUSE], CommandId(call.path("command"))

    def find(conn: Connection) -> Order:
        order = commands.get(conn, command)
        if order.by != call.person.id:
            rights.commands(house.conductor, call.person, RoomId(order.room))(conn)
        return order

    try:
        return await call.database.read(find)
    except Forbidden:
        raise NotFound("no-command", command=command) from None


ROUTES = (
    Route(
        method="POST",
        path="/rooms/{room}/commands",
        handler=submit,
        summary="Command a room",
        person=True,
        body=CommandIn,
        ok=202,
        answer=Taken,
        errors=(403, 404, 409, 422, 429),
    ),
    Route(
        method="GET",
        path="/commands/{command}",
        handler=follow,
        summary="Follow a command",
        person=True,
        answer=CommandOut,
        errors=(404,),
    ),
    Route(
        method="DELETE",
        path="/commands/{command}",
        handler=give_up,
        summary="Give a command up",
        person=True,
        answer=CommandOut,
        errors=(403, 404, 409),
    ),
)
