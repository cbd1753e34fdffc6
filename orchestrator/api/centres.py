"""The network as everybody may see it: its centres and their rooms."""

from typing import Annotated

from pydantic import ConfigDict, Field

from orchestrator.api.endpoint import Answer, Call, Route, Shape
from orchestrator.keys import SETTINGS
from orchestrator.settings import Network
from orchestrator.store import closures
from rooms.centre import MIDNIGHT, Centre
from rooms.ids import CentreId, RoomId
from rooms.room import Room, calendar_address


class _Out(Shape):
    model_config = ConfigDict(populate_by_name=True)


class OpeningHoursOut(_Out):
    """One stretch of the day; Monday is 0; civil time of the centre."""

    days: list[int]
    opens: Annotated[str, Field(alias="from")]
    closes: Annotated[str, Field(alias="to")]


class ClosureOut(_Out):
    """Whole days, the last one included."""

    first: Annotated[str, Field(alias="from")]
    last: Annotated[str, Field(alias="to")]
    reason: str


class OpeningOut(ClosureOut):
    """Exceptional hours on whole days, the last one included."""

    opens: str
    closes: str


class LineOut(_Out):
    """What the centre's line carries."""

    technology: str
    down_kbps: int
    up_kbps: int
    rtt_ms: int


class RoomOut(_Out):
    """A room; `calendar` is the address by which an event invites it."""

    id: str
    name: str
    centre: str
    capacity: int
    equipment: list[str]
    calendar: str


class CentreOut(_Out):
    """A centre of the network."""

    id: str
    name: str
    level: str
    premises: str
    address: str
    zone: str
    opening_hours: list[OpeningHoursOut]
    closures: list[ClosureOut]
    openings: list[OpeningOut]
    line: LineOut
    languages: list[str]
    rooms: list[RoomOut]


class CentresOut(_Out):
    """The centres."""

    centres: list[CentreOut]


class RoomsOut(_Out):
    """The rooms."""

    rooms: list[RoomOut]


def room_out(room: Room, network: Network) -> RoomOut:
    """A room as the API shows it."""
    return RoomOut(
        id=room.id,
        name=room.name,
        centre=room.centre,
        capacity=room.capacity,
        equipment=list(room.equipment),
        calendar=calendar_address(room.id, network.mail_domain),
    )


def centre_out(centre: Centre, network: Network) -> CentreOut:
    """A centre as the API shows it."""
    return CentreOut(
        id=centre.id,
        name=centre.name,
        level=centre.level,
        premises=centre.premises,
        address=centre.address,
        zone=centre.zone.key,
        opening_hours=[
            OpeningHoursOut(
                days=list(hours.days),
                opens=hours.opens.strftime("%H:%M"),
                closes=hours.closing,
            )
            for hours in centre.opening_hours
        ],
        closures=[
            ClosureOut(
                first=closure.first.isoformat(),
                last=closure.last.isoformat(),
                reason=closure.reason,
            )
            for closure in centre.closures
        ],
        openings=[
            OpeningOut(
                first=opening.first.isoformat(),
                last=opening.last.isoformat(),
                opens=f"{opening.opens:%H:%M}",
                closes="24:00" if opening.closes == MIDNIGHT else f"{opening.closes:%H:%M}",
                reason=opening.reason,
            )
            for opening in centre.openings
        ],
        line=LineOut(
            technology=centre.line.technology,
            down_kbps=centre.line.down_kbps,
            up_kbps=centre.line.up_kbps,
            rtt_ms=centre.line.rtt_ms,
        ),
        languages=list(centre.languages),
        rooms=[room_out(room, network) for room in centre.rooms],
    )


def _network(call: Call) -> Network:
    return call.app[SETTINGS].network


async def centres(call: Call) -> Answer:
    """Every centre."""
    network = _network(call)
    known = await call.database.read(
        lambda conn: [closures.effective(conn, centre) for centre in network.centres]
    )
    found = CentresOut(centres=[centre_out(centre, network) for centre in known])
    return Answer(body=found.model_dump(by_alias=True))


async def centre(call: Call) -> Answer:
    """One centre."""
    network = _network(call)
    named = network.centre(CentreId(call.path("centre")))
    found = await call.database.read(lambda conn: closures.effective(conn, named))
    return Answer(body=centre_out(found, network).model_dump(by_alias=True))


async def rooms(call: Call) -> Answer:
    """Every room."""
    network = _network(call)
    found = RoomsOut(rooms=[room_out(room, network) for room in network.rooms])
    return Answer(body=found.model_dump())


async def room(call: Call) -> Answer:
    """One room."""
    network = _network(call)
    return Answer(body=room_out(network.room(RoomId(call.path("room"))), network).model_dump())


ROUTES = (
    Route(method="GET", path="/centres", handler=centres, summary="The centres", answer=CentresOut),
    Route(
        method="GET",
        path="/centres/{centre}",
        handler=centre,
        summary="A centre",
        answer=CentreOut,
        errors=(404,),
    ),
    Route(method="GET", path="/rooms", handler=rooms, summary="The rooms", answer=RoomsOut),
    Route(
        method="GET",
        path="/rooms/{room}",
        handler=room,
        summary="A room",
        answer=RoomOut,
        errors=(404,),
    ),
)
