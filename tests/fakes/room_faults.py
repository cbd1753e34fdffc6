"""What may go wrong with a device of a room, and what the room is to say of it.

Each fault is done to one device at one moment of the day; `mend` undoes it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from rooms.simulators.base import TcpSimulator
from rooms.simulators.pjlink import (
    BrokenProjector,
    DeafProjector,
    DroppingProjector,
    GarbageProjector,
)
from rooms.simulators.visca import DeafTcpCamera, GarbageTcpCamera, TcpCamera
from tests.fakes.room_kit import (
    HangUpCamera,
    RoomKit,
    UnwillingCamera,
    WarmingProjector,
    become,
)

LOST, FAULTY, FAILED = "device_lost", "device_faulty", "scene_failed"


@dataclass(frozen=True, slots=True)
class Fault:
    """`ill` is what the room says of the device, `error` what who drives it by hand is told."""

    name: str
    ill: str
    error: str
    projector: type[WarmingProjector] | None
    camera: type[TcpCamera] | None

    async def befall(self, kit: RoomKit, device: str) -> None:
        """From now on."""
        target = device_of(kit, device)
        kind = self.projector if device == "projecteur" else self.camera
        if kind is None:
            await target.stop()
        else:
            become(target, kind)


class Deaf(DeafProjector, WarmingProjector):
    """Takes the connection and never says a word."""


class Garbage(GarbageProjector, WarmingProjector):
    """Answers with bytes that mean nothing."""


class Dropping(DroppingProjector, WarmingProjector):
    """Hangs up at each command."""


class Broken(BrokenProjector, WarmingProjector):
    """Says of itself that it is broken."""


UNREACHABLE = Fault("unreachable", LOST, "device_unreachable", None, None)
SILENT = Fault("silent", LOST, "device_unreachable", Deaf, DeafTcpCamera)
GARBAGE = Fault("garbage", FAULTY, "device_failure", Garbage, GarbageTcpCamera)
DROPS = Fault("drops", LOST, "device_unreachable", Dropping, HangUpCamera)
BROKEN = Fault("broken", FAULTY, "device_failure", Broken, None)
UNWILLING = Fault("unwilling", FAILED, "device_busy", None, UnwillingCamera)
OF_PROJECTORS = (UNREACHABLE, SILENT, GARBAGE, DROPS, BROKEN)
OF_CAMERAS = (UNREACHABLE, SILENT, GARBAGE, DROPS, UNWILLING)
Befall = Callable[[RoomKit, str], Awaitable[None]]


def device_of(kit: RoomKit, device: str) -> TcpSimulator:
    return kit.projector if device == "projecteur" else kit.camera


async def mend(kit: RoomKit, device: str) -> None:
    """It is as it should be, where it was."""
    target = device_of(kit, device)
    await target.stop()
    target.__class__ = WarmingProjector if device == "projecteur" else TcpCamera
    await target.start(port=target.port)
