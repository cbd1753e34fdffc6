"""A screen that comes down from the ceiling, told `down`, `up` and `where` over TCP."""

from rooms.control import Command
from rooms.device_commands import DisplayPower
from rooms.drivers.device import Device
from rooms.drivers.link import Link, persistently
from rooms.drivers.port import (
    Accepted,
    Capabilities,
    DeviceFailure,
    DeviceKind,
    Patch,
    Unsupported,
)
from rooms.ids import DeviceId

END = b"\n"
WHERE = {b"is down": {"power": "on"}, b"is up": {"power": "off"}}


class Lift(Device):
    """One connection for each conversation: who else wants to talk to it can."""

    def __init__(self, device: DeviceId, host: str, port: int) -> None:
        super().__init__(device)
        self._address = (host, port)

    def capabilities(self) -> Capabilities:
        return Capabilities(kind=DeviceKind.DISPLAY, commands=frozenset({DisplayPower.name}))

    async def carry_out(self, command: Command, deadline: float, accepted: Accepted) -> Patch:
        match command:
            case DisplayPower(on=on):
                return await persistently(lambda: self._move(b"down" if on else b"up", accepted))
            case _:
                raise Unsupported(command.name)

    async def read(self) -> Patch:
        return await persistently(lambda: self._move(b"where", None))

    async def _move(self, word: bytes, accepted: Accepted | None) -> Patch:
        link = await Link.open(*self._address, self.presence)
        try:
            await link.send(word + END)
            if accepted is not None:
                if await link.read_until(END) != b"moving\n":
                    raise DeviceFailure("neither refuses nor moves")
                accepted()
            where = await link.read_until(END, within=None if accepted else 3.0)
        finally:
            await link.close()
        if where.strip() not in WHERE:
            raise DeviceFailure("is nowhere")
        return WHERE[where.strip()]
