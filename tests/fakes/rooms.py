"""A house on a fresh store, its hour in the hand of the test, and a wire that notes it all.

async with furnished(tmp_path) as scene:
    session = await scene.session(["meyrueis-visio", "villefort-visio"])
    scene.wire.connect("villefort-visio")
    await scene.clock_strikes(NINE)
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, select

from orchestrator.auth import accounts
from orchestrator.auth.people import Person
from orchestrator.events import Bus
from orchestrator.house import House
from orchestrator.means import Means, utc_now
from orchestrator.punctual import Punctual
from orchestrator.settings import DEMO, load_settings
from orchestrator.store import people, sessions
from orchestrator.store.database import Database
from orchestrator.store.instants import seconds
from orchestrator.store.sessions import Stored
from orchestrator.store.tables import audit, metadata
from orchestrator.store.tables import sessions as session_rows
from orchestrator.store.tables import sites as site_rows
from rooms.ids import CommandId, ParticipantId, RoomId, SessionId, new_id
from signalling.engines.silent import SilentEngine
from signalling.messages_cues import Cued
from signalling.ports import Identity, Json, Place

NINE = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
MEYRUEIS, VILLEFORT = RoomId("meyrueis-visio"), RoomId("villefort-visio")
_settings = cache(lambda: load_settings(DEMO))


@dataclass(frozen=True, slots=True)
class Sent:
    """A command as the screen of a room got it."""

    room: RoomId
    id: CommandId
    name: str
    arguments: Json
    deadline: str


class RecordingWire:
    """Remembers everything it was asked. Screens are connected by hand."""

    def __init__(self) -> None:
        self.connected: set[RoomId] = set()
        self.sent: list[Sent] = []
        self.cancelled: list[CommandId] = []
        self.changed: list[SessionId] = []
        self.ended: list[SessionId] = []
        self.removed: list[ParticipantId] = []
        self.burnt: list[RoomId] = []
        self.flowing: set[RoomId] = set()
        self.vanishes = False  # a screen goes just before it is sent to
        self.cued: list[Cued] = []
        self.cued_to: list[tuple[Cued, tuple[RoomId, ...]]] = []
        self.clock: Callable[[], datetime] = utc_now

    def screen_connected(self, room: RoomId) -> bool:
        return room in self.connected

    async def command(
        self, room: RoomId, command: CommandId, name: str, arguments: Json, deadline: str
    ) -> bool:
        if room not in self.connected or self.vanishes:
            return False
        self.sent.append(Sent(room, command, name, arguments, deadline))
        return True

    async def cancel_command(self, room: RoomId, command: CommandId) -> None:
        self.cancelled.append(command)

    def now(self) -> datetime:
        return self.clock()

    async def cue(self, session: SessionId, message: Cued, rooms: Collection[RoomId] = ()) -> None:
        self.cued.append(message)
        self.cued_to.append((message, tuple(rooms)))

    async def session_changed(self, session: SessionId) -> None:
        self.changed.append(session)

    async def end(self, session: SessionId) -> None:
        self.ended.append(session)

    async def remove(self, session: SessionId, participant: ParticipantId) -> None:
        self.removed.append(participant)

    async def disconnect_screen(self, room: RoomId) -> None:
        self.connected.discard(room)

    async def code_burnt(self, room: RoomId) -> None:
        self.burnt.append(room)

    async def figures(self, session: SessionId) -> Json:
        legs = {"publish": {"state": "connected"}, "subscribe": None}
        return {"participants": [{"room": room, **legs} for room in sorted(self.flowing)]}

    def to(self, room: RoomId, name: str) -> list[Sent]:
        """The commands of that name a room was sent."""
        return [sent for sent in self.sent if (sent.room, sent.name) == (room, name)]


@dataclass
class Scene:
    """What a test holds."""

    database: Database
    bus: Bus
    engine: SilentEngine
    wire: RecordingWire
    now: datetime = NINE
    house: House = field(init=False)
    punctual: Punctual = field(init=False)

    def __post_init__(self) -> None:
        self.wire.clock = lambda: self.now
        self.start_again()

    def start_again(self) -> None:
        """A house that has just been started over the same store: it remembers nothing else."""
        means = Means(
            database=self.database,
            settings=_settings(),
            bus=self.bus,
            engine=self.engine,
            public_url="http://127.0.0.1:8080",
            wire=self.wire,
            clock=lambda: self.now,
        )
        self.house = House(means)
        self.punctual = Punctual(self.house)

    async def strike(self, at: datetime | None = None) -> None:
        """The clock looks, at this instant or now."""
        self.now = at or self.now
        await self.punctual.look()
        await self.house.settled()

    async def after(self, **much: float) -> None:
        """The clock looks so much later."""
        await self.strike(self.now + timedelta(**much))

    async def session(
        self,
        rooms: Sequence[RoomId] = (MEYRUEIS, VILLEFORT),
        *,
        start: datetime = NINE,
        minutes: int = 60,
        kind: str = "meeting",
        organiser: str = "pe-nobody",
        code: str | None = None,
        state: str = "booked",
        booking: str | None = None,
        recurrence_id: str = "",
    ) -> SessionId:
        """A session as its booking makes it."""
        session = SessionId(new_id("se"))
        network = self.house.means.network

        def make(conn: Connection) -> None:
            conn.execute(
                insert(session_rows).values(
                    id=session,
                    booking_id=booking,
                    recurrence_id=recurrence_id,
                    kind=kind,
                    title="Inauguration",
                    state=state,
                    organiser_id=organiser,
                    join_code=code or new_id("code"),
                    starts_at=seconds(start),
                    ends_at=seconds(start + timedelta(minutes=minutes)),
                )
            )
            for number, room in enumerate(rooms):
                conn.execute(
                    insert(site_rows).values(
                        session_id=session,
                        room_id=room,
                        centre_id=network.room(room).centre,
                        role="remote" if number else "host",
                        state="expected",
                    )
                )

        await self.database.write(make)
        return session

    async def stored(self, session: SessionId) -> Stored:
        return await self.database.read(lambda conn: sessions.get(conn, session))

    async def state(self, session: SessionId) -> str:
        return (await self.stored(session)).session.state.value

    async def site(self, session: SessionId, room: RoomId) -> str:
        return (await self.stored(session)).session.site(room).state.value

    async def person(self, login: str, role: str, *centres: str) -> Person:
        """Somebody with an account."""

        def make(conn: Connection) -> Person:
            people.add(conn, self.now, login=login, name=login, role=role, centres=centres)
            found = accounts.by_login(conn, login)
            assert found is not None
            return found

        return await self.database.write(make)

    async def screen_on(self, room: RoomId) -> None:
        self.wire.connected.add(room)
        await self.house.screen_on(room)

    async def screen_off(self, room: RoomId) -> None:
        self.wire.connected.discard(room)
        await self.house.screen_off(room)

    async def answers_call(self, room: RoomId) -> Place:
        """The room's screen does what its last call says."""
        call = self.wire.to(room, "call.join")[-1]
        await self.house.command_accepted(room, call.id)
        place = await self.house.enter(
            Identity(room=room), call.arguments["session"], call.arguments["token"]
        )
        await self.house.joined(place)
        await self.house.command_done(room, call.id, {})
        await self.house.settled()
        return place

    async def audited(self) -> list[str]:
        """The actions on record."""

        def read(conn: Connection) -> list[str]:
            return list(conn.execute(select(audit.c.action).order_by(audit.c.id)).scalars())

        return await self.database.read(read)

    def told(self, kind: str) -> list[dict[str, Any]]:
        """The facts of every event of that kind."""
        return [event.facts for event in self.bus.since(0)[0] if event.kind == kind]


@asynccontextmanager
async def furnished(data: Path) -> AsyncIterator[Scene]:
    """A house on a fresh store."""
    await asyncio.to_thread(_settings)
    database = await asyncio.to_thread(Database, data / "house.sqlite3")
    try:
        await database.write(metadata.create_all)
        scene = Scene(database=database, bus=Bus(), engine=SilentEngine(), wire=RecordingWire())
        yield scene
        await scene.house.settled()
    finally:
        await asyncio.to_thread(database.close)
