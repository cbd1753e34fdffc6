"""From what a room's configuration says of a device to its driver.

One mapping a device: `id`, `driver`, and what that driver wants to know (docs/drivers.md).
"""

import re
from collections.abc import Callable

from rooms.drivers.camera import Camera, CameraSettings, Over
from rooms.drivers.pjlink import Projector, ProjectorSettings
from rooms.drivers.port import Driver
from rooms.drivers.wire import pjlink
from rooms.drivers.wire.scale import Span
from rooms.errors import Invalid
from rooms.fields import Fields
from rooms.ids import DeviceId

BAD = "bad-device"
LONGEST_HOST = 253
LONGEST_SECRET = 128
MOST_DEVICES = 32
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
    return fields.text(name, LONGEST_SECRET) if fields.has(name) else ""


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


DRIVERS: dict[str, Callable[[DeviceId, Fields], Driver]] = {
    "pjlink": _pjlink,
    "visca": _visca("udp"),
    "visca-tcp": _visca("tcp"),
}
