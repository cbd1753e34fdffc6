"""The remote of a room on a phone: one token, one room, its commands. Nothing else opens to it."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Connection

from orchestrator import conduct, roles
from orchestrator.api.agent_socket import AGENTS
from orchestrator.api.command_models import CommandIn
from orchestrator.api.commands import CommandOut, Taken
from orchestrator.api.endpoint import PREFIX, Answer, Call, Route, Shape
from orchestrator.api.once import once_of, replayed_if
from orchestrator.api.rooms import StateOut, state_of
from orchestrator.cases import phones as cases
from orchestrator.cases.fan_out import Asked
from orchestrator.gate import known
from orchestrator.keys import BUS, HOUSE, SETTINGS
from orchestrator.presence import Presence
from orchestrator.store import agents, audit, commands, devices, scenes
from orchestrator.store.commands import Order
from orchestrator.store.instants import iso
from orchestrator.store.phones import Phone
from rooms.errors import NotFound
from rooms.ids import CommandId, RoomId
from rooms.state import SCREEN_ABLE


class CameraOut(Shape):
    """A camera of the room, and what it does."""

    id: str
    commands: list[str]


class SceneNameOut(Shape):
    """A scene, by its name."""

    id: str
    label: str


class HeldNowOut(Shape):
    """What goes on in the room or begins soon; `session` to join, once it is `open`."""

    session: str | None
    title: str
    start: Annotated[datetime, Field(alias="from")]
    end: Annotated[datetime, Field(alias="to")]
    open: bool


class RemoteOut(Shape):
    """All that the remote shows; `able` is what this phone may ask of the room now."""

    room: str
    name: str
    centre: str
    zone: str
    until: datetime
    able: list[str]
    cameras: list[CameraOut]
    scenes: list[SceneNameOut]
    scene: str | None
    held: HeldNowOut | None
    state: StateOut


async def phone_of(call: Call) -> Phone:
    """The phone that calls, proved to command the room of the address."""
    token, room = call.caller.bearer, call.path("room")
    found = await call.database.read(lambda conn: cases.proved(conn, token, room, call.now))
    known(call.request)
    return found


async def show(call: Call) -> Answer:
    """How the room is, and what may be asked of it."""
    phone = await phone_of(call)
    network, room = call.app[SETTINGS].network, phone.room
    centre = network.centre_of(room)
    state = await state_of(call, room)
    report = await _report(call, room)
    able = {*state["document"].get("able", SCREEN_ABLE), *report.get("commands", [])}

    def read(conn: Connection) -> tuple[list[dict[str, str]], dict[str, Any] | None]:
        named = scenes.of_room(conn, room)[1].scenes
        return [{"id": one.id, "label": one.label} for one in named], _held(conn, room, call.now)

    named, held = await call.database.read(read)
    body = {
        "room": room,
        "name": network.room(room).name,
        "centre": centre.name,
        "zone": centre.zone.key,
        "until": iso(phone.until),
        "able": sorted(name for name in able if roles.may_ask_by_phone(name)),
        "cameras": _cameras(report),
        "scenes": named,
        "scene": report.get("scene"),
        "held": held,
        "state": state,
    }
    return Answer(body=body)


async def _report(call: Call, room: RoomId) -> dict[str, Any]:
    """What the room's agent reported, while it is there."""
    if call.app[AGENTS].presence.of(room) is not Presence.ONLINE:
        return {}
    told = await call.database.read(lambda conn: agents.report_of(conn, room))
    return {} if told is None else told.document


def _cameras(report: dict[str, Any]) -> list[dict[str, Any]]:
    found = [
        {"id": one["id"], "commands": [name for name in one["commands"] if "camera." in name]}
        for one in report.get("devices", [])
    ]
    return [one for one in found if one["commands"]]


def _held(conn: Connection, room: RoomId, now: datetime) -> dict[str, Any] | None:
    one = cases.held_now(conn, room, now)
    if one is None:
        return None
    return {
        "session": one.session,
        "title": one.title,
        "from": iso(one.start),
        "to": iso(one.end),
        "open": cases.is_open(conn, one),
    }


async def submit(call: Call) -> Answer:
    """Ask something of the room."""
    phone, sent = await phone_of(call), call.body(CommandIn)
    asked = Asked(
        command=sent.order.meant,
        once=once_of(call, f"room {phone.room}", sent, phone.id),
        not_before=sent.order.not_before,
        expires_at=sent.order.expires_at,
    )
    conductor = call.app[HOUSE].conductor
    order, replayed = await conduct.command_by_phone(conductor, phone, phone.room, asked)
    where = f"{PREFIX}/rooms/{phone.room}/remote/commands/{order.id}"
    taken = {"id": order.id, "state": order.state.value, "error": order.error}
    return Answer(status=202, headers={"Location": where, **replayed_if(replayed)}, body=taken)


async def follow(call: Call) -> Answer:
    """What became of a command this phone asked."""
    phone, command = await phone_of(call), CommandId(call.path("command"))

    def find(conn: Connection) -> Order:
        order = commands.get(conn, command)
        if order.by != phone.id:
            raise NotFound("no-command", command=command)
        return order

    return Answer(body=(await call.database.read(find)).as_json())


async def give_back(call: Call) -> Answer:
    """The phone commands the room no more."""
    phone = await phone_of(call)

    def end(conn: Connection) -> None:
        devices.revoke(conn, phone.id, call.now)
        audit.record(conn, call.now, phone.id, "device.revoked", phone.room)

    await call.database.write(end)
    call.app[BUS].publish("device.revoked", device=phone.id, room=phone.room)
    return Answer(status=204)


ROUTES = (
    Route(
        method="GET",
        path="/rooms/{room}/remote",
        handler=show,
        summary="The remote of a room, on a phone",
        answer=RemoteOut,
        errors=(401, 403),
    ),
    Route(
        method="DELETE",
        path="/rooms/{room}/remote",
        handler=give_back,
        summary="Give a room's remote back",
        ok=204,
        errors=(401, 403),
    ),
    Route(
        method="POST",
        path="/rooms/{room}/remote/commands",
        handler=submit,
        summary="Command a room by phone",
        body=CommandIn,
        ok=202,
        answer=Taken,
        errors=(401, 403, 404, 409, 422, 429),
        idempotent=True,
    ),
    Route(
        method="GET",
        path="/rooms/{room}/remote/commands/{command}",
        handler=follow,
        summary="Follow a command of a phone",
        answer=CommandOut,
        errors=(401, 403, 404),
    ),
)
