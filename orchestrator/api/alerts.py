"""What is wrong in the rooms one runs, in words, with what to do."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from orchestrator import roles
from orchestrator.alerts.seen import Standing
from orchestrator.alerts.watch import ALERTS
from orchestrator.api.endpoint import Answer, Call, Route, Shape
from orchestrator.api.problems import locale_of
from orchestrator.auth.accounts import by_login
from orchestrator.keys import SETTINGS, WORDS
from orchestrator.mail.alerts import told_of
from orchestrator.store.instants import iso
from rooms.ids import CentreId


class AlertOut(Shape):
    """One thing; `session` is the one the room is needed for, if any; `told` are the names of those
    to whom a letter was written or whose telephone was told, and the ids of other places."""

    room: str
    centre: str
    key: str
    device: str | None
    text: str
    suggestion: str
    since: datetime
    session: str | None
    told: list[str]


class AlertsOut(Shape):
    """All that stand in the rooms one runs."""

    alerts: list[AlertOut]


async def every(call: Call) -> Answer:
    """Those of the rooms of one's centres, the newest first."""
    rooms = call.app[SETTINGS].network.rooms
    mine = {room.id: room.centre for room in rooms if roles.may_pair(call.person, room.centre)}
    found = sorted(call.app[ALERTS].of(mine), key=lambda one: one.since, reverse=True)

    def told(conn: Connection) -> list[list[str]]:
        return [_told(conn, call, one, mine[one.alert.room]) for one in found]

    names = await call.database.read(told) if found else []
    shown = [
        {**_shown(call, one, mine[one.alert.room]), "told": who}
        for one, who in zip(found, names, strict=True)
    ]
    return Answer(body={"alerts": shown})


def _told(conn: Connection, call: Call, one: Standing, centre: CentreId) -> list[str]:
    written = [] if one.need is None else told_of(conn, centre, one.alert, one.need)
    places = call.app[ALERTS].posted(one.alert)
    people = [person for place in places if (person := by_login(conn, place.person)) is not None]
    others = [place.id for place in places if not place.person]
    return list(dict.fromkeys([*written, *(person.name for person in people), *others]))


def _shown(call: Call, one: Standing, centre: str) -> dict[str, Any]:
    text, suggestion = one.alert.said(call.app[WORDS], locale_of(call.request))
    return {
        "room": one.alert.room,
        "centre": centre,
        "key": one.alert.key,
        "device": one.alert.device,
        "text": text,
        "suggestion": suggestion,
        "since": iso(one.since),
        "session": None if one.need is None else one.need.session,
    }


ROUTES = (
    Route(
        method="GET",
        path="/alerts",
        handler=every,
        summary="What is wrong in rooms",
        person=True,
        answer=AlertsOut,
    ),
)
