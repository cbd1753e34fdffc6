"""One request for a key picture where many subscribers ask: coalesced, throttled, repeated."""

INTERVAL = 0.5


class KeyframeGate:
    """Whether to ask the publisher now. A wish stays until a key picture comes."""

    __slots__ = ("_asked", "_interval", "_wanted")

    def __init__(self, interval: float = INTERVAL) -> None:
        self._interval = interval
        self._asked = -interval * 2
        self._wanted = False

    @property
    def wanted(self) -> bool:
        """Whether somebody still waits."""
        return self._wanted

    def want(self) -> None:
        """A subscriber needs a key picture."""
        self._wanted = True

    def arrived(self) -> None:
        """A key picture came; it goes to everybody."""
        self._wanted = False

    def due(self, now: float, rtt: float = 0.0) -> bool:
        """True when a request must leave now; it is then counted as sent."""
        if not self._wanted or now - self._asked < max(self._interval, rtt):
            return False
        self._asked = now
        return True
