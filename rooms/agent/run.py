"""The agent of a room: joins its parts, and does what its core says."""

import asyncio
import logging
import signal
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

from rooms.agent import disk, machine
from rooms.agent.config import AgentConfig, KioskConfig
from rooms.agent.core import (
    Carry,
    Core,
    Effect,
    GiveUp,
    HangUp,
    Keep,
    KeepToken,
    Play,
    Say,
)
from rooms.agent.hands import Hands
from rooms.agent.kiosk import Keeper
from rooms.agent.line_tester import LineTester
from rooms.agent.link import Link
from rooms.agent.messages import FromService
from rooms.agent.report import Kiosk, Machine, Value
from rooms.agent.state import OWN, RoomState
from rooms.control import Command
from rooms.drivers.build import drivers_of
from rooms.drivers.port import Driver, DriverError, TimedOut

log = logging.getLogger(__name__)
TICK = 0.5
LOOK_EVERY = 30.0
REBOOT_AFTER = 1.0
SOON = 0.02
"""What a device has done within so many seconds of taking it is told in one word, `done`."""
TAKEN_WITHIN = 2.0
"""When the device is busy or silent for longer, the agent has taken the command: it is here."""
STEP_WITHIN = 10.0
"""So long each step of a scene may take, even when one before it took all the time there was: that
a projector warms up for ever, or a computer never wakes, is no reason for a camera to look away."""
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The clock of the machine."""
    return datetime.now(UTC)


class Agent:
    """One room. `run` lasts until it is cancelled; then every device is let go."""

    def __init__(
        self,
        config: AgentConfig,
        version: str,
        *,
        drivers: list[Driver] | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self._config = config
        self._version = version
        self._clock = clock
        found = drivers_of([dict(one) for one in config.devices]) if drivers is None else drivers
        names = {str(one.get("id")): str(one.get("driver")) for one in config.devices}
        self.hands = Hands(found, names, self._told, self._tried)
        self.state = RoomState(
            devices={one.id: one for one in self.hands.devices()},
            machine=Machine(agent=version),
        )
        self.core = Core(self.state, version, None, frozenset())
        self.link = Link(config.socket, self._token, self)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._others: set[asyncio.Task[None]] = set()
        self._disk = asyncio.Lock()
        self.state.own = OWN + (("system.reboot",) if config.reboot else ())
        if config.reboot:
            self.hands.reboot = self._reboot

        self._keeper: Keeper | None = None
        self._line: LineTester | None = None
        if config.kiosk is not None:
            self._keeper = Keeper(config.kiosk, config.screen, self.kiosk_is)
            self._line = self._line_tester(config, config.kiosk, self._keeper)
            self.hands.restart, self.hands.test_line = self._keeper.restart, self._line.test
            self.state.own = (*self.state.own, "system.restart", "system.line.test")

    def _line_tester(self, config: AgentConfig, kiosk: KioskConfig, keeper: Keeper) -> LineTester:
        return LineTester(
            keeper.value,
            lambda: self.core.plan,
            self._clock,
            room=config.room,
            state=config.state,
            by_itself=kiosk.line_tests,
        )

    def kiosk_is(self, kiosk: Kiosk) -> None:
        """How the browser of the screen is."""
        self.state.kiosk = kiosk
        self._do(self.core.changed(self._clock()))

    async def run(self) -> None:
        """Dial, drive, report; until cancelled."""
        plan, done = await asyncio.to_thread(disk.read_plan, self._config.state)
        self.core.plan, self.core.done_of_plan = plan, done
        logging.getLogger("rooms").addHandler(self.hands.lines)
        self.hands.start()
        beside = [
            asyncio.create_task(self.link.run(), name="agent: line"),
            asyncio.create_task(self._watch_machine(), name="agent: machine"),
        ]
        if self._keeper is not None:
            beside.append(asyncio.create_task(self._keeper.run(), name="agent: screen"))
        if self._line is not None:
            beside.append(asyncio.create_task(self._line.run(), name="agent: line tests"))
        try:
            while True:
                self._do(self.core.tick(self._clock()))
                for task in beside:
                    if task.done():
                        task.result()
                await asyncio.sleep(TICK)
        finally:
            logging.getLogger("rooms").removeHandler(self.hands.lines)
            running = [*beside, *self._tasks.values(), *self._others]
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            await self.hands.close()

    # Ears of the line.

    def opened(self) -> None:
        """The line stands."""
        self._do(self.core.opened(self._clock()))

    def heard(self, message: FromService) -> None:
        """The service said something."""
        if self._keeper is not None:
            self._keeper.heard(message)
        self._do(self.core.receive(message, self._clock()))

    def closed(self) -> None:
        """The line broke."""
        if self._keeper is not None:
            self._keeper.cut()
        self.core.closed()

    # What the core wants.

    def _do(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Say(message):
                    self.link.say(message)
                case Carry():
                    self._begin(effect.id, self._carry(effect))
                case Play():
                    self._begin(effect.id or f"plan {effect.scene}", self._play(effect))
                case GiveUp(id):
                    if id in self._tasks:
                        self._tasks[id].cancel()
                case KeepToken(token):
                    self._aside(self._keep_token(token))
                case Keep():
                    self._aside(self._keep(effect))
                case HangUp():
                    log.info("nothing heard of the service: the line is dialled again")
                    self.link.hang_up()

    def _begin(self, name: str, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        task.set_name(f"command {name}")
        self._tasks[name] = task
        task.add_done_callback(lambda _: self._tasks.pop(name, None))

    def _aside(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._others.add(task)
        task.add_done_callback(self._others.discard)

    async def _carry(self, effect: Carry) -> None:
        loop, telling = asyncio.get_running_loop(), list[asyncio.TimerHandle]()

        def tell() -> None:
            self._do(self.core.accepted(effect.id))

        def accepted() -> None:
            patience.cancel()
            telling.append(loop.call_later(SOON, tell))

        patience = loop.call_later(TAKEN_WITHIN, tell)
        telling.append(patience)
        try:
            try:
                result = await self._one(effect.command, effect.within, accepted)
            finally:
                for timer in telling:  # what is done already need not be said to be taken
                    timer.cancel()
        except DriverError as error:
            self._do(self.core.failed(effect.id, error.code, str(error), self._clock()))
        else:
            self._do(self.core.done(effect.id, result, self._clock()))

    async def _one(
        self, command: Command, within: float, accepted: Callable[[], None]
    ) -> Mapping[str, Value]:
        waking = command.name == "room.wake"
        self.state.waking += waking
        try:
            async with asyncio.timeout(within):
                return await self.hands.carry_out(command, within, accepted)
        except TimeoutError:
            raise TimedOut(command.name) from None
        finally:
            self.state.waking -= waking

    async def _play(self, effect: Play) -> None:
        failures: dict[str, str] = {}
        ends = asyncio.get_running_loop().time() + effect.within
        for step in effect.steps:
            left = ends - asyncio.get_running_loop().time()
            try:
                await self._one(step, max(STEP_WITHIN, left), lambda: None)
            except DriverError as error:
                log.warning("scene %s: %s: %s", effect.scene, step.name, error)
                failures[step.name] = error.code
        self._do(self.core.played(effect.scene, failures, self._clock(), effect.id))

    async def _keep_token(self, token: str) -> None:
        kept = True
        try:
            async with self._disk:
                await asyncio.to_thread(disk.write_token, self._config.state, token)
        except OSError as error:
            log.error("the new token could not be kept: %s", error.strerror)
            kept = False
        self._do(self.core.token_kept(kept))

    async def _keep(self, effect: Keep) -> None:
        try:
            async with self._disk:
                await asyncio.to_thread(
                    disk.write_plan, self._config.state, effect.plan, effect.done
                )
        except OSError as error:
            log.error("the plan could not be kept: %s", error.strerror)

    async def _token(self) -> str | None:
        return await asyncio.to_thread(disk.read_token, self._config.state)

    def _told(self, device: str, patch: Mapping[str, Value] | None) -> None:
        if patch is None:
            self.state.lost(device)
        else:
            self.state.told(device, patch)
        self._do(self.core.changed(self._clock()))

    def _tried(self, device: str, done: bool) -> None:
        self.state.tried(device, done=done)
        if not done:  # what was done is told by its patch
            self._do(self.core.changed(self._clock()))

    async def _watch_machine(self) -> None:
        while True:
            offset = self.state.machine.clock_offset_ms
            self.state.machine = await asyncio.to_thread(
                machine.look, self._version, self._config.state, offset
            )
            self._do(self.core.changed(self._clock()))
            await asyncio.sleep(LOOK_EVERY)

    async def _reboot(self) -> None:
        """In a moment: what is to be answered is answered first."""

        async def later() -> None:
            await asyncio.sleep(REBOOT_AFTER)
            with suppress(OSError):
                await asyncio.create_subprocess_exec(*self._config.reboot, stdin=subprocess.DEVNULL)

        self._aside(later())


@asynccontextmanager
async def told_to_stop() -> AsyncIterator[asyncio.Event]:
    """Set by SIGTERM or SIGINT."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
