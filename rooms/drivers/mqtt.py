"""A plug or a sensor behind an MQTT broker, that announces itself as Home Assistant has it.

The connection to the broker is kept, so that what the device tells is heard.
"""

import asyncio
import contextlib
import itertools
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from rooms.control import Command
from rooms.device_commands import RoomStandby, RoomWake
from rooms.drivers.device import Device
from rooms.drivers.link import ANSWER_WITHIN, Link, persistently
from rooms.drivers.port import (
    Accepted,
    Capabilities,
    DeviceKind,
    DeviceUnreachable,
    DriverError,
    NoDevice,
    Patch,
    Unsupported,
    Value,
)
from rooms.drivers.wire import home_assistant, mqtt
from rooms.drivers.wire.home_assistant import Announced, Switch
from rooms.ids import DeviceId

T = TypeVar("T")
PING_EVERY = mqtt.KEEP_ALIVE / 2
LAST_NUMBER = 0xFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttSettings:
    """`announced_as`: the id in the topic of the announcement. `switch` false for a mere sensor."""

    id: DeviceId
    host: str
    announced_as: str
    port: int = mqtt.PORT
    user: str = ""
    password: str = ""
    switch: bool = True
    answer_within: float = ANSWER_WITHIN


class MqttDevice(Device):
    """The driver `mqtt`."""

    def __init__(self, settings: MqttSettings) -> None:
        super().__init__(settings.id)
        self._settings = settings
        self._topic = home_assistant.topic_of(settings.announced_as)
        self._link: Link | None = None
        self._tasks: tuple[asyncio.Task[None], ...] = ()
        self._numbers = itertools.cycle(range(1, LAST_NUMBER + 1))
        self._acknowledged = 0
        self._announced: Announced | None = None
        self._state: dict[str, Value] = {}
        self._absent = False
        self._failure: DriverError | OSError | None = None
        self._changed = asyncio.Event()

    def capabilities(self) -> Capabilities:
        """A switch is woken and sent to rest; a sensor only tells."""
        if not self._settings.switch:
            return Capabilities(kind=DeviceKind.SENSOR, commands=frozenset())
        commands = frozenset({RoomWake.name, RoomStandby.name})
        return Capabilities(kind=DeviceKind.SWITCH, commands=commands)

    async def carry_out(self, command: Command, deadline: float, accepted: Accepted) -> Patch:
        """Taken when the broker has it, done when the device tells that it is so."""
        if not isinstance(command, RoomWake | RoomStandby):
            raise Unsupported(command.name)
        wanted = "on" if isinstance(command, RoomWake) else "off"
        await persistently(lambda: self._switch(wanted))
        accepted()
        while self._state.get("power") != wanted:
            await self._change()
        return {"power": wanted}

    async def read(self) -> Patch:
        """What it told last; the broker keeps that for who comes late."""
        await persistently(self._present)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._settings.answer_within):
                while not self._state:
                    await self._change()
        return dict(self._state)

    async def hang_up(self) -> None:
        """Leave the broker."""
        tasks, self._tasks = self._tasks, ()
        link, self._link = self._link, None
        self._announced, self._failure = None, None
        self._state.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if link is not None:
            link.send_at_last(mqtt.DISCONNECT)
            await link.close()

    async def _switch(self, wanted: str) -> None:
        switch = (await self._present()).switch
        if switch is None:
            raise NoDevice("it announces no switch")
        await self._within(self._publish(switch, wanted), "the broker is silent")

    async def _publish(self, switch: Switch, wanted: str) -> None:
        assert self._link is not None
        number = next(self._numbers)
        payload = (switch.on if wanted == "on" else switch.off).encode()
        await self._link.send(mqtt.publish(number, switch.command_topic, payload))
        while self._acknowledged != number:
            await self._change()

    async def _present(self) -> Announced:
        """The device as it announced itself; it has to be there."""
        if self._failure is not None:
            await self.hang_up()
        if self._link is None:
            await self._connect()
        announced = await self._within(self._announcement(), "did not announce itself")
        if self._absent:
            raise DeviceUnreachable("says that it is gone")
        return announced

    async def _announcement(self) -> Announced:
        while self._announced is None:
            await self._change()
        return self._announced

    async def _connect(self) -> None:
        settings = self._settings
        self._link = link = await Link.open(settings.host, settings.port, self.presence)
        packets = mqtt.Packets()
        name = f"margeride-{settings.id}"[:23]
        await link.send(mqtt.connect(name, settings.user, settings.password))
        welcome = None
        while welcome is None:
            welcome = next(packets.feed(await link.read_some(settings.answer_within)), None)
        mqtt.check_welcome(welcome)
        await link.send(mqtt.subscribe(next(self._numbers), (self._topic,)))
        self._tasks = (
            asyncio.create_task(self._listen(link, packets), name=f"{self.device} listens"),
            asyncio.create_task(self._keep(link), name=f"{self.device} pings"),
        )

    async def _listen(self, link: Link, packets: mqtt.Packets) -> None:
        data = b""
        try:
            while True:
                for packet in packets.feed(data):
                    await self._take(link, packet)
                data = await link.read_some(2 * PING_EVERY)
        except (DriverError, OSError) as error:
            self._failure = error
            self._changed.set()

    async def _keep(self, link: Link) -> None:
        with contextlib.suppress(OSError):
            while True:
                await asyncio.sleep(PING_EVERY)
                await link.send(mqtt.PING)

    async def _take(self, link: Link, packet: mqtt.Packet) -> None:
        if packet.kind == mqtt.PUBACK:
            self._acknowledged = mqtt.number_of(packet)
        elif packet.kind == mqtt.PUBLISH:
            message = mqtt.message(packet)
            if message.number:
                await link.send(mqtt.acknowledge(message.number))
            await self._hear(link, message)
        self._changed.set()

    async def _hear(self, link: Link, message: mqtt.Message) -> None:
        if message.topic == self._topic:
            self._announced = home_assistant.announced(message.payload)
            if self._announced.topics:
                number = next(self._numbers)
                await link.send(mqtt.subscribe(number, self._announced.topics))
        elif self._announced is not None:
            present = self._announced.present(message.topic, message.payload)
            self._absent = self._absent if present is None else not present
            patch = self._announced.read(message.topic, message.payload)
            if patch:
                self._state.update(patch)
                self.tell(patch)

    async def _within(self, work: Coroutine[Any, Any, T], silent: str) -> T:
        try:
            async with asyncio.timeout(self._settings.answer_within):
                return await work
        except TimeoutError:
            raise DeviceUnreachable(silent) from None

    async def _change(self) -> None:
        """Wait until something came, or raise why nothing comes any more."""
        if self._failure is not None:
            raise self._failure
        self._changed.clear()
        await self._changed.wait()
