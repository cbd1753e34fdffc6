"""What is wrong in the rooms one runs, in words, with what to do."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from orchestrator import roles
from orchestrator.alerts.seen import Standing
from orchestrator.alerts.watch import ALERTS
from orchestrator.api.endpoint import Answer, Call, Route
from orchestrator.api.problems import locale_of
from orchestrator.keys import SETTINGS, WORDS
from orchestrator.store.instants import iso


class AlertOut(BaseModel):
    """One thing; `session` is the one the room is needed for, if any."""

    room: str
    centre: str
    key: str
    device: str | None
    text: str
    suggestion: str
    since: datetime
    session: str | None


class AlertsOut(BaseModel):
    """All that stand in the rooms one runs."""

    alerts: list[AlertOut]


async def every(call: Call) -> Answer:
    """Those of the rooms of one's centres, the newest first."""
    rooms = call.app[SETTINGS].network.rooms
    mine = {room.id: room.centre for room in rooms if roles.may_pair(call.person, room.centre)}
    found = sorted(call.app[ALERTS].of(mine), key=lambda one: one.since, reverse=True)
    return Answer(body={"alerts": [_shown(call, one, mine[one.alert.room]) for one in found]})


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
