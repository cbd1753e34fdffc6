"""HDMI-CEC through `cec-client` (libcec): the lines it is given, the lines it prints.

Logical address 0 is the television. `tx` sends a frame of our own: 82 is "active source" with the
physical address of the input (CEC 1.4, section 13).
"""

import re

from rooms.drivers.port import BadParameter, DeviceFailure, DeviceUnreachable

PROGRAM = ("cec-client", "-t", "p", "-d", "1")
READY = "waiting for input"
ON = "on 0"
STANDBY = "standby 0"
ASK_POWER = "pow 0"
POWERS = {
    "on": "on",
    "standby": "off",
    "in transition from standby to on": "warming",
    "in transition from on to standby": "cooling",
}
_INPUT = re.compile(r"hdmi([1-9])")
_POWER = re.compile(r"power status: (.+)")
_TROUBLE = re.compile(r"unable to open|could not open|autodetect failed|no adapter", re.IGNORECASE)


def show_input(word: str) -> str:
    """The line that makes the television show `hdmi1`…`hdmi9`."""
    match = _INPUT.fullmatch(word)
    if match is None:
        raise BadParameter(f"no input {word}")
    return f"tx 1F:82:{match[1]}0:00"


def power(line: str) -> str | None:
    """The power that a line tells; None when it tells of something else."""
    if _TROUBLE.search(line):
        raise DeviceUnreachable(line[:100])
    match = _POWER.fullmatch(line)
    if match is None:
        return None
    if match[1] == "unknown":  # the television does not answer on the bus
        raise DeviceUnreachable("nothing answers on HDMI")
    if match[1] not in POWERS:
        raise DeviceFailure(f"power {match[1][:40]}")
    return POWERS[match[1]]


def text(data: bytes) -> str:
    """A printed line; noise is a failure of the adapter."""
    try:
        line = data.decode().strip()
    except UnicodeDecodeError:
        raise DeviceFailure("not text") from None
    if line and not line.isprintable():
        raise DeviceFailure("not text")
    return line
