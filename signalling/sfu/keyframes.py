"""One request for a key picture where many subscribers ask: coalesced, throttled, repeated."""

INTERVAL = 0.5
# A request may have been lost: it is repeated after two round trips, then after twice that, up to
# the interval. (Browsers pass over what comes within 300 ms of one they have followed.)
SOONEST, TWICE, DOUBLED = 0.1, 2, 8


class KeyframeGate:
    """Whether to ask the publisher now. A wish stays until a key picture comes."""

    __slots__ = ("_again", "_asked", "_interval", "_wanted")

    def __init__(self, interval: float = INTERVAL) -> None:
        self._interval = interval
        self._asked = -interval * 2
        self._wanted = False
        # How often this wish was repeated; negative before it was asked for.
        self._again = -1

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
        self._again = -1

    def due(self, now: float, rtt: float = 0.0, answered: float = -1.0) -> bool:
        """True when a request must leave now; it is then counted as sent.

        `answered` is when another layer of the picture last began anew. Encoders begin all of them
        at once: if that was after we asked, ours is on its way.
        """
        since, wait = self._asked, max(self._interval, rtt)
        if self._again >= 0:
            if answered > since:
                since = answered
            else:
                wait = min(max(TWICE * rtt, SOONEST) * 2**self._again, wait)
        if not self._wanted or now - since < wait:
            return False
        self._asked = now
        self._again = min(self._again + 1, DOUBLED)
        return True
