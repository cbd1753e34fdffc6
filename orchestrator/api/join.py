"""Joining by link: what it leads to, and the token of whoever gives a name. Guessing is limited,
and so is how many places one address may take."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, TypeVar

from pydantic import Field

from orchestrator import conduct
from orchestrator.api.callers import address_of
from orchestrator.api.endpoint import Answer, Body, Call, Route, Shape
from orchestrator.auth import limits
from orchestrator.cases import recordings, views
from orchestrator.house import House
from orchestrator.keys import HOUSE
from orchestrator.session import State
from orchestrator.store.instants import iso
from orchestrator.store.sessions import Stored
from rooms.errors import MargerideError, NotFound
from rooms.ids import ParticipantId

Result = TypeVar("Result")


class LinkOut(Shape):
    """What a link leads to; `name`, `part` and `room` of whom it is, where it is one person's."""

    title: str
    kind: str
    starts_at: datetime
    ends_at: datetime
    state: str
    organiser: str
    open_from: datetime
    name: str | None
    part: str | None
    room: str | None
    recording: dict[str, Any] | None


class JoinIn(Body):
    """A link's code and the name to be shown; without one the token is for the lobby."""

    code: Annotated[str, Field(min_length=1, max_length=64)]
    name: Annotated[str, Field(min_length=1, max_length=240)] | None = None


class JoinOut(Shape):
    """A place in the session: say `hello` with the token on `/ws/v1`."""

    token: str
    participant: str
    session: dict[str, Any]


async def look(call: Call) -> Answer:
    """What the link leads to."""
    house = call.app[HOUSE]
    code = call.path("code")
    stored, guest = await _limited(call, lambda: conduct.look_named(house.conductor, code))
    named = None if guest is None else guest.name
    session = stored.session
    return Answer(
        body={
            "title": stored.title,
            "kind": stored.kind,
            "starts_at": iso(session.starts_at),
            "ends_at": iso(session.ends_at),
            "state": session.state.value,
            "organiser": await views.organiser_name(house.conductor, stored),
            "open_from": iso(_open_from(house, stored, named)),
            "name": named,
            "part": None if guest is None else guest.part,
            "room": None if guest is None else guest.room,
            "recording": await recordings.notice(house.means, stored.id),
        }
    )


def _open_from(house: House, stored: Stored, named: str | None) -> datetime:
    """The hour of its doors; since when they are open, where that was earlier, by hand. Those of
    a rehearsal are open to who is named."""
    session = stored.session
    hour = session.starts_at - house.means.opens_before(stored.doors)
    is_open = session.running and (named is not None or session.state is not State.REHEARSAL)
    if not is_open or session.opened_at is None:
        return hour
    return min(hour, session.opened_at)


async def join(call: Call) -> Answer:
    """Come in. What comes to nothing takes no place, and does not count as one."""
    house, sent = call.app[HOUSE], call.body(JoinIn)
    address = address_of(call.request)
    admits = limits.lobby_limits if sent.name is None else limits.admission_limits
    rules = admits(address)
    counted = await call.database.write(lambda conn: limits.count(conn, call.now, rules))
    try:
        participant, token, stored = await _limited(call, lambda: _place(call, sent))
    except MargerideError:
        await call.database.write(lambda conn: limits.forgive(conn, counted))
        raise
    session = views.on_the_wire(house.means, stored)
    return Answer(body={"token": token, "participant": participant, "session": session})


async def _place(call: Call, sent: JoinIn) -> tuple[ParticipantId, str, Stored]:
    conductor, person = call.app[HOUSE].conductor, call.caller.person
    if sent.name is None:
        return await conduct.wait_by_link(conductor, sent.code, person)
    return await conduct.enter_by_link(conductor, sent.code, sent.name, person)


async def _limited(call: Call, ask: Callable[[], Awaitable[Result]]) -> Result:
    """A code that leads nowhere counts as a guess; any other answer does not."""
    rules = limits.link_limits(address_of(call.request))
    await call.database.read(lambda conn: limits.check(conn, call.now, rules))
    try:
        return await ask()
    except NotFound:
        await call.database.write(lambda conn: limits.count(conn, call.now, rules))
        raise


ROUTES = (
    Route(
        method="GET",
        path="/join/{code}",
        handler=look,
        summary="What a link leads to",
        answer=LinkOut,
        errors=(404, 429),
        slugs=False,
    ),
    Route(
        method="POST",
        path="/join",
        handler=join,
        summary="Join a session by link",
        body=JoinIn,
        answer=JoinOut,
        errors=(403, 404, 410, 422, 429),
        csrf=False,
    ),
)
