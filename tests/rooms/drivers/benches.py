"""Every driver with the simulators it is held against: well, deaf, garbling, slow."""

from collections.abc import Callable
from dataclasses import dataclass

from rooms.control import Command
from rooms.device_commands import CameraGoto, DisplayPower, PresetStore, RoomWake
from rooms.drivers.camera import Camera, CameraSettings, Over
from rooms.drivers.pjlink import Projector, ProjectorSettings
from rooms.drivers.port import Driver
from rooms.ids import DeviceId
from rooms.simulators import pjlink, visca
from rooms.simulators.base import HOST, Simulator

Make = Callable[[], Simulator]


@dataclass(frozen=True, kw_only=True)
class Bench:
    """`command` is done at once on a well device; `long` is taken and not done for seconds."""

    name: str
    driver: Callable[[int], Driver]
    well: Make
    deaf: Make
    garbage: Make
    slow: Make
    command: Command
    long: Command
    unsupported: Command


def projector(port: int) -> Driver:
    settings = ProjectorSettings(id=DeviceId("projector"), host=HOST, port=port, again=0.02)
    return Projector(settings)


def camera(over: Over) -> Callable[[int], Driver]:
    name = DeviceId("camera")
    return lambda port: Camera(CameraSettings(id=name, host=HOST, port=port, over=over))


FAR = CameraGoto(pan=1000, tilt=1000)
BENCHES = [
    Bench(
        name="pjlink",
        driver=projector,
        well=pjlink.Projector,
        deaf=pjlink.DeafProjector,
        garbage=pjlink.GarbageProjector,
        slow=pjlink.StuckProjector,
        command=DisplayPower(on=False),
        long=DisplayPower(on=True),
        unsupported=RoomWake(),
    ),
    Bench(
        name="visca",
        driver=camera("udp"),
        well=visca.UdpCamera,
        deaf=visca.DeafCamera,
        garbage=visca.GarbageCamera,
        slow=visca.SlowCamera,
        command=PresetStore(preset=1),
        long=FAR,
        unsupported=DisplayPower(on=True),
    ),
    Bench(
        name="visca-tcp",
        driver=camera("tcp"),
        well=visca.OneConnectionOnly,
        deaf=visca.DeafTcpCamera,
        garbage=visca.GarbageTcpCamera,
        slow=visca.SlowTcpCamera,
        command=PresetStore(preset=1),
        long=FAR,
        unsupported=DisplayPower(on=True),
    ),
]
