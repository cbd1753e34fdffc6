"""Whether a device answers; said once when it is lost and once when it is back."""

import logging
from collections.abc import Callable

from rooms.drivers.port import AuthFailed, DeviceUnreachable, DriverError, TimedOut
from rooms.ids import DeviceId

log = logging.getLogger("rooms.drivers")
LOST = (DeviceUnreachable, TimedOut, AuthFailed)


class Presence:
    """`tell` hears of each change, True when the device is back."""

    def __init__(self, device: DeviceId, tell: Callable[[bool], None]) -> None:
        self._device = device
        self._tell = tell
        self._heard = False
        self.answering = True

    def sent(self) -> None:
        """Something was said to it: from now on it has to answer."""
        self._heard = False

    def heard(self) -> None:
        """It said something, whatever that was."""
        self._heard = True

    def answered(self) -> None:
        """It did what was asked, or refused in good order."""
        if not self.answering:
            self.answering = True
            log.info("%s is back", self._device)
            self._tell(True)

    def failed(self, error: DriverError) -> None:
        """What was asked went wrong; slow is not lost as long as it answers."""
        slow = isinstance(error, TimedOut) and self._heard
        if self.answering and isinstance(error, LOST) and not slow:
            self.answering = False
            log.warning("%s is lost: %s", self._device, error)
            self._tell(False)
