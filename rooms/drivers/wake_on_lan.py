"""A machine that is woken by a magic packet, and is awake when it takes a connection."""

import asyncio
import socket
from dataclasses import dataclass

from rooms.control import Command
from rooms.device_commands import RoomWake
from rooms.drivers.device import Device
from rooms.drivers.link import Link
from rooms.drivers.port import Accepted, Capabilities, DeviceKind, Patch
from rooms.drivers.wire import wake_on_lan as wire
from rooms.ids import DeviceId


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeSettings:
    """`broadcast`: where the packet goes. `host` and `probe`: a port that is open when it is awake;
    0 when there is none: then a packet that went out is all that can be known."""

    id: DeviceId
    mac: bytes
    broadcast: str = "255.255.255.255"
    port: int = wire.PORT
    host: str = ""
    probe: int = 0
    again: float = 1.0


class Sleeper(Device):
    """The driver `wake-on-lan`."""

    def __init__(self, settings: WakeSettings) -> None:
        super().__init__(settings.id)
        self._settings = settings

    def capabilities(self) -> Capabilities:
        """Waking it; sending it to sleep is for whoever runs on it."""
        return Capabilities(kind=DeviceKind.SWITCH, commands=frozenset({RoomWake.name}))

    async def carry_out(self, command: Command, deadline: float, accepted: Accepted) -> Patch:
        """A packet each second until it answers: any of them may get lost."""
        await self._send()
        accepted()
        if not self._settings.probe:
            return {"power": "unknown"}
        while not await self._awake():
            await asyncio.sleep(self._settings.again)
            await self._send()
        return {"power": "on"}

    async def read(self) -> Patch:
        """Whether it is awake; a machine that sleeps is not lost."""
        if not self._settings.probe:
            return {"power": "unknown"}
        return {"power": "on" if await self._awake() else "off"}

    async def _send(self) -> None:
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            packet = wire.magic_packet(self._settings.mac)
            await loop.sock_sendto(sender, packet, (self._settings.broadcast, self._settings.port))
        self.presence.heard()  # one that sleeps on answers nothing, and is not lost

    async def _awake(self) -> bool:
        settings = self._settings
        try:
            link = await Link.open(settings.host, settings.probe, self.presence)
        except OSError:
            return False
        self.presence.heard()
        await link.close()
        return True
