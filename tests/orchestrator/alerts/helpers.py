"""A room in which nothing is wrong, but for what a test says."""

from datetime import UTC, datetime, timedelta
from typing import Any

from orchestrator.alerts.seen import Need, Seen
from orchestrator.session import SiteState, State
from rooms.ids import RoomId, SessionId

NINE = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
ROOM = RoomId("villefort-visio")


def ago(seconds: float) -> datetime:
    return NINE - timedelta(seconds=seconds)


def need(**changed: Any) -> Need:
    facts: dict[str, Any] = {
        "session": SessionId("se-1"),
        "title": "Atelier",
        "starts_at": ago(60),
        "ends_at": ago(-3600),
        "state": State.ON_AIR,
        "site": SiteState.EXPECTED,
    }
    return Need(**facts | changed)


def seen(**changed: Any) -> Seen:
    return Seen(room=ROOM, now=NINE, **changed)
