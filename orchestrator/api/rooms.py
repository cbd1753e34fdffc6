"""Rooms in action: what their screens report, and when they are held."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Connection

from orchestrator import roles
from orchestrator.alerts import camera_still, microphone_silent, told_by_agent, told_by_screen
from orchestrator.alerts.watch import ALERTS
from orchestrator.api.agent_socket import AGENTS
from orchestrator.api.callers import Caller
from orchestrator.api.endpoint import Answer, Call, Route, Shape
from orchestrator.api.interval import Interval
from orchestrator.api.problems import locale_of
from orchestrator.cases import rights
from orchestrator.keys import HOUSE, SETTINGS, WORDS
from orchestrator.mail.alerts import animateur_told
from orchestrator.presence import Presence
from orchestrator.quality import QUALITY
from orchestrator.store import help_calls, participants, phones, rooms
from orchestrator.store.busy import Busy, busy_between
from orchestrator.store.help_calls import HelpCall
from orchestrator.store.instants import iso
from rooms.control import DEFAULT_STATE
from rooms.ids import CentreId, RoomId, is_slug

BY_SCREEN = (*told_by_screen.KEYS, microphone_silent.KEY, camera_still.KEY)
"""What the screen of a room finds wrong with its own devices."""


class HelpOut(Shape):
    """A call for help; `helper` is who said that he comes."""

    asked_at: datetime
    answered: bool
    helper: str | None


class StateOut(Shape):
    """The document a room reported last; version 0 when it never did. `line` says what is wrong
    with its line in a call, `troubles` what is wrong with its devices, to the people in it;
    `phones` command it now, and `help` is what it calls for."""

    version: int
    document: dict[str, Any]
    presence: str
    line: str | None
    troubles: list[str]
    phones: int
    help: HelpOut | None
    at: datetime | None


class BusyOut(Shape):
    """A time a room is held; what for, only for those who may see it."""

    room: str
    start: Annotated[datetime, Field(alias="from")]
    end: Annotated[datetime, Field(alias="to")]
    state: str
    title: str | None = None
    session: str | None = None
    booking: str | None = None


class AvailabilityOut(Shape):
    """When the rooms are held, within the interval asked for."""

    start: Annotated[datetime, Field(alias="from")]
    end: Annotated[datetime, Field(alias="to")]
    busy: list[BusyOut]


class OfRooms(Interval):
    """An interval, and the rooms that are asked for: their ids with commas; all of them without."""

    rooms: Annotated[str, Field(max_length=1300)] = ""


async def state(call: Call) -> Answer:
    """How a room is, for its own screen and for whoever may command it."""
    house = call.app[HOUSE]
    room = house.means.network.room(call.path("room")).id
    device = call.caller.device
    if device is None or device.room != room:
        check = rights.commands(house.conductor, call.person, room)
        await call.database.read(check)
    return Answer(body=await state_of(call, room))


async def state_of(call: Call, room: RoomId) -> dict[str, Any]:
    """How a room is, for whoever has proved that he may know."""

    def read(conn: Connection) -> tuple[rooms.Report | None, int, HelpCall | None]:
        here = len(phones.here(conn, room, call.now))
        return rooms.state_of(conn, room), here, help_calls.of_room(conn, room, call.now)

    report, here, calling = await call.database.read(read)
    return {
        "version": 0 if report is None else report.version,
        "document": DEFAULT_STATE.to_json() if report is None else report.document,
        "presence": call.app[HOUSE].screens.of(room).value,
        "line": await _line(call, room),
        "troubles": [*_troubles(call, room), *await _lacks(call, room)],
        "phones": here,
        "help": help_of(calling),
        "at": None if report is None else iso(report.at),
    }


def help_of(calling: HelpCall | None) -> dict[str, Any] | None:
    """A call for help, as it is told."""
    if calling is None:
        return None
    return {
        "asked_at": iso(calling.asked_at),
        "answered": calling.answered,
        "helper": calling.helper,
    }


async def _line(call: Call, room: RoomId) -> str | None:
    """What is wrong with the line of a room that is in a session, in words."""
    here = await call.database.read(participants.here)
    found = (call.app[QUALITY].ails(one.id) for one in here if one.room == room)
    ill = next((one for one in found if one is not None), None)
    return None if ill is None else call.app[WORDS](ill[0], locale_of(call.request), ill[1])


def _troubles(call: Call, room: RoomId) -> list[str]:
    """What the room's agent finds wrong now, in words for the people in the room."""
    hub = call.app[AGENTS]
    report = hub.report_of(room)
    if report is None or hub.presence.of(room) is not Presence.ONLINE:
        return []
    found = told_by_agent.alerts(room, report)
    said = [one.said(call.app[WORDS], locale_of(call.request))[0] for one in found]
    return list(dict.fromkeys(said))


async def _lacks(call: Call, room: RoomId) -> list[str]:
    """What the room's screen lacks, in words, and that the centre was told once a letter left."""
    found = [one for one in call.app[ALERTS].of([room]) if one.alert.key in BY_SCREEN]
    if not found:
        return []
    centre = call.app[SETTINGS].network.centre_of(room).id

    def read(conn: Connection) -> list[bool]:
        return [
            one.need is not None and animateur_told(conn, centre, one.alert, one.need)
            for one in found
        ]

    words, locale = call.app[WORDS], locale_of(call.request)
    known = words("trouble-told", locale, {})
    said = [one.alert.said(words, locale)[0] for one in found]
    told = await call.database.read(read)
    return [f"{text} {known}" if yes else text for text, yes in zip(said, told, strict=True)]


async def availability(call: Call) -> Answer:
    """When the rooms are held."""
    asked = call.query(OfRooms)
    asked.checked()
    network = call.app[SETTINGS].network
    wanted = [word.strip() for word in asked.rooms.split(",") if word.strip()]
    centres = {network.room(name).id for name in wanted} or {room.id for room in network.rooms}

    def find(conn: Connection) -> list[Busy]:
        return busy_between(conn, asked.start, asked.end)

    held = [one for one in await call.database.read(find) if one.room in centres]
    return Answer(
        body={
            "from": iso(asked.start),
            "to": iso(asked.end),
            "busy": held_of(call, held),
        }
    )


def held_of(call: Call, held: Iterable[Busy]) -> list[dict[str, Any]]:
    """What is held, as far as the caller may see what for."""
    centres = {room.id: room.centre for room in call.app[SETTINGS].network.rooms}
    return [_shown(one, call.caller, centres[one.room]) for one in held]


def _shown(one: Busy, caller: Caller, centre: CentreId) -> dict[str, Any]:
    busy: dict[str, Any] = {
        "room": one.room,
        "from": iso(one.start),
        "to": iso(one.end),
        "state": one.state,
    }
    if roles.may_see_title(caller.person, one.organiser, centre):
        busy["title"] = one.title
        if is_slug(one.booking):  # what a feed holds has no booking of ours behind it
            busy |= {"session": one.session, "booking": one.booking}
    elif roles.screen_may_see_title(caller.device.room if caller.device else None, one.room):
        busy["title"] = one.title
    return busy


ROUTES = (
    Route(
        method="GET",
        path="/rooms/availability",
        handler=availability,
        summary="When the rooms are held",
        query=OfRooms,
        answer=AvailabilityOut,
        errors=(404, 422),
    ),
    Route(
        method="GET",
        path="/rooms/{room}/state",
        handler=state,
        summary="How a room is",
        answer=StateOut,
        errors=(401, 403, 404),
    ),
)
