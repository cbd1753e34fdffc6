"""From what a room's configuration says of a device to its driver.

One mapping a device: `id`, `driver`, and what that driver wants to know (docs/drivers.md).
"""

import re
from collections.abc import Callable
from pathlib import Path

from rooms.drivers.camera import Camera, CameraSettings, Over
from rooms.drivers.cec import Television, TelevisionSettings
from rooms.drivers.lines import LineDevice, LineSettings, load_protocol
from rooms.drivers.mqtt import MqttDevice, MqttSettings
from rooms.drivers.onvif import PtzCamera, PtzSettings
from rooms.drivers.pjlink import Projector, ProjectorSettings
from rooms.drivers.port import BadParameter, Driver
from rooms.drivers.wake_on_lan import Sleeper, WakeSettings
from rooms.drivers.wire import pjlink, wake_on_lan
from rooms.drivers.wire.scale import Span
from rooms.drivers.xapi import Codec, CodecSettings
from rooms.errors import Invalid
from rooms.fields import Fields
from rooms.ids import DeviceId

BAD = "bad-device"
LONGEST_HOST = 253
LONGEST_SECRET = 128
LONGEST_PATH = 1000
MOST_DEVICES = 32
_SHA256 = re.compile(r"[0-9a-f]{64}")
_HOST = re.compile(r"[A-Za-z0-9._:-]+")


def drivers_of(document: object) -> list[Driver]:
    """The drivers of a list of devices, or Invalid `bad-device` naming the member."""
    fields = Fields({"devices": document}, key=BAD)
    found = [driver_of(one) for one in fields.items("devices", MOST_DEVICES)]
    names = [driver.device for driver in found]
    for at, name in enumerate(names):
        if name in names[:at]:
            raise Invalid(BAD, argument=f"devices[{at}].id", expected="another id")
    return found


def driver_of(fields: Fields) -> Driver:
    """The driver of one device."""
    make = DRIVERS[fields.choice("driver", DRIVERS)]
    driver = make(DeviceId(fields.slug("id")), fields)
    fields.end()
    return driver


def _host(fields: Fields) -> str:
    host = fields.text("host", LONGEST_HOST)
    if _HOST.fullmatch(host) is None:
        raise fields.refuse("host", "name or address")
    return host


def _port(fields: Fields, usual: int) -> int:
    return fields.whole("port", 1, 65535) if fields.has("port") else usual


def _secret(fields: Fields, name: str) -> str:
    return fields.secret(name, LONGEST_SECRET) if fields.has(name) else ""


def _text(fields: Fields, name: str, usual: str) -> str:
    return fields.text(name, LONGEST_HOST) if fields.has(name) else usual


def _span(fields: Fields, name: str, usual: Span) -> Span:
    if not fields.has(name):
        return usual
    inner = fields.inner(name)
    low, zero, high = (inner.whole(end, -0x8000, 0xFFFF) for end in ("low", "zero", "high"))
    inner.end()
    if not low <= zero <= high:
        raise fields.refuse(name, "low <= zero <= high")
    return Span(low, zero, high)


def _pjlink(device: DeviceId, fields: Fields) -> Driver:
    settings = ProjectorSettings(
        id=device,
        host=_host(fields),
        port=_port(fields, pjlink.PORT),
        password=_secret(fields, "password"),
        pjlink_class=fields.whole("class", 1, 2) if fields.has("class") else 1,
        sound=fields.has("sound") and fields.flag("sound"),
    )
    return Projector(settings)


def _visca(over: Over) -> Callable[[DeviceId, Fields], Driver]:
    def make(device: DeviceId, fields: Fields) -> Driver:
        usual = CameraSettings(id=device, host=_host(fields))
        settings = CameraSettings(
            id=device,
            host=usual.host,
            port=_port(fields, 0),
            over=over,
            pan=_span(fields, "pan", usual.pan),
            tilt=_span(fields, "tilt", usual.tilt),
            zoom=_span(fields, "zoom", usual.zoom),
            focus=_span(fields, "focus", usual.focus),
        )
        return Camera(settings)

    return make


