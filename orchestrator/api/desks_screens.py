"""The screens of reception desks, paired like those of rooms; and the numbers visitors leave."""

from datetime import datetime
from typing import Annotated

from pydantic import Field
from sqlalchemy import Connection

from orchestrator import roles
from orchestrator.api.codes import tried
from orchestrator.api.desks import caller_of
from orchestrator.api.endpoint import Answer, Body, Call, Route, Shape
from orchestrator.auth import pairing
from orchestrator.auth.pairing import PATTERN, Wrong
from orchestrator.cases import desks_numbers
from orchestrator.cases.desks_rights import desk_at
from orchestrator.keys import BUS, HOUSE, KEYRING, SETTINGS
from orchestrator.store import audit
from orchestrator.store import desks as store
from orchestrator.store.instants import iso
from rooms.errors import Forbidden
from rooms.ids import DeviceId
from rooms.room import DeskId

Line = r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"


class CodeOut(Shape):
    """A code to type on the desk's screen, once, soon."""

    code: str
    expires_at: datetime


class CodeIn(Body):
    """What somebody typed on the desk's screen."""

    code: Annotated[str, Field(pattern=PATTERN)]


class PairedOut(Shape):
    """The screen's token: kept by the screen, shown to nobody."""

    token: str


class NumberIn(Body):
    """Who wants to be called, and at which number."""

    name: Annotated[str, Field(min_length=1, max_length=60, pattern=Line)]
    phone: Annotated[str, Field(pattern=r"^\+?[0-9][0-9 .()/-]{4,28}[0-9]$")]


class NumberOut(Shape):
    """What was kept."""

    callback: str


class CallBackOut(Shape):
    """Somebody who waits to be called."""

    id: str
    desk: str
    centre: str
    name: str
    phone: str
    at: datetime


class CallBacksOut(Shape):
    """Those of one's centres, oldest first."""

    callbacks: list[CallBackOut]


async def code(call: Call) -> Answer:
    """Make a pairing code for a desk of one's centre."""
    place = desk_at(call.app[SETTINGS].network, call.path("desk"))
    if not roles.may_pair(call.person, place.centre):
        raise Forbidden("not-your-desk", desk=place.id)

    def make(conn: Connection) -> str:
        audit.record(conn, call.now, call.person.id, "pairing.made", place.id)
        room = store.place_of(place.id)
        return pairing.new_code(conn, call.app[KEYRING], room, call.person.id, call.now)

    made = CodeOut(code=await call.database.write(make), expires_at=call.now + pairing.LASTS)
    return Answer(status=201, body=made.model_dump(mode="json"))


async def claim(call: Call) -> Answer:
    """Pair the screen: the former one of the desk is out. All wrong codes are one answer."""
    sent, desk = call.body(CodeIn), DeskId(call.path("desk"))
    place, keyring = store.place_of(desk), call.app[KEYRING]

    def pair(conn: Connection, address: str) -> tuple[DeviceId, str] | Wrong:
        made = pairing.claim(conn, keyring, place, sent.code, call.now, store.DESK, source=address)
        if not isinstance(made, Wrong):
            store.put_out_others(conn, desk, made[0], call.now)
            audit.record(conn, call.now, made[0], "device.paired", desk, {"kind": store.DESK})
        return made

    paired = await tried(call, pair, "pairing.refused", desk, {"kind": store.DESK})
    if isinstance(paired, Wrong):
        raise Forbidden("bad-pairing-code")
    call.app[BUS].publish("device.paired", device=paired[0], desk=desk)
    return Answer(status=201, body={"token": paired[1]})


async def leave_number(call: Call) -> Answer:
    """A visitor wants to be called back."""
    caller, sent = await caller_of(call), call.body(NumberIn)
    means = call.app[HOUSE].means
    name = " ".join(sent.name.split())
    kept = await desks_numbers.ask_call_back(means, caller, call.path("desk"), name, sent.phone)
    return Answer(status=201, body={"callback": kept})


async def numbers(call: Call) -> Answer:
    """Who waits to be called by somebody of one's centres."""
    found = await desks_numbers.call_backs(call.app[HOUSE].means, call.person)
    body = [
        {
            "id": one.id,
            "desk": one.desk,
            "centre": one.centre,
            "name": one.name,
            "phone": one.phone,
            "at": iso(one.at),
        }
        for one in found
    ]
    return Answer(body={"callbacks": body})


async def called(call: Call) -> Answer:
    """He was called."""
    await desks_numbers.called_back(call.app[HOUSE].means, call.person, call.path("callback"))
    return Answer(status=204)


ROUTES = (
    Route(
        method="POST",
        path="/desks/{desk}/pairings",
        handler=code,
        summary="Make a pairing code for a desk",
        person=True,
        ok=201,
        answer=CodeOut,
        errors=(403, 404),
    ),
    Route(
        method="POST",
        path="/desks/{desk}/pairings/claim",
        handler=claim,
        summary="Pair the screen of a desk",
        body=CodeIn,
        ok=201,
        answer=PairedOut,
        errors=(403, 429),
        csrf=False,
    ),
    Route(
        method="POST",
        path="/desks/{desk}/callbacks",
        handler=leave_number,
        summary="Ask to be called back",
        body=NumberIn,
        ok=201,
        answer=NumberOut,
        errors=(401, 403, 404, 422, 429),
    ),
    Route(
        method="GET",
        path="/desk-callbacks",
        handler=numbers,
        summary="Who waits to be called back",
        person=True,
        answer=CallBacksOut,
        errors=(403,),
    ),
    Route(
        method="POST",
        path="/desk-callbacks/{callback}/done",
        handler=called,
        summary="He was called back",
        person=True,
        ok=204,
        errors=(403, 404),
    ),
)
