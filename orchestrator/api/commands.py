"""Commands of rooms: asked (202), followed, given up; one room's, or all of a session's."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from orchestrator import conduct
from orchestrator.api.command_models import CommandIn, SessionCommandIn
from orchestrator.api.endpoint import PREFIX, Answer, Call, Route, Shape
from orchestrator.api.once import once_of, replayed_if
from orchestrator.api.problems import locale_of
from orchestrator.cases import fan_out, rights
from orchestrator.cases.fan_out import Asked
from orchestrator.keys import HOUSE, WORDS
from orchestrator.store import commands, sessions
from orchestrator.store.commands import Order
from rooms.errors import Forbidden, NotFound
from rooms.ids import CommandId, RoomId, SessionId

MOST_LISTED = 200


class Taken(Shape):
    """A command on its way."""

    id: str
    state: str
    error: str | None


class TakenIn(Shape):
    """What one room of a session makes of it: the command, or why there is none."""

    room: str
    id: str | None
    state: str | None
    error: str | None
    title: str | None


class TakenBySession(Shape):
    """One line for each room asked."""

    results: list[TakenIn]


class CommandOut(Shape):
    """A command and what became of it; `not_before` and `expires_at` as they were asked for."""

    id: str
    room: str
    command: str
    arguments: dict[str, Any]
    state: str
    error: str | None
    result: dict[str, Any] | None
    created_at: datetime
    updated_at: datetime
    not_before: datetime | None
    expires_at: datetime | None


class CommandsOut(Shape):
    """Several commands."""

    commands: list[CommandOut]


async def submit(call: Call) -> Answer:
    """Ask something of a room."""
    house, sent = call.app[HOUSE], call.body(CommandIn)
    room = house.means.network.room(call.path("room")).id
    asked = Asked(
        command=sent.order.meant,
        once=once_of(call, f"room {room}", sent),
        not_before=sent.order.not_before,
        expires_at=sent.order.expires_at,
    )
    order, replayed = await conduct.command_room(house.conductor, call.person, room, asked)
    headers = {"Location": f"{PREFIX}/commands/{order.id}", **replayed_if(replayed)}
    taken = {"id": order.id, "state": order.state.value, "error": order.error}
    return Answer(status=202, headers=headers, body=taken)


async def follow(call: Call) -> Answer:
    """What became of a command."""
    return Answer(body=(await _known(call)).as_json())


async def of_session(call: Call) -> Answer:
    """Ask the same of the rooms of a session; each answers for itself."""
    house, sent = call.app[HOUSE], call.body(SessionCommandIn)
    session = SessionId(call.path("session"))
    asked = Asked(
        command=sent.order.meant,
        once=once_of(call, f"session {session}", sent),
        not_before=sent.order.not_before,
        expires_at=sent.order.expires_at,
    )
    rooms = None if sent.order.rooms is None else [RoomId(room) for room in sent.order.rooms]
    found = await fan_out.to_rooms(house.conductor, call.person, session, asked, rooms)
    locale = locale_of(call.request)
    results = [one.as_json(call.app[WORDS], locale) for one in found]
    headers = {"Location": f"{PREFIX}/sessions/{session}/commands"}
    return Answer(status=202, headers=headers, body={"results": results})


async def listed(call: Call) -> Answer:
    """The last commands of a session, and what became of them in each room."""
    house, session = call.app[HOUSE], SessionId(call.path("session"))

    def find(conn: Connection) -> list[Order]:
        rights.runs(call.person)(conn, sessions.get(conn, session))
        return commands.of_session(conn, session, MOST_LISTED)

    found = await house.means.database.read(find)
    return Answer(body={"commands": [one.as_json() for one in found]})


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
        idempotent=True,
    ),
    Route(
        method="POST",
        path="/sessions/{session}/commands",
        handler=of_session,
        summary="Command the rooms of a session",
        person=True,
        body=SessionCommandIn,
        ok=202,
        answer=TakenBySession,
        errors=(403, 404, 422),
        idempotent=True,
    ),
    Route(
        method="GET",
        path="/sessions/{session}/commands",
        handler=listed,
        summary="The commands of a session",
        person=True,
        answer=CommandsOut,
        errors=(404,),
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
