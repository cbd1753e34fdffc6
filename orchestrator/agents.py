"""The agents of all rooms, as the service sees them: who is on the line, what each can do.

Implements `orchestrator.means.AgentWire`. The socket's shell is `orchestrator.api.agent_socket`;
here is what a frame means. What a report changes is kept before it is told.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from orchestrator.events import Listener
from orchestrator.means import Means
from orchestrator.presence import Presence, Screens
from orchestrator.room_control import RoomControl
from orchestrator.store import agents as store
from orchestrator.store import audit
from orchestrator.store import devices as device_store
from orchestrator.store.agents import Agent
from rooms.agent import messages
from rooms.agent.messages import FromAgent, FromService, write
from rooms.agent.plan import Plan, parse_instant
from rooms.agent.report import Report, parse_report
from rooms.errors import MargerideError, NotFound
from rooms.ids import CommandId, RoomId
from signalling.ports import Json

log = logging.getLogger(__name__)
ROTATE_AFTER = timedelta(hours=24)
PLANS_EVERY = 60.0


class Line(Protocol):
    """A connected agent, as the hub needs it."""

    def send(self, text: str) -> None:
        """Queue a frame."""

    def close(self, code: int) -> None:
        """End the connection after what is queued."""


class Close:
    """Why a connection is ended."""

    RESTART = 1012
    BAD_FRAME = 4400
    PUT_OUT = 4401
    ELSEWHERE = 4409


@dataclass(slots=True)
class Connected:
    """An agent on the line."""

    agent: Agent
    line: Line
    greeted: bool = False
    offset_ms: int | None = None
    plan: int = -1

    def say(self, message: FromService) -> None:
        """Queue a message."""
        self.line.send(write(message))


MakePlan = Callable[[RoomId], Awaitable[Plan]]


class Agents:
    """One for the whole service."""

    def __init__(self, means: Means, control: RoomControl, plan_of: MakePlan) -> None:
        self._means = means
        self._control = control
        self._plan_of = plan_of
        self._here: dict[RoomId, Connected] = {}
        self._reports: dict[RoomId, Report] = {}
        self.presence = Screens(self._presence_changed)
        self._plans_changed = asyncio.Event()
        self.scene_changed: Callable[[RoomId, str], Awaitable[None]] | None = None

    async def start(self) -> None:
        """Remember what was reported before the service started."""
        for room, told in (await self._means.database.read(store.reports)).items():
            try:
                self._reports[room] = parse_report(told.document)
            except MargerideError:
                log.warning("the kept report of %s is of another version", room)

    # What the control of rooms asks (orchestrator.means.AgentWire).

    def screen_connected(self, room: RoomId) -> bool:
        """Whether the room's agent is on the line and has said hello."""
        known = self._here.get(room)
        return known is not None and known.greeted

    def able(self, room: RoomId) -> frozenset[str] | None:
        """What it said last that it can do."""
        known = self._reports.get(room)
        return None if known is None else frozenset(known.commands)

    async def command(
        self, room: RoomId, command: CommandId, name: str, arguments: Json, deadline: str
    ) -> bool:
        """Send it to the agent."""
        known = self._here.get(room)
        if known is None or not known.greeted:
            return False
        steps = tuple(arguments.get("steps", ()))
        plain = {name: value for name, value in arguments.items() if name != "steps"}
        known.say(
            messages.Do(
                id=command,
                command=name,
                arguments=plain,
                deadline=parse_instant(deadline),
                steps=steps,
            )
        )
        return True

    async def cancel_command(self, room: RoomId, command: CommandId) -> None:
        """Ask it to give the command up."""
        known = self._here.get(room)
        if known is not None and known.greeted:
            known.say(messages.Cancel(command))

    # What others ask.

    def report_of(self, room: RoomId) -> Report | None:
        """What the agent said last."""
        return self._reports.get(room)

    @property
    def rooms(self) -> tuple[RoomId, ...]:
        """The rooms whose agents are on the line."""
        return tuple(self._here)

    def tell_screen(self, room: RoomId, presence: str) -> None:
        """How the page of the room's screen is seen from here."""
        known = self._here.get(room)
        if known is not None and known.greeted:
            known.say(messages.Screen(presence))

    async def tell_plans(self) -> None:
        """Bookings changed, or a day went by: whose plan is another is told."""
        for room, known in list(self._here.items()):
            if known.greeted:
                await self._tell_plan(room, known)

    async def run(self) -> None:
        """Tell agents what changes around them, until cancelled."""
        with self._means.bus.listen("agents") as listener:
            heard = asyncio.create_task(self._listen(listener), name="agents: bus")
            try:
                while True:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._plans_changed.wait(), PLANS_EVERY)
                    self._plans_changed.clear()
                    await self.tell_plans()
                    self.presence.expire(self._means.clock())
            finally:
                heard.cancel()
                await asyncio.gather(heard, return_exceptions=True)

    async def _listen(self, listener: Listener) -> None:
        async for event in listener:
            if event.kind == "room.presence.changed":
                self.tell_screen(RoomId(event.facts["room"]), event.facts["presence"])
            elif event.kind.startswith(("booking.", "session.", "room.scenes.")):
                self._plans_changed.set()

    def put_out(self, room: RoomId) -> None:
        """Its device was revoked, or another one took its place."""
        known = self._here.get(room)
        if known is not None:
            known.line.close(Close.PUT_OUT)

    def drain(self) -> None:
        """The service restarts."""
        for known in self._here.values():
            known.line.close(Close.RESTART)

    # What the socket reports.

    def connect(self, agent: Agent, line: Line) -> Connected:
        """A proved agent is on the line; a former line of the same room is ended."""
        former = self._here.get(agent.room)
        if former is not None:
            former.line.close(Close.ELSEWHERE)
        known = self._here[agent.room] = Connected(agent=agent, line=line)
        return known

    def gone(self, known: Connected) -> None:
        """The line ended."""
        room = known.agent.room
        if self._here.get(room) is known:
            del self._here[room]
            self.presence.off(room, self._means.clock())

    async def heard(self, known: Connected, message: FromAgent) -> None:
        """One message; a MargerideError is the agent's fault and ends the connection."""
        room = known.agent.room
        match message:
            case messages.Ping(n):
                known.say(messages.Pong(n))
            case messages.Pong():
                pass
            case messages.Hello():
                await self._welcome(known, message)
            case _ if not known.greeted:
                raise NotFound("hello-first")
            case messages.Reported():
                await self._reported(room, message)
            case messages.Rotated():
                await self._rotated(known)
            case _:
                await self._outcome(room, message)

    async def _welcome(self, known: Connected, hello: messages.Hello) -> None:
        room, now = known.agent.room, self._means.clock()
        known.offset_ms = int((hello.now - now) / timedelta(milliseconds=1))
        known.say(messages.Welcome(room=room, now=now))
        known.greeted = True
        if hello.plan is not None:
            known.plan = hello.plan
        await self._means.database.write(lambda c: device_store.seen(c, known.agent.id, now))
        self.presence.on(room, now)
        here = self._means.wire.screen_connected(room)
        known.say(messages.Screen("online" if here else "offline"))
        await self._tell_plan(room, known)
        if now - known.agent.rotated_at >= ROTATE_AFTER:
            offered = await self._means.database.write(lambda c: store.offer(c, known.agent.id))
            known.say(messages.Rotate(offered))

    async def _tell_plan(self, room: RoomId, known: Connected) -> None:
        plan = await self._plan_of(room)
        if plan.version != known.plan:
            known.plan = plan.version
            known.say(messages.Planned(plan))

    async def _rotated(self, known: Connected) -> None:
        now, agent = self._means.clock(), known.agent

        def rotate(conn: Any) -> bool:
            done = store.rotate(conn, agent.id, now)
            if done:
                audit.record(conn, now, agent.id, "agent.token-rotated", agent.room)
            return done

        if not await self._means.database.write(rotate):
            raise NotFound("no-token-offered")
        self._means.bus.publish("agent.token.rotated", device=agent.id, room=agent.room)

    async def _reported(self, room: RoomId, message: messages.Reported) -> None:
        before, report = self._reports.get(room), message.report
        self._reports[room] = report
        if before is not None and before.steady == report.steady:
            return
        now = self._means.clock()
        await self._means.database.write(
            lambda c: store.keep_report(c, now, room, message.version, report.to_json())
        )
        self._means.bus.publish("room.report.changed", room=room, version=message.version)
        if (before.health if before else ()) != report.health:
            self._means.bus.publish(
                "room.health.changed",
                room=room,
                health=[one.key for one in report.health],
            )
        scene = report.scene
        if scene and (before is None or before.scene != scene) and self.scene_changed:
            await self.scene_changed(room, scene)

    async def _outcome(self, room: RoomId, message: FromAgent) -> None:
        try:
            match message:
                case messages.Accepted(id):
                    await self._control.accepted(room, CommandId(id))
                case messages.Done(id, result):
                    await self._control.done(room, CommandId(id), dict(result))
                case messages.Failed(id, error, detail):
                    if detail:
                        log.info("%s: %s failed, %s: %s", room, id, error, detail)
                    await self._control.failed(room, CommandId(id), error)
                case messages.Superseded(id):
                    await self._control.superseded(room, CommandId(id))
                case _:
                    pass
        except NotFound:  # of another room, or of another time
            log.info("%s speaks of a command that is not its own", room)

    def _presence_changed(self, room: RoomId, presence: Presence) -> None:
        self._means.bus.publish("room.agent.changed", room=room, presence=presence.value)
