"""Phones that are the remote of a room for a while: the code on its screen, who has one, and who
puts them out."""

import asyncio
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Connection

from orchestrator.api.codes import tried
from orchestrator.api.endpoint import Answer, Body, Call, Route, Shape
from orchestrator.api.screens import screen_of
from orchestrator.auth import limits
from orchestrator.auth.pairing import PATTERN, Wrong
from orchestrator.cases import phones as cases
from orchestrator.cases import rights
from orchestrator.keys import BUS, HOUSE, KEYRING, PUBLIC_URL, SETTINGS, SWITCHBOARD
from orchestrator.store import audit, phones
from orchestrator.store.instants import iso
from orchestrator.store.phones import Phone
from rooms.errors import Forbidden
from rooms.ids import RoomId


class PhoneCodeOut(Shape):
    """What the room's screen shows: digits, where they open the room, and a picture of that."""

    code: str
    url: str
    qr: str
    expires_at: datetime


class PhoneCodeIn(Body):
    """What somebody read on the room's screen."""

    code: Annotated[str, Field(pattern=PATTERN)]


class PhonePairedOut(Shape):
    """The phone's token: kept by the phone, shown to nobody."""

    token: str
    room: str
    until: datetime


class PhoneOut(Shape):
    """A phone, by the id under which it is on record; `DELETE /devices/{device}` puts it out."""

    device: str
    since: datetime
    until: datetime


class PhonesOut(Shape):
    """Those that command the room now."""

    phones: list[PhoneOut]


class PutOut(Shape):
    """How many there were."""

    phones: int


def picture(url: str) -> str:
    """A QR code of an address, as a `data:` address of an SVG picture. Blocking."""
    import segno  # in the thread that draws, when the first screen asks

    made: str = segno.make_qr(url, error="m").svg_data_uri(
        scale=1, border=4, dark="#000", light="#fff", omitsize=True, xmldecl=False
    )
    return made


async def code(call: Call) -> Answer:
    """A code for the room's own screen to show; for nobody else there is one."""
    screen = screen_of(call)
    rules = limits.phone_code_limits(screen.room)

    def make(conn: Connection) -> str:
        limits.count(conn, call.now, rules)
        return cases.new_code(conn, call.app[KEYRING], screen.room, screen.id, call.now)

    made = await call.database.write(make)
    url = f"{call.app[PUBLIC_URL]}/rooms/{screen.room}/remote#code={made}"
    body = {
        "code": made,
        "url": url,
        "qr": await asyncio.to_thread(picture, url),
        "expires_at": iso(call.now + cases.CODE_LASTS),
    }
    return Answer(status=201, body=body)


async def claim(call: Call) -> Answer:
    """Make a phone the room's remote. A wrong code, a used one and a late one are one answer."""
    sent, room = call.body(PhoneCodeIn), call.app[SETTINGS].network.room(call.path("room")).id

    def pair(conn: Connection, address: str) -> tuple[Phone, str] | Wrong:
        made = cases.claim(conn, call.app[KEYRING], room, sent.code, call.now, address)
        if not isinstance(made, Wrong):
            detail = {"kind": phones.PHONE, "until": iso(made[0].until)}
            audit.record(conn, call.now, made[0].id, "device.paired", room, detail)
        return made

    paired = await tried(call, pair, "phone.refused", room)
    if isinstance(paired, Wrong):
        if paired.renew:
            await call.app[SWITCHBOARD].code_burnt(room)
        raise Forbidden("bad-phone-code")
    phone, token = paired
    call.app[BUS].publish("device.paired", device=phone.id, room=room)
    body = PhonePairedOut(token=token, room=room, until=phone.until)
    return Answer(status=201, body=body.model_dump(mode="json"))


async def listed(call: Call) -> Answer:
    """The phones that command a room now."""
    room = await _mine(call)
    found = await call.database.read(lambda conn: phones.here(conn, room, call.now))
    return Answer(body={"phones": [_shown(one) for one in found]})


async def put_out(call: Call) -> Answer:
    """Put all phones of a room out."""
    room = await _mine(call)

    def end(conn: Connection) -> int:
        many = phones.put_out(conn, room, call.now)
        audit.record(conn, call.now, call.person.id, "phones.put_out", room, {"phones": many})
        return many

    many = await call.database.write(end)
    call.app[BUS].publish("device.revoked", room=room)
    return Answer(body={"phones": many})


async def _mine(call: Call) -> RoomId:
    """The room, for a person who commands it now."""
    house = call.app[HOUSE]
    room = house.means.network.room(call.path("room")).id
    await call.database.read(rights.commands(house.conductor, call.person, room))
    return room


def _shown(one: Phone) -> dict[str, Any]:
    return {"device": one.id, "since": iso(one.since), "until": iso(one.until)}


ROUTES = (
    Route(
        method="POST",
        path="/rooms/{room}/phones/code",
        handler=code,
        summary="A code that makes a phone the remote of a room",
        ok=201,
        answer=PhoneCodeOut,
        errors=(401, 403, 429),
    ),
    Route(
        method="POST",
        path="/rooms/{room}/phones/claim",
        handler=claim,
        summary="Make a phone the remote of a room",
        body=PhoneCodeIn,
        ok=201,
        answer=PhonePairedOut,
        errors=(403, 404, 409, 429),
        csrf=False,
    ),
    Route(
        method="GET",
        path="/rooms/{room}/phones",
        handler=listed,
        summary="The phones that command a room",
        person=True,
        answer=PhonesOut,
        errors=(403, 404),
    ),
    Route(
        method="DELETE",
        path="/rooms/{room}/phones",
        handler=put_out,
        summary="Put all phones of a room out",
        person=True,
        answer=PutOut,
        errors=(403, 404),
    ),
)
