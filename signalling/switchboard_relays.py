"""Who was told what of the relays, and who is to be told anew before it expires."""

from collections.abc import Iterable
from datetime import datetime

from signalling.messages import IceServer
from signalling.ports import Relays


class Told:
    """One for a switchboard. Without `relays` there is nothing to tell."""

    def __init__(self, relays: Relays | None) -> None:
        self._relays = relays
        self._due: dict[str, datetime] = {}

    def servers(self, name: str, now: datetime) -> tuple[IceServer, ...]:
        """What the peer of this name is told now."""
        if self._relays is None:
            return ()
        self._due[name] = now + self._relays.renew_after
        return self._relays.servers(name, now)

    def due(self, present: Iterable[str], now: datetime) -> list[str]:
        """Those of the present who must be told anew; the others are forgotten."""
        if self._relays is None:
            return []
        self._due = {name: self._due[name] for name in present if name in self._due}
        return [name for name, when in self._due.items() if when <= now]
