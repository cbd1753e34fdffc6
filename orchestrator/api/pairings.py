"""Pairing a screen, a door panel or an agent with a room, what is paired, and putting one out."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy import Connection

from orchestrator import roles
from orchestrator.api.agent_socket import AGENTS
from orchestrator.api.codes import tried
from orchestrator.api.endpoint import Answer, Body, Call, Route, Shape
from orchestrator.auth import pairing
from orchestrator.auth.pairing import PATTERN, Wrong
from orchestrator.keys import BUS, KEYRING, SETTINGS, SWITCHBOARD
from orchestrator.store import agents, audit, devices
from orchestrator.store.desks import DESK, place_of
from orchestrator.store.devices import Device, Paired
from rooms.errors import Forbidden, NotFound
from rooms.ids import CentreId, DeviceId, RoomId

RoomField = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class PairingIn(Body):
    """The room a screen shall be paired with."""

    room: RoomField


class PairingOut(Shape):
    """A code to type on the screen, once, soon."""

    code: str
    expires_at: datetime


class Claim(Body):
    """What somebody typed on a screen."""

    room: RoomField
    code: Annotated[str, Field(pattern=PATTERN)]
    kind: Literal["kiosk", "agent", "panel"] = "kiosk"


class Claimed(Shape):
    """The screen's token: kept by the screen, shown to nobody."""

    token: str
    room: str


class DeviceOut(Shape):
    """A device of a room or of a desk; `seen_at` is null where it says no hello."""

    id: str
    kind: Literal["kiosk", "agent", "panel", "desk"]
    room: str | None
    desk: str | None
    paired_at: datetime
    seen_at: datetime | None


class DeskOut(Shape):
    """A reception desk of the centre."""

    id: str
    name: str


class DevicesOut(Shape):
    """All that is paired in a centre, oldest first, and its desks."""

    devices: list[DeviceOut]
    desks: list[DeskOut]


async def every(call: Call) -> Answer:
    """What is paired with the rooms and the desks of one's centre."""
    network = call.app[SETTINGS].network
    centre = network.centre(call.path("centre"))
    if not roles.may_pair(call.person, CentreId(centre.id)):
        raise Forbidden("not-your-centre", centre=centre.id)
    desks = [desk for desk in network.desks if desk.centre == centre.id]
    places = [*(room.id for room in centre.rooms), *(place_of(desk.id) for desk in desks)]
    kinds = (devices.SCREEN, devices.AGENT, devices.PANEL, DESK)
    found = await call.database.read(lambda conn: devices.at_places(conn, places, kinds))
    made = DevicesOut(
        devices=[_shown(one) for one in found],
        desks=[DeskOut(id=desk.id, name=desk.name) for desk in desks],
    )
    return Answer(body=made.model_dump(mode="json"))


def _shown(one: Paired) -> DeviceOut:
    at_desk = one.kind == DESK
    return DeviceOut.model_validate(
        {
            "id": one.id,
            "kind": one.kind,
            "room": None if at_desk else one.place,
            "desk": one.place.removeprefix(f"{DESK}:") if at_desk else None,
            "paired_at": one.paired_at,
            "seen_at": one.seen_at,
        }
    )


async def create(call: Call) -> Answer:
    """Make a pairing code for a room of one's centre."""
    network = call.app[SETTINGS].network
    room = network.room(call.body(PairingIn).room)
    if not roles.may_pair(call.person, room.centre):
        raise Forbidden("not-your-room", room=room.id)

    def make(conn: Connection) -> str:
        audit.record(conn, call.now, call.person.id, "pairing.made", room.id)
        return pairing.new_code(conn, call.app[KEYRING], room.id, call.person.id, call.now)

    made = PairingOut(code=await call.database.write(make), expires_at=call.now + pairing.LASTS)
    return Answer(status=201, body=made.model_dump(mode="json"))


async def claim(call: Call) -> Answer:
    """Pair a screen. A wrong code, a wrong room and a late code are one and the same answer."""
    sent = call.body(Claim)
    room, keyring = RoomId(sent.room), call.app[KEYRING]

    def pair(conn: Connection, address: str) -> tuple[DeviceId, str] | Wrong:
        made = pairing.claim(conn, keyring, room, sent.code, call.now, sent.kind, source=address)
        if not isinstance(made, Wrong):
            audit.record(conn, call.now, made[0], "device.paired", room, {"kind": sent.kind})
        return made

    paired = await tried(call, pair, "pairing.refused", room, {"kind": sent.kind})
    if isinstance(paired, Wrong):
        raise Forbidden("bad-pairing-code")
    device, token = paired
    if sent.kind == devices.AGENT:  # a room has one: the former is out
        call.app[AGENTS].put_out(RoomId(sent.room))
    call.app[BUS].publish("device.paired", device=device, room=sent.room)
    return Answer(status=201, body=Claimed(token=token, room=sent.room).model_dump())


async def revoke(call: Call) -> Answer:
    """Put a screen out: its token opens nothing any more, its socket is closed."""
    name = call.path("device")
    agent = await call.database.read(lambda conn: agents.by_id(conn, name))
    device = await call.database.read(lambda conn: devices.by_id(conn, name))
    if device is None or not _may(call, device):
        raise NotFound("no-device")
    known = device

    def end(conn: Connection) -> None:
        devices.revoke(conn, known.id, call.now)
        agents.revoke(conn, known.id, call.now)
        audit.record(conn, call.now, call.person.id, "device.revoked", known.room)

    await call.database.write(end)
    if agent is not None:
        call.app[AGENTS].put_out(known.room)
    elif device.kind == devices.SCREEN:
        await call.app[SWITCHBOARD].disconnect_screen(known.room)
    call.app[BUS].publish("device.revoked", device=known.id, room=known.room)
    return Answer(status=204)


def _may(call: Call, device: Device) -> bool:
    network = call.app[SETTINGS].network
    places = {room.id: room.centre for room in network.rooms}
    places |= {place_of(desk.id): desk.centre for desk in network.desks}
    known = places.get(device.room)
    if known is None:  # the room left the network: only an administrator still sees its screen
        return call.person.role == roles.ADMIN
    return roles.may_pair(call.person, known)


ROUTES = (
    Route(
        method="GET",
        path="/centres/{centre}/devices",
        handler=every,
        summary="What is paired with the rooms and desks of a centre",
        person=True,
        answer=DevicesOut,
        errors=(403, 404),
    ),
    Route(
        method="POST",
        path="/pairings",
        handler=create,
        summary="Make a pairing code",
        person=True,
        body=PairingIn,
        ok=201,
        answer=PairingOut,
        errors=(403, 404),
    ),
    Route(
        method="POST",
        path="/pairings/claim",
        handler=claim,
        summary="Pair a screen",
        body=Claim,
        ok=201,
        answer=Claimed,
        errors=(403, 429),
        csrf=False,
    ),
    Route(
        method="DELETE",
        path="/devices/{device}",
        handler=revoke,
        summary="Put a screen out",
        person=True,
        ok=204,
        errors=(404,),
    ),
)
