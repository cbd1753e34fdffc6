"""How the calendars kept on other servers are doing, for animateurs and administrators."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from orchestrator.api.endpoint import Answer, Call, Route, Shape
from orchestrator.keys import SETTINGS, WORDS
from orchestrator.outside.state import state
from orchestrator.store.instants import iso


class LeftOutOut(Shape):
    """An object there that could not be brought in step, and why."""

    name: str
    reason: str


class RemoteOut(Shape):
    """A room's calendar on another server; `waiting` writes are still to reach it."""

    room: str
    server: str
    host: str
    agreed_at: datetime | None
    waiting: int
    error: str | None
    left_out: list[LeftOutOut]
    about: str


class FeedOut(Shape):
    """A read-only feed that blocks a room."""

    id: str
    room: str
    host: str
    read_at: datetime | None
    error: str | None


class RemotesOut(Shape):
    """Those of the rooms one looks after."""

    remotes: list[RemoteOut]
    feeds: list[FeedOut]


async def remotes(call: Call) -> Answer:
    """The last contact, what waits, the last error in words."""
    settings, words, person = call.app[SETTINGS], call.app[WORDS], call.person
    found = await call.database.read(
        lambda conn: state(conn, settings.network, settings.outside, words, person, call.now)
    )
    shown = {name: [_shown(one) for one in rows] for name, rows in asdict(found).items()}
    return Answer(body=shown)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: iso(value) if isinstance(value, datetime) else value for name, value in row.items()
    }


ROUTES = (
    Route(
        method="GET",
        path="/calendars/remotes",
        handler=remotes,
        summary="How calendars kept on other servers are doing",
        person=True,
        answer=RemotesOut,
        errors=(403,),
    ),
)
