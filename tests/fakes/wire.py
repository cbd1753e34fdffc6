"""Fakes of the wire: a house that remembers what it was told, lines that can be read or not."""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from rooms.errors import Conflict, Forbidden, NotFound, Unauthenticated
from rooms.ids import CommandId, ParticipantId, RoomId, SessionId
from signalling.engine import Air, Budget
from signalling.engines.silent import SilentEngine
from signalling.messages_cues import Cued, HeardOfCue
from signalling.ports import DESK, SERVICE, Identity, Json, Place
from signalling.switchboard import Caller, Switchboard

NOON = datetime(2013, 6, 14, 12, 0, tzinfo=UTC)
SESSION = SessionId("se-1")
LEGS = [f"lg-{n:020x}" for n in range(20)]


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now


class RecordingHouse:
    """A house where `room:<room>` is a device token, `pa:<name>` a participant token; and those
    named `svc-…` are parts of the house, `desk-…` desks."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []
        self.over: set[SessionId] = set()
        self.unknown: set[SessionId] = set()
        self.commands: set[CommandId] = set()
        self.broken = False
        self.state = "on_air"
        self.known: list[Place] = []  # whom the house has on record
        self.lines: dict[RoomId, Budget] = {}
        self.loaded: list[Cued] = []  # told to who joins
        self.airs: dict[SessionId, Air] = {}

    def heard(self, what: str) -> list[tuple[Any, ...]]:
        return [rest for (said, *rest_) in self.told for rest in [tuple(rest_)] if said == what]

    async def identify(self, token: str) -> Identity:
        kind, _, name = token.partition(":")
        if kind == "room":
            return Identity(room=RoomId(name))
        if kind == "pa":
            return Identity(participant=ParticipantId(name), session=SESSION)
        raise Unauthenticated("bad-token")

    async def wait(self, identity: Identity) -> Place:
        if identity.room is not None:
            raise Forbidden("forbidden")
        return replace(await self.enter(identity, None, None, "-"), name="")

    async def enter(
        self,
        identity: Identity,
        session: SessionId | None,
        token: str | None,
        name: str | None = None,
    ) -> Place:
        if self.broken:
            raise RuntimeError("the house is broken")
        session = identity.session or session
        if session is None or session in self.unknown:
            raise NotFound("no-session")
        if session in self.over:
            raise Conflict("session-over")
        if identity.participant is None:
            identity = await self.identify(token or "")
        name = ParticipantId(str(identity.participant))
        kind = "room" if name.endswith("-visio") else "person"
        if name.startswith("svc-"):
            kind = SERVICE
        if name.startswith("desk-"):
            kind = DESK
        room = RoomId(name) if kind == "room" else None
        return Place(session=session, participant=name, name=name.title(), kind=kind, room=room)

    async def air(self, session: SessionId) -> Air | None:
        return self.airs.get(session)

    async def budget(self, place: Place) -> Budget | None:
        return self.lines.get(place.room) if place.room else None

    async def joined(self, place: Place) -> None:
        self.told.append(("joined", place.participant))

    async def lost(self, place: Place) -> None:
        self.told.append(("lost", place.participant))

    async def left(self, place: Place, reason: str) -> None:
        self.told.append(("left", place.participant, reason))

    async def session(self, session: SessionId) -> Json:
        if session in self.unknown:
            raise NotFound("no-session")
        return {"id": session, "state": "ended" if session in self.over else self.state}

    async def places(self, session: SessionId) -> tuple[Place, ...]:
        return tuple(place for place in self.known if place.session == session)

    async def cues(self, place: Place) -> tuple[Cued, ...]:
        return tuple(self.loaded)

    async def heard_of_cue(self, place: Place, message: HeardOfCue) -> None:
        self.told.append((message.type, place.participant, message))

    async def hand(self, place: Place, up: bool) -> None:
        self.told.append(("hand", place.participant, up))

    async def screen_on(self, room: RoomId) -> None:
        self.told.append(("screen_on", room))

    async def screen_off(self, room: RoomId) -> None:
        self.told.append(("screen_off", room))

    async def room_state(self, room: RoomId, version: int, document: Json) -> None:
        self.told.append(("room_state", room, version, document))

    async def command_accepted(self, room: RoomId, command: CommandId) -> None:
        self._own(command)
        self.told.append(("accepted", room, command))

    async def command_done(self, room: RoomId, command: CommandId, result: Json) -> None:
        self._own(command)
        self.told.append(("done", room, command, result))

    async def command_failed(
        self, room: RoomId, command: CommandId, error: str, detail: str
    ) -> None:
        self._own(command)
        self.told.append(("failed", room, command, error, detail))

    def words(self, key: str, locale: str, facts: Json) -> str:
        return f"{locale}:{key}"

    def _own(self, command: CommandId) -> None:
        if command not in self.commands:
            raise NotFound("no-command")


class RecordingLine:
    """A line whose far end is the test."""

    def __init__(self) -> None:
        self.frames: list[str] = []
        self.code: int | None = None

    def send(self, text: str) -> None:
        self.frames.append(text)

    def close(self, code: int) -> None:
        self.code = self.code or code

    @property
    def said(self) -> list[dict[str, Any]]:
        return [json.loads(frame) for frame in self.frames]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.said if message["type"] == kind]

    def last(self, kind: str) -> dict[str, Any]:
        return self.of(kind)[-1]


class Guest:
    """A test's own client: what it says goes in, what it is told is on its line."""

    def __init__(self, switchboard: Switchboard, token: str) -> None:
        self.line = RecordingLine()
        self.token = token
        self.caller: Caller = switchboard.connect(self.line, "fr")

    async def say(self, what: str, /, **members: Any) -> None:
        await self.caller.receive(json.dumps({"type": what, **members}))
        await settle()

    async def hello(self, **members: Any) -> None:
        await self.say("hello", versions=[1], token=self.token, client="test", **members)

    async def arrive(self, **members: Any) -> None:
        await self.hello()
        await self.say("join", **members)


async def settle(turns: int = 12) -> None:
    """Let every task that can run do so."""
    for _ in range(turns):
        await asyncio.sleep(0)


async def until(condition: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait until something is so, and no longer than that."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 what is waited for has no event
            await asyncio.sleep(0.01)


class Board:
    """A switchboard over a silent engine and a recording house, with a clock to move."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.house = RecordingHouse()
        self.engine = SilentEngine()
        self.wire = Switchboard(self.house, self.engine, self.clock)

    async def __aenter__(self) -> "Board":
        await self.wire.start()
        await settle()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.wire.stop()

    def guest(self, token: str) -> Guest:
        return Guest(self.wire, token)

    async def person(self, name: str, leg: int) -> Guest:
        """Somebody who has joined, sends, and listens."""
        guest = self.guest(f"pa:{name}")
        await guest.arrive()
        await guest.say("publish.offer", leg=LEGS[leg], sdp="x", sources={})
        await guest.say("subscribe.start", leg=LEGS[leg + 1])
        return guest


def names(messages: list[dict[str, Any]]) -> Iterator[str]:
    """The type of each."""
    return (message["type"] for message in messages)
