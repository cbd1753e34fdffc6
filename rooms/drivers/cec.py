"""A television on the HDMI cable, through the program `cec-client`, kept running."""

import asyncio
import contextlib
from dataclasses import dataclass

from rooms.control import Command
from rooms.device_commands import DisplayInput, DisplayPower
from rooms.drivers.device import Device
from rooms.drivers.link import ANSWER_WITHIN, CLOSE_WITHIN, persistently
from rooms.drivers.port import (
    Accepted,
    Capabilities,
    DeviceFailure,
    DeviceKind,
    DeviceUnreachable,
    Patch,
    Unsupported,
)
from rooms.drivers.wire import cec as wire
from rooms.ids import DeviceId

START_WITHIN = 10.0
MOST_NOISE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class TelevisionSettings:
    """`program` and its arguments; `again` in seconds, between two looks at the power."""

    id: DeviceId
    program: tuple[str, ...] = wire.PROGRAM
    inputs: tuple[str, ...] = ("hdmi1", "hdmi2", "hdmi3", "hdmi4")
    again: float = 0.5
    answer_within: float = ANSWER_WITHIN


class Television(Device):
    """The driver `cec`."""

    def __init__(self, settings: TelevisionSettings) -> None:
        super().__init__(settings.id)
        self._settings = settings
        self._process: asyncio.subprocess.Process | None = None

    def capabilities(self) -> Capabilities:
        """What every television with CEC can."""
        return Capabilities(
            kind=DeviceKind.DISPLAY,
            commands=frozenset({DisplayPower.name, DisplayInput.name}),
            inputs=self._settings.inputs,
        )

    async def carry_out(self, command: Command, deadline: float, accepted: Accepted) -> Patch:
        """CEC confirms nothing: the power is asked until it is as wanted."""
        match command:
            case DisplayPower(on=on):
                return await self._switch(on, accepted)
            case DisplayInput(input=word):
                await self._say(wire.show_input(word))
                return {"input": word}
            case _:
                raise Unsupported(command.name)

    async def read(self) -> Patch:
        """The power; CEC tells no input."""
        return {"power": await self._say()}

    async def hang_up(self) -> None:
        """End the program; it frees the adapter."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_WITHIN):
                await process.communicate()

    async def _switch(self, on: bool, accepted: Accepted) -> Patch:
        wanted = "on" if on else "off"
        power = await self._say(wire.ON if on else wire.STANDBY)
        accepted()
        while power != wanted:
            self.tell({"power": power})
            await asyncio.sleep(self._settings.again)
            power = await self._say()
        return {"power": wanted}

    async def _say(self, line: str = "") -> str:
        """Say a line, if there is one, and ask the power: its answer shows that all is well."""

        async def once() -> str:
            try:
                process = self._process or await self._start()
                return await self._ask(process, line)
            except OSError:
                await self.hang_up()
                raise

        return await persistently(once)

    async def _ask(self, process: asyncio.subprocess.Process, line: str) -> str:
        assert process.stdin is not None
        self.presence.sent()
        process.stdin.write("".join(f"{one}\n" for one in (line, wire.ASK_POWER) if one).encode())
        await process.stdin.drain()
        for _ in range(MOST_NOISE):
            power = wire.power(await self._line(process, self._settings.answer_within))
            if power is not None:
                return power
        raise DeviceFailure("says everything but the power")

    async def _start(self) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        process = self._process = await asyncio.create_subprocess_exec(
            *self._settings.program, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL
        )
        while (line := await self._line(process, START_WITHIN)) != wire.READY:
            wire.power(line)
        return process

    async def _line(self, process: asyncio.subprocess.Process, within: float) -> str:
        assert process.stdout is not None
        try:
            async with asyncio.timeout(within):
                data = await process.stdout.readline()
        except TimeoutError:
            raise DeviceUnreachable("silent") from None
        except ValueError as error:
            raise DeviceFailure("an endless line") from error
        if not data:
            raise ConnectionResetError("cec-client ended")
        self.presence.heard()
        return wire.text(data)
