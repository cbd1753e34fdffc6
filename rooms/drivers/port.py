"""What a driver is to whoever uses it, and how it says that something went wrong.

A driver stands for one device. It sets and never toggles; it always reports and never swallows.
docs/drivers.md says how to write one;
tests/rooms/drivers/test_conformance.py holds it to this.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Protocol

from rooms.control import Command
from rooms.ids import DeviceId

Value = str | int | float | bool | None | list[str]
Patch = Mapping[str, Value]
"""What became different of the device's state: `{"power": "warming", "input": "hdmi1"}`."""
Accepted = Callable[[], None]


class DeviceKind(StrEnum):
    """What a device is to the room; it decides which members its state has."""

    DISPLAY = "display"
    """`power` off, warming, on, cooling or unknown; `input` `blanked` `frozen` `hours` `errors`."""
    CAMERA = "camera"
    """`power` on, off; `pan`, `tilt` −1000…1000; `zoom` 0…1000; `moving`, `preset`."""
    AUDIO = "audio"
    """`volume` 0…100, `speaker_on`, `mic_muted`, `mic_present`."""
    CODEC = "codec"
    """`power` on, standby; `call` idle, in_call; `volume`, `mic_muted`, `people`."""
    SWITCH = "switch"
    """`power` on, off, unknown: plugs, relays, computers that can be woken."""
    SENSOR = "sensor"
    """`occupied`, `people`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What the device can do. A command not named here is refused before it is sent."""

    kind: DeviceKind
    commands: frozenset[str]
    inputs: tuple[str, ...] = ()
    presets: int = 0
    """So many, numbered from 0."""


class Driver(Protocol):
    """One device. Coroutines may be called together: the driver lets one after the other in."""

    @property
    def device(self) -> DeviceId:
        """Its name in the room."""

    def capabilities(self) -> Capabilities:
        """What it can do, as far as is known now; does not ask the device."""

    async def execute(self, command: Command, deadline: float, accepted: Accepted) -> Patch:
        """Carry it out, or raise a DriverError; `deadline` is an instant of the loop's clock.

        `accepted` is called once, when the device has taken the command; the return is `done`.
        Cancelling is allowed at any time and leaves no connection half used.
        """

    async def poll(self) -> Patch:
        """The whole state as the device tells it now, or a DriverError.

        Nothing at all while a command has the device for longer than anybody would wait.
        """

    def events(self) -> AsyncIterator[Patch]:
        """What the device tells by itself; ends when the driver is closed."""

    async def close(self) -> None:
        """Let go of everything; harmless the second time."""


class DriverError(Exception):
    """Root. `code` is the word of docs/rooms.md for programs; the text is for the log only."""

    code: ClassVar[str]

    def __str__(self) -> str:
        return f"{self.code}: {detail}" if (detail := super().__str__()) else self.code


class DeviceUnreachable(DriverError):
    """Nobody there, or a line that breaks every time."""

    code = "device_unreachable"


class DeviceBusy(DriverError):
    """There, and not able just now: warming up, held by somebody else."""

    code = "device_busy"


class DeviceFailure(DriverError):
    """It says that it is broken, or says what nobody can understand."""

    code = "device_failure"


class Unsupported(DriverError):
    """This device never can."""

    code = "unsupported"


class BadParameter(DriverError):
    """It can, but not this."""

    code = "bad_parameter"


class AuthFailed(DriverError):
    """The password is wrong, or missing."""

    code = "auth_failed"


class NoDevice(DriverError):
    """The room has none of that kind or of that name."""

    code = "no_device"


class TimedOut(DriverError):
    """Not done before the deadline; what the device did is not known."""

    code = "timeout"


class Superseded(DriverError):
    """A newer command of the same kind came while this one waited; nothing was sent of it."""

    code = "superseded"


ERRORS: dict[str, type[DriverError]] = {
    kind.code: kind
    for kind in (
        DeviceUnreachable,
        DeviceBusy,
        DeviceFailure,
        Unsupported,
        BadParameter,
        AuthFailed,
        NoDevice,
        TimedOut,
        Superseded,
    )
}
