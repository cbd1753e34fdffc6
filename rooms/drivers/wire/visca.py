"""VISCA, the bytes: what a camera is told, what its answers mean.

Sony, "VISCA command list" and "VISCA over IP" (EVI and SRG series). A message is `81 … FF`; a
command is answered `90 4y FF` when taken and `90 5y FF` when done (y is one of two sockets), an
inquiry at once `90 50 … FF`, a refusal is `90 6y xx FF`.
"""

from dataclasses import dataclass
from enum import Enum

from rooms.drivers.port import (
    BadParameter,
    DeviceBusy,
    DeviceFailure,
    DriverError,
    Superseded,
    Unsupported,
)

END = b"\xff"
LONGEST = 16
HIGHEST_PRESET = 127
FASTEST_PAN = 0x18
FASTEST_TILT = 0x14
FASTEST_ZOOM = 7

STANDBY = b"\x04\x00\x03"
POWER_ON = b"\x04\x00\x02"
HOME = b"\x06\x04"
STOP = b"\x06\x01\x01\x01\x03\x03"
STOP_ZOOM = b"\x04\x07\x00"
FOCUS_AUTO = b"\x04\x38\x02"
FOCUS_MANUAL = b"\x04\x38\x03"
ASK_POWER = b"\x04\x00"
ASK_POSITION = b"\x06\x12"
ASK_ZOOM = b"\x04\x47"
_RESET, _SET, _RECALL = 0, 1, 2


class Said(Enum):
    """What an answer is."""

    TAKEN = 4
    DONE = 5
    REFUSED = 6


@dataclass(frozen=True, slots=True)
class Answer:
    """`socket` 1 or 2, 0 where none is named; `data` of an inquiry, or the code of a refusal."""

    said: Said
    socket: int
    data: bytes


_REFUSALS: dict[int, type[DriverError]] = {
    0x01: BadParameter,
    0x02: Unsupported,
    0x03: DeviceBusy,
    0x04: Superseded,
    0x05: DeviceFailure,
    0x41: DeviceBusy,
}


def command(body: bytes) -> bytes:
    """The message that sets something."""
    return b"\x81\x01" + body + END


def inquiry(body: bytes) -> bytes:
    """The message that asks something."""
    return b"\x81\x09" + body + END


def cancel(socket: int) -> bytes:
    """The message that ends what runs on a socket."""
    return bytes([0x81, 0x20 | socket]) + END


def recall(preset: int) -> bytes:
    """Body: look where the preset was stored."""
    return _preset(_RECALL, preset)


def store(preset: int) -> bytes:
    """Body: keep where the camera looks."""
    return _preset(_SET, preset)


def forget(preset: int) -> bytes:
    """Body: forget a preset."""
    return _preset(_RESET, preset)


def goto(pan: int, tilt: int) -> bytes:
    """Body: look there, in the camera's own steps, as fast as it can."""
    return bytes([0x06, 0x02, FASTEST_PAN, FASTEST_TILT]) + nibbles(pan) + nibbles(tilt)


def drive(pan: int, tilt: int) -> bytes:
    """Body: keep turning, −100…100 hundredths of the fastest; right and up are positive."""
    speeds = bytes([_speed(pan, FASTEST_PAN), _speed(tilt, FASTEST_TILT)])
    return b"\x06\x01" + speeds + bytes([_way(pan, 1, 2), _way(tilt, 2, 1)])


def zoom(position: int) -> bytes:
    """Body: zoom to a position in the camera's own steps."""
    return b"\x04\x47" + nibbles(position)


def zoom_drive(speed: int) -> bytes:
    """Body: keep zooming, −100 (wide) … 100 (near)."""
    if speed == 0:
        return STOP_ZOOM
    step = _speed(speed, FASTEST_ZOOM + 1) - 1
    return b"\x04\x07" + bytes([(0x20 if speed > 0 else 0x30) | step])


def focus(position: int) -> bytes:
    """Body: hold the focus at a position in the camera's own steps."""
    return b"\x04\x48" + nibbles(position)


def answer(message: bytes) -> Answer:
    """What one message of the camera is, or DeviceFailure."""
    well = 3 <= len(message) <= LONGEST and message[0] & 0x8F == 0x80 and message[-1:] == END
    if not well or message[1] >> 4 not in (4, 5, 6) or END in message[:-1]:
        raise DeviceFailure(f"not an answer: {message[:LONGEST].hex(' ')}")
    return Answer(Said(message[1] >> 4), message[1] & 0x0F, message[2:-1])


def refusal(reply: Answer) -> DriverError:
    """The error a refusal stands for."""
    code = reply.data[0] if reply.data else 0
    return _REFUSALS.get(code, DeviceFailure)(f"the camera refuses with {code:02x}")


def powered(data: bytes) -> bool:
    """Whether the camera is on."""
    if data not in (b"\x02", b"\x03"):
        raise DeviceFailure("power: neither on nor off")
    return data == b"\x02"


def position(data: bytes) -> tuple[int, int]:
    """Pan and tilt in the camera's own steps."""
    if len(data) != 8:
        raise DeviceFailure("not a position")
    return _signed(number(data[:4])), _signed(number(data[4:]))


def number(data: bytes) -> int:
    """A value sent one nibble a byte."""
    if len(data) != 4 or any(byte > 0x0F for byte in data):
        raise DeviceFailure("not a number")
    return data[0] << 12 | data[1] << 8 | data[2] << 4 | data[3]


def nibbles(value: int) -> bytes:
    """A value of 16 bits, signed or not, one nibble a byte."""
    return bytes(value >> shift & 0x0F for shift in (12, 8, 4, 0))


def _signed(value: int) -> int:
    return value - 0x10000 if value > 0x7FFF else value


def _preset(action: int, preset: int) -> bytes:
    if not 0 <= preset <= HIGHEST_PRESET:
        raise BadParameter(f"no preset {preset}")
    return bytes([0x04, 0x3F, action, preset])


def _speed(hundredths: int, fastest: int) -> int:
    return max(1, round(min(100, abs(hundredths)) * fastest / 100))


def _way(value: int, negative: int, positive: int) -> int:
    if value == 0:
        return 3
    return negative if value < 0 else positive
