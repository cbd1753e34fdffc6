"""A room calls for help: from its remote, a phone or its screen; an animateur says he comes."""

from orchestrator import roles
from orchestrator.api.endpoint import Answer, Call, Route
from orchestrator.api.phone_remote import phone_of
from orchestrator.api.rooms import HelpOut, help_of
from orchestrator.cases import help_calls as cases
from orchestrator.cases import rights
from orchestrator.keys import BUS, HOUSE, SETTINGS
from rooms.errors import Forbidden
from rooms.ids import RoomId


async def ask(call: Call) -> Answer:
    """Call for help, or learn what became of the call."""
    room = call.app[SETTINGS].network.room(call.path("room")).id
    by = await _in_the_room(call, room)
    calling, new = await call.database.write(lambda conn: cases.ask(conn, room, by, call.now))
    if new:
        _told(call, room, "asked")
    return Answer(body=help_of(calling))


async def answer(call: Call) -> Answer:
    """Say that one comes."""
    room = call.app[SETTINGS].network.room(call.path("room"))
    if not roles.may_pair(call.person, room.centre):
        raise Forbidden("not-your-room", room=room.id)
    by = call.person.id
    calling = await call.database.write(lambda conn: cases.answer(conn, room.id, by, call.now))
    _told(call, room.id, "answered")
    return Answer(body=help_of(calling))


async def close(call: Call) -> Answer:
    """It is over."""
    room = call.app[SETTINGS].network.room(call.path("room")).id
    by = await _in_the_room(call, room)
    if await call.database.write(lambda conn: cases.close(conn, room, by, call.now)):
        _told(call, room, "closed")
    return Answer(status=204)


async def _in_the_room(call: Call, room: RoomId) -> str:
    """Who calls: the room's screen, a phone that commands it, a person who does."""
    device = call.caller.device
    if device is not None:
        if device.room != room:
            raise Forbidden("not-your-room", room=room)
        return device.id
    if call.caller.bearer:
        return (await phone_of(call)).id
    conductor, person = call.app[HOUSE].conductor, call.person
    await call.database.read(rights.commands(conductor, person, room))
    return person.id


def _told(call: Call, room: RoomId, state: str) -> None:
    call.app[BUS].publish("room.help.changed", room=room, state=state)


ROUTES = (
    Route(
        method="POST",
        path="/rooms/{room}/help",
        handler=ask,
        summary="Call for help in a room",
        answer=HelpOut,
        errors=(401, 403, 404, 429),
    ),
    Route(
        method="POST",
        path="/rooms/{room}/help/answer",
        handler=answer,
        summary="Say that one comes to help",
        person=True,
        answer=HelpOut,
        errors=(403, 404, 409),
    ),
    Route(
        method="DELETE",
        path="/rooms/{room}/help",
        handler=close,
        summary="No help is needed any more",
        ok=204,
        errors=(401, 403, 404),
    ),
)
