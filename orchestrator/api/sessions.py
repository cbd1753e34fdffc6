"""Sessions: read, opened, started, paused and ended by whoever runs them."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from orchestrator import conduct, readiness, roles
from orchestrator.api.endpoint import Answer, Call, Route, Shape
from orchestrator.api.interval import Interval
from orchestrator.api.problems import locale_of
from orchestrator.auth.people import Person
from orchestrator.cases import views
from orchestrator.house import House
from orchestrator.keys import HOUSE, WORDS
from orchestrator.store import participants, sessions
from orchestrator.store.sessions import Stored
from rooms.errors import NotFound
from rooms.ids import SessionId

Act = Callable[[conduct.Conductor, SessionId, Person], Awaitable[Stored]]


class SiteOut(Shape):
    """A room within the session."""

    room: str
    centre: str
    name: str
    role: str
    state: str


class ParticipantOut(Shape):
    """An endpoint that was let in."""

    id: str
    name: str
    kind: str
    room: str | None
    state: str


class SessionOut(Shape):
    """A session; `participants` and `media` only where one is asked for."""

    id: str
    kind: str
    title: str
    state: str
    starts_at: datetime
    ends_at: datetime
    booking: str | None
    join_url: str
    sites: list[SiteOut]
    participants: list[ParticipantOut] = []
    media: dict[str, Any] = {}


class SessionAnswer(Shape):
    """One session."""

    session: SessionOut


class IssueOut(Shape):
    """What stands in the way, and what to try."""

    key: str
    room: str | None
    text: str
    suggestion: str


class OpenAnswer(SessionAnswer):
    """One session, and what was found when it opened."""

    issues: list[IssueOut]


class SessionsAnswer(Shape):
    """Several sessions."""

    sessions: list[SessionOut]


async def every(call: Call) -> Answer:
    """The sessions one takes part in running."""
    asked = call.query(Interval).checked()
    found = await call.database.read(lambda conn: sessions.between(conn, asked.start, asked.end))
    means = call.app[HOUSE].means
    seen = [one for one in found if roles.may_see_session(call.person, one.facts)]
    return Answer(body={"sessions": [views.in_the_api(means, one) for one in seen]})


async def one(call: Call) -> Answer:
    """A session with its people and the figures of their media."""
    stored = await _seen(call)
    return Answer(body={"session": await _whole(call.app[HOUSE], stored)})


async def _seen(call: Call) -> Stored:
    stored = await call.app[HOUSE].stored(SessionId(call.path("session")))
    if not roles.may_see_session(call.person, stored.facts):
        raise NotFound("no-session", session=stored.id)
    return stored


async def _whole(house: House, stored: Stored) -> dict[str, Any]:
    def people(conn: Connection) -> list[dict[str, Any]]:
        let_in = participants.of_session(conn, stored.id)
        shown = [one for one in let_in if one.is_somebody and one.state != participants.WAITING]
        return [views.participant(who) for who in shown]

    return {
        **views.in_the_api(house.means, stored),
        "participants": await house.means.database.read(people),
        "media": await house.means.wire.figures(stored.id),
    }


async def open_it(call: Call) -> Answer:
    """Open the doors, and say what is not ready yet."""
    house = call.app[HOUSE]
    stored = await _do(call, conduct.open_session)
    issues = await readiness.run(house.means, stored)
    locale = locale_of(call.request)
    return Answer(
        body={
            "session": await _whole(house, stored),
            "issues": [issue.as_json(call.app[WORDS], locale) for issue in issues],
        }
    )


async def rehearse(call: Call) -> Answer:
    """Rehearse it, and nobody outside sees it."""
    return await _answer(call, conduct.rehearse_session)


async def start(call: Call) -> Answer:
    """Go on air."""
    return await _answer(call, conduct.start_session)


async def pause(call: Call) -> Answer:
    """Show the slate."""
    return await _answer(call, conduct.pause_session)


async def end(call: Call) -> Answer:
    """End the session."""
    return await _answer(call, conduct.end_session)


async def _answer(call: Call, act: Act) -> Answer:
    stored = await _do(call, act)
    return Answer(body={"session": await _whole(call.app[HOUSE], stored)})


async def _do(call: Call, act: Act) -> Stored:
    return await act(call.app[HOUSE].conductor, SessionId(call.path("session")), call.person)


def _act(name: str, handler: Callable[[Call], Awaitable[Answer]], summary: str) -> Route:
    return Route(
        method="POST",
        path=f"/sessions/{{session}}/{name}",
        handler=handler,
        summary=summary,
        person=True,
        answer=OpenAnswer if name == "open" else SessionAnswer,
        errors=(404, 409),
    )


ROUTES = (
    Route(
        method="GET",
        path="/sessions",
        handler=every,
        summary="The sessions one runs",
        person=True,
        query=Interval,
        answer=SessionsAnswer,
        errors=(422,),
    ),
    Route(
        method="GET",
        path="/sessions/{session}",
        handler=one,
        summary="One session",
        person=True,
        answer=SessionAnswer,
        errors=(404,),
    ),
    _act("open", open_it, "Open the doors of a session"),
    _act("rehearse", rehearse, "Rehearse a ceremony: the public is not let in, nothing is kept"),
    _act("start", start, "Start a session, or go on after a pause"),
    _act("pause", pause, "Pause a session"),
    _act("end", end, "End a session, or its rehearsal"),
)
