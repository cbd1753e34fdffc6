"""Small pictures of a camera's stored views: taken by the room's screen when it is asked to, seen
by whoever commands the room."""

from datetime import datetime
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from orchestrator.api import problems
from orchestrator.api.endpoint import Answer, Call, Route, Shape, read_body
from orchestrator.api.phone_remote import phone_of
from orchestrator.api.screens import screen_of
from orchestrator.cases import rights
from orchestrator.keys import HOUSE
from orchestrator.store import commands, view_pictures
from orchestrator.store.instants import iso
from rooms.device_commands import HIGHEST_PRESET
from rooms.errors import Conflict, Invalid, NotFound
from rooms.house_commands import PictureKeep
from rooms.ids import RoomId

LARGEST = 32 * 1024
KIND = "image/jpeg"
BEGINS, ENDS = b"\xff\xd8\xff", b"\xff\xd9"


class ViewOut(Shape):
    """A stored view that has a picture; `taken_at` tells a new one from an old one."""

    preset: int
    taken_at: datetime


class ViewsOut(Shape):
    """Those of a room."""

    views: list[ViewOut]


async def listed(call: Call) -> Answer:
    """Which stored views have a picture."""
    room = await _commanded(call)
    found = await call.database.read(lambda conn: view_pictures.of_room(conn, room))
    views: list[dict[str, Any]] = [{"preset": one, "taken_at": iso(at)} for one, at in found]
    return Answer(body={"views": views})


async def show(call: Call) -> web.StreamResponse:
    """The picture of one of them."""
    room, preset = await _commanded(call), _preset(call)
    found = await call.database.read(lambda conn: view_pictures.find(conn, room, preset))
    if found is None:
        raise NotFound("no-picture", preset=preset)
    return web.Response(body=found, content_type=KIND, headers={"Cache-Control": "no-store"})


async def keep(call: Call) -> Answer:
    """The room's screen brings the picture it was asked for."""
    screen, preset = screen_of(call), _preset(call)
    if call.request.content_type != KIND:
        raise problems.WrongMediaType("bad-picture", accepted=[KIND])
    jpeg = await read_body(call.request)
    if len(jpeg) > LARGEST:
        raise problems.TooLarge("body-too-large", limit=LARGEST)
    if not (jpeg.startswith(BEGINS) and jpeg.endswith(ENDS)):
        raise Invalid("bad-picture", accepted=[KIND])

    def write(conn: Connection) -> None:
        if not _is_asked(conn, screen.room, preset):
            raise Conflict("picture-not-asked", preset=preset)
        view_pictures.keep(conn, screen.room, preset, jpeg, call.now)

    await call.database.write(write)
    return Answer(status=204)


def _is_asked(conn: Connection, room: RoomId, preset: int) -> bool:
    """Whether somebody who may has just asked the screen for it."""
    return any(
        one.command == PictureKeep.name and one.arguments["preset"] == preset
        for one in commands.unfinished(conn, room)
    )


def _preset(call: Call) -> int:
    word = call.path("preset")
    if not word.isascii() or not word.isdigit() or len(word) > 3 or int(word) > HIGHEST_PRESET:
        raise NotFound("no-picture", preset=word)
    return int(word)


async def _commanded(call: Call) -> RoomId:
    """The room, for a phone of it and for a person who commands it now."""
    if call.caller.bearer:
        return (await phone_of(call)).room
    house = call.app[HOUSE]
    room = house.means.network.room(call.path("room")).id
    await call.database.read(rights.commands(house.conductor, call.person, room))
    return room


ROUTES = (
    Route(
        method="GET",
        path="/rooms/{room}/views",
        handler=listed,
        summary="The stored views that have a picture",
        answer=ViewsOut,
        errors=(401, 403, 404),
    ),
    Route(
        method="GET",
        path="/rooms/{room}/views/{preset}",
        handler=show,
        summary="The picture of a stored view",
        gives=(KIND,),
        errors=(401, 403, 404),
    ),
    Route(
        method="PUT",
        path="/rooms/{room}/views/{preset}",
        handler=keep,
        summary="Bring the picture of a stored view",
        takes=(KIND,),
        ok=204,
        errors=(401, 403, 404, 409, 413, 415, 422),
    ),
)
