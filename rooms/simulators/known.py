"""Every simulator by the driver it is for and by its name; the first of each does as it should.

Names only: a simulator is imported when it is made.
"""

import importlib
from pathlib import Path

from rooms.errors import Invalid
from rooms.simulators.base import Simulator

MODULES = {
    "pjlink": "pjlink",
    "visca": "visca",
    "visca-tcp": "visca",
    "xapi": "xapi",
    "line": "lines",
    "cec": "cec",
    "wake-on-lan": "wake_on_lan",
    "sound": "sound",
    "mqtt": "mqtt",
    "onvif": "onvif",
}
SIMULATORS: dict[str, tuple[str, ...]] = {
    "pjlink": (
        "Projector",
        "DeafProjector",
        "SlowProjector",
        "DroppingProjector",
        "GarbageProjector",
        "BrokenProjector",
        "StuckProjector",
        "HeldProjector",
        "SoundAndPictureProjector",
    ),
    "visca": (
        "UdpCamera",
        "DeafCamera",
        "SlowCamera",
        "LossyCamera",
        "StandbyCamera",
        "GarbageCamera",
    ),
    "visca-tcp": (
        "TcpCamera",
        "OneConnectionOnly",
        "DeafTcpCamera",
        "SlowTcpCamera",
        "GarbageTcpCamera",
    ),
    "xapi": ("RoomCodec", "DeafCodec", "SlowCodec", "GarbageCodec"),
    "line": ("LineMachine", "DeafLineMachine", "SlowLineMachine", "GarbageLineMachine"),
    "cec": (
        "SimulatedTelevision",
        "DeafTelevision",
        "AbsentTelevision",
        "StuckTelevision",
        "GarbageTelevision",
    ),
    "wake-on-lan": ("SleepingComputer", "SoundSleeper"),
    "sound": ("NullSound", "DeafSound", "NoMicrophone"),
    "onvif": (
        "PtzDome",
        "DeafPtz",
        "SlowPtz",
        "GarbagePtz",
        "BrokenPtz",
        "SkewedPtz",
        "SecretivePtz",
        "DroppingPtz",
    ),
    "mqtt": ("Plug", "DeafPlug", "StuckPlug", "GarbagePlug"),
}


def kind_of(kind: str, name: str = "") -> type[Simulator]:
    """The class of that name, or Invalid with those there are."""
    names = SIMULATORS[kind]
    if name and name not in names:
        raise Invalid("no-simulator", name=name, kind=kind, accepted=list(names))
    module = importlib.import_module(f"rooms.simulators.{MODULES[kind]}")
    found: object = getattr(module, name or names[0])
    assert isinstance(found, type)
    assert issubclass(found, Simulator)
    return found


def make(kind: str, name: str = "", password: str = "", file: Path | None = None) -> Simulator:
    """The simulator of that name; a projector, a codec and a camera by ONVIF ask for a password."""
    found = kind_of(kind, name)
    if kind == "line":
        from rooms.drivers.lines import load_protocol
        from rooms.simulators.lines import LineMachine

        if file is None:
            raise Invalid("simulator-needs-file")
        assert issubclass(found, LineMachine)
        return found(load_protocol(file), str(file))
    return found.locked(password) if password else found()