def _line(device: DeviceId, fields: Fields) -> Driver:
    settings = LineSettings(
        id=device,
        host=_host(fields),
        port=_port(fields, 0),
        protocol=load_protocol(Path(fields.text("file", LONGEST_PATH))),
        user=_secret(fields, "user"),
        password=_secret(fields, "password"),
    )
    return LineDevice(settings)


def _xapi(device: DeviceId, fields: Fields) -> Driver:
    fingerprint = _secret(fields, "fingerprint").replace(":", "").strip().lower()
    if fingerprint and _SHA256.fullmatch(fingerprint) is None:
        raise fields.refuse("fingerprint", "SHA-256")
    tls = not fields.has("tls") or fields.flag("tls")
    settings = CodecSettings(
        id=device,
        host=_host(fields),
        port=_port(fields, 443 if tls else 80),
        user=fields.text("user", LONGEST_SECRET),
        password=_secret(fields, "password"),
        tls=tls,
        fingerprint=fingerprint,
        camera=fields.whole("camera", 1, 7) if fields.has("camera") else 1,
    )
    return Codec(settings)


def _onvif(device: DeviceId, fields: Fields) -> Driver:
    settings = PtzSettings(
        id=device,
        host=_host(fields),
        port=_port(fields, 80),
        user=fields.text("user", LONGEST_SECRET),
        password=_secret(fields, "password"),
    )
    return PtzCamera(settings)


def _cec(device: DeviceId, fields: Fields) -> Driver:
    if not fields.has("program"):
        return Television(TelevisionSettings(id=device))
    program = tuple(fields.text("program", LONGEST_PATH).split())
    return Television(TelevisionSettings(id=device, program=program))


def _wake_on_lan(device: DeviceId, fields: Fields) -> Driver:
    try:
        mac = wake_on_lan.address(fields.text("mac", LONGEST_SECRET))
    except BadParameter:
        raise fields.refuse("mac", "00:11:22:aa:bb:cc") from None
    usual = WakeSettings(id=device, mac=mac)
    probe = fields.whole("probe", 1, 65535) if fields.has("probe") else 0
    settings = WakeSettings(
        id=device,
        mac=mac,
        broadcast=_text(fields, "broadcast", usual.broadcast),
        port=_port(fields, usual.port),
        host=_host(fields) if probe else "",
        probe=probe,
    )
    return Sleeper(settings)


def _sound(device: DeviceId, fields: Fields) -> Driver:
    try:
        from rooms.drivers.sound import Sound, SoundSettings
    except (ImportError, OSError):  # the library, or the system's libpulse that it needs
        raise fields.refuse("driver", "margeride[sound], libpulse0") from None
    settings = SoundSettings(
        id=device,
        server=_text(fields, "server", ""),
        sink=_text(fields, "sink", ""),
        source=_text(fields, "source", ""),
    )
    return Sound(settings)


def _mqtt(device: DeviceId, fields: Fields) -> Driver:
    name = fields.text("announced_as", LONGEST_SECRET)
    if _HOST.fullmatch(name) is None:
        raise fields.refuse("announced_as", "A-Z a-z 0-9 . _ : -")
    settings = MqttSettings(
        id=device,
        host=_host(fields),
        announced_as=name,
        port=_port(fields, 1883),
        user=_secret(fields, "user"),
        password=_secret(fields, "password"),
        switch=not fields.has("switch") or fields.flag("switch"),
    )
    return MqttDevice(settings)


DRIVERS: dict[str, Callable[[DeviceId, Fields], Driver]] = {
    "pjlink": _pjlink,
    "visca": _visca("udp"),
    "visca-tcp": _visca("tcp"),
    "xapi": _xapi,
    "line": _line,
    "cec": _cec,
    "wake-on-lan": _wake_on_lan,
    "sound": _sound,
    "mqtt": _mqtt,
    "onvif": _onvif,
}
