"""The record of what was done, for administrators."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from orchestrator import roles
from orchestrator.api.endpoint import Answer, Call, Query, Route, Shape
from orchestrator.store import audit
from rooms.errors import Forbidden


class Page(Query):
    """Which part of the record; the newest without it."""

    before: Annotated[int, Field(ge=1, le=2**53)] | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 200


class Entry(Shape):
    """One line of the record."""

    id: int
    at: datetime
    who: str
    action: str
    target: str
    detail: dict[str, Any]


class Entries(Shape):
    """The newest first."""

    entries: list[Entry]


async def read(call: Call) -> Answer:
    """The record."""
    if not roles.may_audit(call.person):
        raise Forbidden("admin-only")
    page = call.query(Page)
    found = await call.database.read(lambda conn: audit.latest(conn, page.limit, page.before))
    return Answer(body={"entries": found})


ROUTES = (
    Route(
        method="GET",
        path="/audit",
        handler=read,
        summary="What was done",
        person=True,
        query=Page,
        answer=Entries,
        errors=(403,),
    ),
)
