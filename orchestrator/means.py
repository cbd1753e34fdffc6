"""What the use cases work with: store, network, bus, wire, engine and clock."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from orchestrator.effects import Broadcasts, Recordings, Unwired
from orchestrator.events import Bus
from orchestrator.settings.model import Network, Settings
from orchestrator.store.database import Database
from rooms.errors import NotFound
from rooms.ids import CommandId, ParticipantId, RoomId, SessionId
from signalling.engine import MediaEngine
from signalling.messages_cues import Cued
from signalling.ports import Json, Wire


def utc_now() -> datetime:
    """The clock of the real world."""
    return datetime.now(UTC)


class Hand(Protocol):
    """What carries commands out in a room: the page of its screen, or its agent."""

    def screen_connected(self, room: RoomId) -> bool:
        """Whether it is there now."""

    async def command(
        self, room: RoomId, command: CommandId, name: str, arguments: Json, deadline: str
    ) -> bool:
        """Send it; False when it is not there."""

    async def cancel_command(self, room: RoomId, command: CommandId) -> None:
        """Ask for it to be given up."""


class AgentWire(Hand, Protocol):
    """The agents of all rooms."""

    def able(self, room: RoomId) -> frozenset[str] | None:
        """The commands the room's agent says it can carry out; None when there never was one."""


class NoAgents:
    """No room has an agent: what stands there until the agents' socket does."""

    def screen_connected(self, room: RoomId) -> bool:
        """No."""
        return False

    async def command(
        self, room: RoomId, command: CommandId, name: str, arguments: Json, deadline: str
    ) -> bool:
        """Nobody takes it."""
        return False

    async def cancel_command(self, room: RoomId, command: CommandId) -> None:
        """Nobody to tell."""

    def able(self, room: RoomId) -> frozenset[str] | None:
        """There never was one."""
        return None


class NoWire:
    """A wire nobody is connected to: what stands there until the switchboard does."""

    def screen_connected(self, room: RoomId) -> bool:
        """No."""
        return False

    async def command(
        self, room: RoomId, command: CommandId, name: str, arguments: Json, deadline: str
    ) -> bool:
        """Nobody takes it."""
        return False

    async def cancel_command(self, room: RoomId, command: CommandId) -> None:
        """Nobody to tell."""

    def now(self) -> datetime:
        """The clock of the real world."""
        return utc_now()

    async def cue(self, session: SessionId, message: Cued, rooms: Collection[RoomId] = ()) -> None:
        """Nobody to tell."""

    async def session_changed(self, session: SessionId) -> None:
        """Nobody to tell."""

    async def end(self, session: SessionId) -> None:
        """Nobody is there."""

    async def remove(self, session: SessionId, participant: ParticipantId) -> None:
        """Nobody is there."""

    async def disconnect_screen(self, room: RoomId) -> None:
        """Nobody is there."""

    async def code_burnt(self, room: RoomId) -> None:
        """Nobody is there."""

    async def figures(self, session: SessionId) -> Json:
        """Nobody is there."""
        return {"participants": []}


@dataclass(slots=True, kw_only=True)
class Means:
    """Handed to every use case. `wire` is set once the switchboard stands, `agents` likewise;
    `hurry` lets what was just put in the outbox be looked at now."""

    database: Database
    settings: Settings
    bus: Bus
    engine: MediaEngine
    public_url: str = ""
    wire: Wire = field(default_factory=NoWire)
    agents: AgentWire = field(default_factory=NoAgents)
    recordings: Recordings = field(default_factory=Unwired)
    broadcasts: Broadcasts = field(default_factory=Unwired)
    clock: Callable[[], datetime] = utc_now
    hurry: Callable[[], None] = lambda: None

    @property
    def network(self) -> Network:
        """The centres and rooms."""
        return self.settings.network

    @property
    def doors_before(self) -> timedelta:
        """How long before its hour a session opens its doors."""
        return timedelta(minutes=self.settings.service.join_before_minutes)

    def opens_before(self, doors: timedelta | None) -> timedelta:
        """The same for one session, which may have been planned otherwise."""
        return self.doors_before if doors is None else doors

    def label(self, room: RoomId, among: frozenset[RoomId] = frozenset()) -> str:
        """How people call a room in a session: its centre, and its name if that is not enough."""
        try:
            centre = self.network.centre_of(room)
        except NotFound:  # the room left the network; the session still names it
            return room
        beside = [other.id for other in centre.rooms if other.id != room and other.id in among]
        return f"{centre.name} – {self.network.room(room).name}" if beside else centre.name
