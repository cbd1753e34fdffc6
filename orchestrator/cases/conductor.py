"""Who conducts: the means, and the control of the rooms."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from orchestrator.cues import Reports
from orchestrator.means import Means
from orchestrator.room_control import RoomControl
from rooms.ids import RoomId, SessionId

CLOCK = "clock"
"""Who acts when nobody does: the hour."""


@dataclass(frozen=True, slots=True)
class Conductor:
    """First argument of every use case."""

    means: Means
    control: RoomControl
    scenes: dict[RoomId, str] = field(default_factory=dict)
    """Asked of a room's agent, and not yet heard to be begun."""
    reports: dict[SessionId, Reports] = field(default_factory=dict)
    """What the endpoints of a session said of its cues."""
    desks: dict[tuple[SessionId, str], datetime] = field(default_factory=dict)
    """When a director's desk was last heard."""
    stirred: dict[SessionId, dict[tuple[RoomId, str], bool]] = field(default_factory=dict)
    """Whose screens keep a cue, or (False) keep it no more; "": have come, or left. Until kept."""
    dialling: set[tuple[SessionId, RoomId]] = field(default_factory=set)
    """Whom somebody is calling just now: who is called twice at once hangs up the first call."""
    show: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a screen has said something of cues."""
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when somebody has said GO."""

    def stir(self, session: SessionId, room: RoomId | None, cue: str, *, ready: bool) -> None:
        """A room's screen keeps a cue, or no more; without one: it has come, or left."""
        if room is not None:
            self.stirred.setdefault(session, {})[room, cue] = ready
            self.show.set()
