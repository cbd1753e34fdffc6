"""Every driver with the simulators it is held against: well, deaf, garbling, slow."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from rooms.control import Command, MicSet
from rooms.device_commands import (
    CameraGoto,
    DisplayBlank,
    DisplayInput,
    DisplayPower,
    PresetStore,
    RoomStandby,
    RoomWake,
)
from rooms.drivers.camera import Camera, CameraSettings, Over
from rooms.drivers.cec import Television, TelevisionSettings
from rooms.drivers.lines import LineDevice, LineSettings
from rooms.drivers.mqtt import MqttDevice, MqttSettings
from rooms.drivers.onvif import PtzCamera, PtzSettings
from rooms.drivers.pjlink import Projector, ProjectorSettings
from rooms.drivers.port import Driver
from rooms.drivers.wire.line_protocol import parse_protocol
from rooms.drivers.xapi import Codec, CodecSettings
from rooms.ids import DeviceId
from rooms.simulators import cec, lines, mqtt, onvif, pjlink, visca, xapi
from rooms.simulators.base import HOST, Simulator
from tests.rooms.drivers.example import Lift

Make = Callable[[], Simulator]


@dataclass(frozen=True, kw_only=True)
class Bench:
    """`command` is done at once on a well device; `long` is taken and not done for seconds."""

    name: str
    driver: Callable[[Simulator], Driver]
    well: Make
    deaf: Make
    garbage: Make
    slow: Make
    command: Command
    long: Command
    unsupported: Command


def projector(device: Simulator) -> Driver:
    settings = ProjectorSettings(id=DeviceId("projector"), host=HOST, port=device.port, again=0.02)
    return Projector(settings)


def camera(over: Over) -> Callable[[Simulator], Driver]:
    name = DeviceId("camera")
    return lambda at: Camera(CameraSettings(id=name, host=HOST, port=at.port, over=over))


def codec(device: Simulator) -> Driver:
    settings = CodecSettings(
        id=DeviceId("codec"), host=HOST, port=device.port, user="admin", password="", tls=False
    )
    return Codec(settings)


def television(device: Simulator) -> Driver:
    assert isinstance(device, cec.SimulatedTelevision)
    return Television(TelevisionSettings(id=DeviceId("tv"), program=device.program, again=0.02))


def dome(device: Simulator) -> Driver:
    return PtzCamera(
        PtzSettings(id=DeviceId("dome"), host=HOST, port=device.port, user="admin", password="x")
    )


LANGUAGE = parse_protocol(
    {
        "name": "a lift for a screen",
        "kind": "display",
        "port": 23,
        "ends": "LF",
        "login": [{"expect": "Password:", "send": "{password}"}],
        "commands": {
            "display.power.set": [{"send": "lower", "expect": "OK", "done": "down"}],
            "display.blank.set": [{"when": {"on": True}, "send": "dark", "expect": "dark *"}],
        },
        "poll": [{"send": "?", "answers": [{"expect": "up", "state": {"power": "off"}}]}],
        "events": [{"expect": "stopped", "state": {"power": "unknown"}}],
        "errors": [{"expect": "what? *", "code": "unsupported"}],
    }
)


def plug(device: Simulator) -> Driver:
    settings = MqttSettings(
        id=DeviceId("plug"), host=HOST, port=device.port, announced_as=mqtt.NAME
    )
    return MqttDevice(settings)


CEILING = parse_protocol(
    {
        "name": "a screen that comes down from the ceiling",
        "kind": "display",
        "port": 4001,
        "ends": "LF",
        "commands": {
            "display.power.set": [
                {"when": {"on": True}, "send": "down", "expect": "moving", "done": "is down"},
                {"when": {"on": False}, "send": "up", "expect": "moving", "done": "is up"},
            ],
        },
        "poll": [{"send": "where", "answers": [{"expect": "is up", "state": {"power": "off"}}]}],
    }
)


def example(device: Simulator) -> Driver:
    return Lift(DeviceId("lift"), HOST, device.port)


def lift(device: Simulator) -> Driver:
    return LineDevice(
        LineSettings(
            id=DeviceId("lift"),
            host=HOST,
            protocol=LANGUAGE,
            port=device.port,
            password="secret",
            answer_within=1.0,
        )
    )


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
    Bench(
        name="line",
        driver=lift,
        well=partial(lines.LineMachine, LANGUAGE),
        deaf=partial(lines.DeafLineMachine, LANGUAGE),
        garbage=partial(lines.GarbageLineMachine, LANGUAGE),
        slow=partial(lines.SlowLineMachine, LANGUAGE),
        command=DisplayBlank(on=True),
        long=DisplayPower(on=True),
        unsupported=RoomWake(),
    ),
    Bench(
        name="xapi",
        driver=codec,
        well=xapi.RoomCodec,
        deaf=xapi.DeafCodec,
        garbage=xapi.GarbageCodec,
        slow=xapi.SlowCodec,
        command=MicSet(on=False),
        long=RoomWake(),
        unsupported=DisplayPower(on=True),
    ),
    Bench(
        name="onvif",
        driver=dome,
        well=onvif.PtzDome,
        deaf=onvif.DeafPtz,
        garbage=onvif.GarbagePtz,
        slow=onvif.SlowPtz,
        command=PresetStore(preset=1),
        long=FAR,
        unsupported=DisplayPower(on=True),
    ),
    Bench(
        name="cec",
        driver=television,
        well=cec.SimulatedTelevision,
        deaf=cec.DeafTelevision,
        garbage=cec.GarbageTelevision,
        slow=cec.StuckTelevision,
        command=DisplayInput(input="hdmi2"),
        long=DisplayPower(on=True),
        unsupported=RoomWake(),
    ),
    Bench(
        name="example",
        driver=example,
        well=partial(lines.LineMachine, CEILING),
        deaf=partial(lines.DeafLineMachine, CEILING),
        garbage=partial(lines.GarbageLineMachine, CEILING),
        slow=partial(lines.SlowLineMachine, CEILING),
        command=DisplayPower(on=False),
        long=DisplayPower(on=True),
        unsupported=RoomWake(),
    ),
    Bench(
        name="mqtt",
        driver=plug,
        well=mqtt.Plug,
        deaf=mqtt.DeafPlug,
        garbage=mqtt.GarbagePlug,
        slow=mqtt.StuckPlug,
        command=RoomStandby(),
        long=RoomWake(),
        unsupported=DisplayPower(on=True),
    ),
]
