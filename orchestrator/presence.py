"""Whether the screen of a room is there: online, then stale for a minute, then offline."""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum

from rooms.ids import RoomId

STALE_FOR = timedelta(seconds=60)


class Presence(StrEnum):
    """What is known of a room's screen."""

    ONLINE = "online"
    STALE = "stale"
    OFFLINE = "offline"


class Screens:
    """Remembers since when each screen has been there or gone; says when that changes."""

    def __init__(self, told: Callable[[RoomId, Presence], None]) -> None:
        self._told = told
        self._on: dict[RoomId, datetime] = {}
        self._off: dict[RoomId, datetime] = {}

    def on(self, room: RoomId, now: datetime) -> None:
        """It said hello."""
        self._off.pop(room, None)
        self._on[room] = now
        self._told(room, Presence.ONLINE)

    def off(self, room: RoomId, now: datetime) -> None:
        """It fell silent."""
        if self._on.pop(room, None) is not None:
            self._off[room] = now
            self._told(room, Presence.STALE)

    def expire(self, now: datetime) -> None:
        """Those silent for a minute are offline."""
        for room, since in list(self._off.items()):
            if now - since >= STALE_FOR:
                del self._off[room]
                self._told(room, Presence.OFFLINE)

    def of(self, room: RoomId) -> Presence:
        """Where it stands."""
        if room in self._on:
            return Presence.ONLINE
        return Presence.STALE if room in self._off else Presence.OFFLINE

    def since(self, room: RoomId) -> datetime | None:
        """Since when it is online."""
        return self._on.get(room)
