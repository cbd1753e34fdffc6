"""A projector or screen that speaks PJLink: one connection for each conversation, then gone."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from rooms.control import Command, SpeakerSet
from rooms.device_commands import DisplayBlank, DisplayFreeze, DisplayInput, DisplayPower
from rooms.drivers.device import Device
from rooms.drivers.link import Link, persistently
from rooms.drivers.port import (
    Accepted,
    BadParameter,
    Capabilities,
    DeviceBusy,
    DeviceKind,
    Patch,
    Unsupported,
    Value,
)
from rooms.drivers.wire import pjlink as wire
from rooms.ids import DeviceId

T = TypeVar("T")
ASKED = ("POWR", "INPT", "AVMT", "ERST", "LAMP")
CHANGING = ("warming", "cooling")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectorSettings:
    """`pjlink_class` 2 can freeze; `sound` when the room hears through it. `again` in seconds."""

    id: DeviceId
    host: str
    port: int = wire.PORT
    password: str = ""
    pjlink_class: int = 1
    sound: bool = False
    inputs: tuple[str, ...] = ()
    again: float = 0.5


class Projector(Device):
    """The driver `pjlink`."""

    def __init__(self, settings: ProjectorSettings) -> None:
        super().__init__(settings.id)
        self._settings = settings
        self._asked = (*ASKED, "FREZ") if settings.pjlink_class == 2 else ASKED

    def capabilities(self) -> Capabilities:
        """As the settings say: asking takes the one connection."""
        commands = {DisplayPower.name, DisplayInput.name, DisplayBlank.name}
        if self._settings.pjlink_class == 2:
            commands.add(DisplayFreeze.name)
        if self._settings.sound:
            commands.add(SpeakerSet.name)
        return Capabilities(
            kind=DeviceKind.DISPLAY, commands=frozenset(commands), inputs=self._settings.inputs
        )

    async def carry_out(self, command: Command, deadline: float, accepted: Accepted) -> Patch:
        """A change of power is done when the projector says so itself."""
        match command:
            case DisplayPower(on=on):
                return await self._switch(on, accepted)
            case DisplayInput(input=word):
                code = wire.input_code(word)
                await self._set("INPT", code)
                return {"input": wire.input_name(code)}
            case DisplayBlank(on=on):
                await self._blank(on)
                return {"blanked": on}
            case DisplayFreeze(on=on):
                await self._set("FREZ", "1" if on else "0")
                return {"frozen": on}
            case SpeakerSet(on=on, volume=None):
                await self._set("AVMT", "20" if on else "21")
                return {"speaker_on": on}
            case SpeakerSet():
                raise BadParameter("a projector is only told louder and softer")
            case _:
                raise Unsupported(command.name)

    async def read(self) -> Patch:
        """All it tells; what it cannot tell now, or ever, is left out."""
        return await self._converse(self._tell_all)

    async def _tell_all(self, say: "_Say") -> Patch:
        patch: dict[str, Value] = {}
        for word in self._asked:
            try:
                patch.update(wire.state(word, await say(word, "?")))
            except (Unsupported, DeviceBusy):
                continue
        return patch

    async def _switch(self, on: bool, accepted: Accepted) -> Patch:
        wanted = "on" if on else "off"
        await self._set("POWR", "1" if on else "0")
        accepted()
        while (power := await self._power()) != wanted:
            self.tell({"power": power})
            await asyncio.sleep(self._settings.again)
        return {"power": wanted}

    async def _blank(self, on: bool) -> None:
        try:
            await self._set("AVMT", "11" if on else "10")
        except BadParameter:  # many only mute picture and sound together
            await self._set("AVMT", "31" if on else "30")

    async def _set(self, word: str, value: str) -> None:
        """Set it; a projector that is warming up or cooling down is asked again until it can.

        One that says twice that it cannot, and is neither, never will.
        """
        before: Value = None
        while True:
            try:
                await self._converse(lambda say: say(word, value))
                return
            except DeviceBusy:
                power = await self._power()
                if power in CHANGING:
                    await asyncio.sleep(self._settings.again)
                elif power == before:
                    raise
                before = power

    async def _power(self) -> Value:
        said = await self._converse(lambda say: say("POWR", "?"))
        return wire.state("POWR", said)["power"]

    async def _converse(self, work: Callable[["_Say"], Awaitable[T]]) -> T:
        """A connection, what is said on it, and its end; all of it again when the line breaks."""

        async def once() -> T:
            link = await Link.open(self._settings.host, self._settings.port, self.presence)
            try:
                greeting = await link.read_until(wire.END)
                return await work(_Say(link, wire.login(greeting, self._settings.password)))
            finally:
                await link.close()

        return await persistently(once)


class _Say:
    """Ask or set one thing after the other on one connection."""

    def __init__(self, link: Link, login: bytes) -> None:
        self._link = link
        self._login = login

    async def __call__(self, word: str, value: str) -> str:
        login, self._login = self._login, b""
        await self._link.send(login + wire.line(word, value))
        return wire.value(await self._link.read_until(wire.END), word)
